"""Bring the catalogues of words in `translations/` up to date with the code and the templates.

    python -m scripts.messages          # write them; says what is still to be translated
    python -m scripts.messages --check  # exit 1 when they would change, or a translation is missing

New sentences come in untranslated, those that nobody says any more go, and nothing is guessed.
Places and dates are left out: a catalogue changes only when a sentence does.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
CATALOGUES = ROOT / "translations"
SOURCES = {"storefront": ("**.py", "python"), "templates": ("**.html", "jinja2")}
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "Sentence": None,
    "later": None,
    "counted": (1, 2),
}


def main() -> None:
    """Write the catalogues, or check that there is nothing to write."""
    is_checking = "--check" in sys.argv
    template = extracted()
    problems = [each for path in sources() for each in refresh(path, template, is_checking)]
    sys.exit("\n".join(problems) or None)


def extracted() -> Catalog:
    """Return every sentence that the shop can say."""
    template = Catalog()
    for folder, (pattern, method) in SOURCES.items():
        found = extract_from_dir(
            ROOT / folder,
            [(pattern, method)],
            {pattern: {"silent": "false"}},
            KEYWORDS,
        )
        for _, _, message, _, context in found:
            template.add(message, context=context)
    return template


def sources() -> list[Path]:
    """Return the catalogue of each language but English."""
    return sorted(CATALOGUES.glob("*/LC_MESSAGES/messages.po"))


def refresh(path: Path, template: Catalog, is_checking: bool) -> Iterator[str]:
    """Bring one catalogue up to date, or say that it isn't; yield what is left to do."""
    catalogue = read(path)
    catalogue.update(template, no_fuzzy_matching=True)
    text = as_text(catalogue)
    name = path.relative_to(ROOT)
    if is_checking and text != path.read_bytes():
        yield f"{name} is not what the code says. Run: make messages"
    if not is_checking:
        path.write_bytes(text)
    yield from (f"{name}: not translated: {each.id}" for each in untranslated(catalogue))


def read(path: Path) -> Catalog:
    """Read the catalogue of a language."""
    with path.open("rb") as source:
        return read_po(source, path.parents[1].name)


def as_text(catalogue: Catalog) -> bytes:
    """Write a catalogue so that the same sentences always make the same file."""
    text = BytesIO()
    write_po(
        text, catalogue, width=96, no_location=True, omit_header=True, sort_output=True,
        ignore_obsolete=True,
    )  # fmt: skip
    return HEADER.format(plurals=catalogue.plural_forms).encode() + text.getvalue()


HEADER = """msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: {plurals}\\n"

"""


def untranslated(catalogue: Catalog) -> list[Message]:
    """Return the sentences that a language lacks, or has only a guess for."""
    return [each for each in catalogue if each.id and (not _is_told(each) or each.fuzzy)]


def _is_told(message: Message) -> bool:
    told = message.string
    return all(told) if isinstance(told, list | tuple) else bool(told)


if __name__ == "__main__":
    main()
