"""The documents' pictures: each is shown, is light, and moves only for those who like it."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from scripts.moving_trace import MOST_WIDE, lines_of
from scripts.screenshots import MOST_BYTES

ROOT = Path(__file__).parents[2]
PICTURES = sorted((ROOT / "docs" / "images").iterdir())
DOCUMENTS = [*ROOT.glob("README*.md"), *ROOT.glob("docs/*.md")]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_is_shown_and_light(picture: Path) -> None:
    assert any(f"images/{picture.name})" in each.read_text("utf-8") for each in DOCUMENTS)
    assert picture.stat().st_size <= MOST_BYTES


@pytest.mark.parametrize("name", ["trace.svg", "trace.zh-Hant.svg"])
def test_a_picture_that_moves_shows_everything_to_who_wishes_for_less_motion(name: str) -> None:
    text = (ROOT / "docs" / "images" / name).read_text("utf-8")
    style = ET.fromstring(text).findtext("{*}style") or ""
    still, _, moving = style.partition("@media (prefers-reduced-motion: no-preference) {")

    assert "animation" in moving
    assert "animation" not in still
    assert "<script" not in text
    assert {f'class="row r{number} ' in text for number in range(8)} == {True}


@pytest.mark.parametrize(
    ("sentence", "lines"),
    [
        ("Stripe delivers.", 1),
        ("letters " * 12, 2),
        ("付款與訂單在同一筆交易中更新。", 1),
        ("付" * 60, 3),
    ],
)
def test_a_sentence_is_broken_where_the_picture_ends(sentence: str, lines: int) -> None:
    found = lines_of(sentence)

    assert len(found) == lines
    assert "".join(found).replace(" ", "") == sentence.replace(" ", "")
    assert all(sum(2 if each > "⺀" else 1 for each in line) <= MOST_WIDE for line in found)
