"""What is asked of every page and fragment: valid HTML, and nothing that points nowhere."""

from __future__ import annotations

from collections import Counter
from xml.etree.ElementTree import Element

import html5lib

NAMES_ELEMENTS = ("for", "aria-labelledby", "aria-describedby", "aria-controls")
LABELLED = {"input", "select", "textarea"}


def checked_page(text: str) -> Element:
    """Parse a whole page as strictly as the standard allows; raises on the first fault."""
    assert text.startswith("<!doctype html>")
    page = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(text)
    check(page)
    assert [each.text for each in page.iter("title")] != [None]
    assert len(list(page.iter("h1"))) == len(list(page.iter("main"))) == 1
    return page


def checked_fragment(text: str) -> Element:
    """Parse a fragment that htmx swaps in: one element with an id."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    found = parser.parseFragment(text, container="div")
    check(found)
    [element] = found
    assert element.get("id")
    assert not (found.text or "").strip()
    return element


def check(tree: Element) -> None:
    """Raise for doubled ids, references to nothing, unlabelled fields and inline script."""
    elements = [each for each in tree.iter() if isinstance(each.tag, str)]
    ids = Counter(each.get("id") for each in elements if each.get("id"))
    assert [id_ for id_, times in ids.items() if times > 1] == []
    assert [name for each in elements for name in referred(each) if name not in ids] == []
    assert [each.attrib for each in elements if is_unlabelled(each, elements)] == []
    assert [each.attrib for each in tree.iter("img") if each.get("alt") is None] == []
    assert [each.attrib for each in elements if is_inline(each)] == []


def referred(element: Element) -> list[str]:
    """Return the ids that an element names."""
    names = " ".join(element.get(each, "") for each in NAMES_ELEMENTS).split()
    href = element.get("href", "")
    return names + ([href[1:]] if href.startswith("#") else [])


def is_unlabelled(field: Element, elements: list[Element]) -> bool:
    """Say whether nobody is told what to put into this field."""
    if field.tag not in LABELLED or field.get("type") == "hidden":
        return False
    labels = {each.get("for") for each in elements if each.tag == "label"}
    return not (
        field.get("aria-label") or field.get("aria-labelledby") or field.get("id") in labels
    )


def is_inline(element: Element) -> bool:
    """Say whether the Content-Security-Policy would refuse a part of this element."""
    has_code = element.tag in {"script", "style"} and bool((element.text or "").strip())
    return has_code or any(name == "style" or name.startswith("on") for name in element.attrib)


def text_of(element: Element) -> str:
    """Return what a person reads, in one line."""
    return " ".join("".join(element.itertext()).split())
