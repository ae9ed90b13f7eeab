"""The shop's own source beside its steps: whole, from the files, and never stale."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from xml.etree.ElementTree import Element

import pytest

from storefront import params
from storefront.lifecycle import Flow
from storefront.steps import Lane, Step
from storefront.views import own_source, trace_words
from tests.compare.test_compare import begun, pay_both
from tests.pages.html import checked_page, text_of
from tests.shop import Shop

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("flow", list(Flow))
@pytest.mark.parametrize("kind", [kind.partition(" ")[0] for kind in own_source.BEHIND])
def test_the_source_behind_each_step_is_what_the_files_hold(kind: str, flow: Flow):
    """A function that was renamed or removed fails here."""
    names = own_source.BEHIND.get(f"{kind} {flow}") or own_source.BEHIND[kind]
    step = Step(key="", number=1, kind=kind, source=Lane.PAGE, target=Lane.API, flow=flow)

    sources = own_source.sources_behind(step)

    assert len(sources) == len(names)
    for name, source in zip(names, sources, strict=True):
        file = (ROOT / source.path).read_text().splitlines()
        lines = source.text.splitlines()
        there = file[source.line - 1 : source.line - 1 + len(lines)]
        assert [line.strip() for line in lines] == [line.strip() for line in there]
        assert re.search(rf"(def|function) {re.split('[:.]', name)[-1]}\(", source.text)


def test_each_kind_of_step_that_is_told_has_its_source():
    told = {kind.partition(" ")[0] for kind in (*trace_words.DONE, *trace_words.TO_COME)}

    assert told == {kind.partition(" ")[0] for kind in own_source.BEHIND}


def test_the_source_stands_beside_each_step_before_it_happens_and_after(sqlite_shop: Shop):
    visitor = begun(sqlite_shop)
    for is_paid in (False, True):
        if is_paid:
            pay_both(sqlite_shop, visitor)
        page = checked_page(visitor.get("/compare").text)
        steps = [each for each in page.iter("li") if "kind-" in (each.get("class") or "")]
        assert len(steps) >= 16
        for step in steps:
            shown = [text_of(each) for each in step.iter("pre") if is_source(each)]
            assert shown
            assert all("def " in text or "function " in text for text in shown)


def is_source(element: Element) -> bool:
    """Say whether a part of the page is labelled with a file and a line of it."""
    return bool(re.fullmatch(r"[\w/]+\.(py|js):\d+", element.get("aria-label") or ""))


def test_before_anything_is_bought_the_source_is_told_by_the_eight_steps(sqlite_shop: Shop):
    visitor = sqlite_shop.visitor()

    page = checked_page(visitor.get("/compare").text)

    [section] = [each for each in page.iter("section") if each.get("class") == "own-source"]
    assert len(list(section.iter("details"))) == 8
    assert inspect.getsource(params.payment_intent_params).strip() in "".join(section.itertext())
    assert 'class="own-source"' not in begun(sqlite_shop).get("/compare").text


def test_a_function_of_the_script_is_found_whole_or_not_at_all():
    script = "(() => {\n  /** Say. */\n  async function say(x) {\n    if (x) {\n    }\n  }\n})();\n"

    found = "/** Say. */\nasync function say(x) {\n  if (x) {\n  }\n}"
    assert own_source.function_in(script, "say") == (2, found)
    with pytest.raises(ValueError, match="shout"):
        own_source.function_in(script, "shout")


def test_the_lines_that_are_counted_are_those_of_the_flow_alone():
    counted = {flow: own_source.lines_of(flow) for flow in Flow}
    script = (ROOT / "static" / "pay.js").read_text()

    assert counted[Flow.PAYMENT_INTENT] > len(
        [line for line in script.splitlines() if line.strip()]
    )
    assert 10 < counted[Flow.CHECKOUT_SESSION] < 60
