"""The trace of an order as a picture that moves: an SVG made of the arrows that the page shows.

Its colours and lines are the style sheets' own, in light and in dark; who wishes for less motion
gets the whole story at once. It is what `make screenshots` puts into the documents.
"""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

from playwright.sync_api import Page

from scripts.demo_environment import ROOT

STYLE = ROOT / "static" / "trace.css"
# The picture's own measures, in its own pixels; the lanes are as wide as in the page.
WIDTH, HEAD, LINE, ROW, TEXT_AT, TIME_AT = 1080, 44, 19, 42, 515, 1072
MOST_WIDE = 58
# Each step comes so long after the one before; the whole story then stands still for a while.
EVERY, REST = 0.9, 6.0
COLOURS = ("ink", "soft", "line", "edge", "accent", "good", "card", "waiting-tint")
READ_STEPS = """(trace) => [...trace.querySelectorAll('.story > li')].map((step) => ({
  kind: step.className,
  arrow: step.querySelector('svg').innerHTML,
  sentence: [...step.querySelector('.told').childNodes].filter((part) =>
    part.nodeName === '#text').map((part) => part.textContent).join('').trim(),
  when: step.querySelector('.when').innerText.trim().split(/\\s*\\n\\s*/).pop(),
}))"""
READ_LANES = "(trace) => [...trace.querySelectorAll('.lanes span')].map((lane) => lane.innerText)"
READ_COLOUR = "(name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"


@dataclass(frozen=True, slots=True)
class Row:
    """One step: its classes and arrow as the page has them, its sentence in lines, its time."""

    kind: str
    arrow: str
    lines: list[str]
    when: str

    @property
    def height(self) -> int:
        """Return how much room it needs."""
        return max(ROW, LINE * len(self.lines) + 8)


def moving_trace(page: Page, selector: str, title: str) -> str:
    """Return the trace that stands at `selector` on the page as an SVG."""
    trace = page.locator(selector)
    rows = [
        Row(told["kind"], told["arrow"], lines_of(told["sentence"]), told["when"])
        for told in trace.evaluate(READ_STEPS)
    ]
    height = HEAD + sum(row.height for row in rows) + 12
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<style>{_style(page, len(rows))}</style>",
            f'<rect class="ground" width="{WIDTH}" height="{height}" rx="10"/>',
            *_lanes(trace.evaluate(READ_LANES), height),
            *_rows(rows),
            "</svg>\n",
        ]
    )


def lines_of(sentence: str) -> list[str]:
    """Break a sentence into lines for a picture; a Chinese character is as wide as two letters."""
    if sentence.isascii() or not any(each > "\u2e80" for each in sentence):
        return textwrap.wrap(sentence, MOST_WIDE)
    lines, width = [""], 0
    for letter in sentence:
        width += 2 if letter > "\u2e80" else 1
        if width > MOST_WIDE and letter not in "，。：；）":
            lines.append("")
            width = 2
        lines[-1] += letter
    return lines


def _lanes(names: list[str], height: int) -> list[str]:
    found = []
    for number, name in enumerate(names):
        x = 50 + 100 * number
        found.append(f'<text class="lane" x="{x}" y="24">{escape(name)}</text>')
        found.append(f'<path class="rail" d="M{x} {HEAD - 8} V{height - 12}"/>')
    return found


def _rows(rows: list[Row]) -> list[str]:
    found, y = [], HEAD
    for number, row in enumerate(rows):
        middle = row.height / 2
        first = middle - LINE * (len(row.lines) - 1) / 2 + 5
        lines = "".join(
            f'<tspan x="{TEXT_AT}" y="{first + LINE * each:g}">{escape(line)}</tspan>'
            for each, line in enumerate(row.lines)
        )
        found.append(
            f'<g class={quoteattr(f"row r{number} {row.kind}")} transform="translate(0 {y})">'
            f'<rect class="light" x="8" width="{WIDTH - 16}" height="{row.height}" rx="6"/>'
            f'<g class="arrow" transform="translate(0 {middle - 17:g})">{row.arrow.strip()}</g>'
            f'<text class="told">{lines}</text>'
            f'<text class="when" x="{TIME_AT}" y="{middle + 5:g}">{escape(row.when)}</text></g>'
        )
        y += row.height
    return found


def _style(page: Page, count: int) -> str:
    """Return the style sheet: the page's colours and arrows, and when each step comes."""
    whole = EVERY * count + REST
    moves = [
        f".row.r{number} {{ animation-name: come{number}; }}"
        f" .r{number} .light {{ animation-name: light{number}; }}"
        f" @keyframes come{number} {{ 0%, {at:.2f}% {{ opacity: 0.12; }}"
        f" {at + 2:.2f}%, 98% {{ opacity: 1; }} 100% {{ opacity: 0.12; }} }}"
        f" @keyframes light{number} {{ {at:.2f}% {{ opacity: 0; }}"
        f" {at + 2:.2f}% {{ opacity: 1; }} {at + 9:.2f}%, 100% {{ opacity: 0; }} }}"
        for number, at in ((number, 100 * EVERY * number / whole) for number in range(count))
    ]
    return "\n".join(
        [
            f":root {{ {_colours(page, 'light')} }}",
            f"@media (prefers-color-scheme: dark) {{ :root {{ {_colours(page, 'dark')} }} }}",
            *_arrows(),
            ".ground { fill: var(--card); stroke: var(--line); }",
            ".rail { stroke: var(--line); }",
            (
                ".lane, .told, .when, .number { font: 15px system-ui, 'Segoe UI', 'Noto Sans',"
                " 'Noto Sans TC', 'PingFang TC', 'Microsoft JhengHei', sans-serif; }"
            ),
            ".lane { fill: var(--ink); font-weight: 600; text-anchor: middle; }",
            (
                ".told { fill: var(--ink); } .when { fill: var(--soft); font-size: 13px;"
                " text-anchor: end; }"
            ),
            ".light { fill: var(--waiting-tint); opacity: 0; }",
            "@media (prefers-reduced-motion: no-preference) {",
            f".row, .light {{ animation: {whole:g}s linear infinite; }}",
            *moves,
            "}",
        ]
    )


def _colours(page: Page, scheme: str) -> str:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    return " ".join(f"--{name}: {page.evaluate(READ_COLOUR, f'--{name}')};" for name in COLOURS)


def _arrows() -> list[str]:
    """Return the rules of the page's style sheet that draw the arrows."""
    rules = STYLE.read_text(encoding="utf-8").splitlines()
    drawn = [rule for rule in rules if rule.startswith((".arrow .", ".kind-"))]
    return [rule.replace("13px/1 var(--sans)", "13px system-ui, sans-serif") for rule in drawn]
