"""The shop's own source, step by step, read from the files: what is shown is what runs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from storefront import checkout, events, params, payments
from storefront.gateway import Gateway
from storefront.languages import Sentence
from storefront.lifecycle import Flow
from storefront.views import orders, webhooks

ROOT = Path(__file__).parents[2]
PAGE_SCRIPT = ROOT / "static" / "pay.js"

# Step → what each flow runs there. A text names a function of the pay page's script.
Piece = Callable[..., Any] | str
STEPS: Mapping[int, Mapping[Flow, tuple[Piece, ...]]] = {
    1: dict.fromkeys(Flow, (orders.begin_payment,)),
    2: {
        Flow.PAYMENT_INTENT: (params.payment_intent_params, Gateway.create_payment_intent),
        Flow.CHECKOUT_SESSION: (params.checkout_session_params, Gateway.create_checkout_session),
    },
    3: {
        Flow.PAYMENT_INTENT: (checkout.resume_payment_intent, orders.pay),
        Flow.CHECKOUT_SESSION: (checkout.start_checkout_session,),
    },
    4: {Flow.PAYMENT_INTENT: ("mount", "confirm"), Flow.CHECKOUT_SESSION: ()},
    5: dict.fromkeys(Flow, (webhooks.stripe, Gateway.verify)),
    6: dict.fromkeys(Flow, (events.receive,)),
    7: dict.fromkeys(Flow, (payments.advance,)),
    8: dict.fromkeys(Flow, (orders.come_back, orders.status)),
}
TITLES: Mapping[int, Sentence] = {
    1: Sentence("the shopper chooses how to pay"),
    2: Sentence("what is asked of Stripe"),
    3: Sentence("what the browser gets"),
    4: Sentence("the browser at Stripe"),
    5: Sentence("a signed event arrives"),
    6: Sentence("has it been seen?"),
    7: Sentence("payment and order move"),
    8: Sentence("coming back, and asking for the status"),
}
# What is there for one flow alone, beside the functions above.
ONLY_FOR: Mapping[Flow, tuple[str, ...]] = {
    Flow.PAYMENT_INTENT: (
        "static/pay.js",
        "templates/orders/pay.html",
        "templates/orders/_payment_form.html",
    ),
    Flow.CHECKOUT_SESSION: (),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A piece of the shop's source, and the file that it stands in."""

    path: str
    text: str


def sources_of(step: int, flow: Flow) -> list[Source]:
    """Return what a flow runs in one of the eight steps, as it stands in the files."""
    return [_source(piece) for piece in STEPS[step][flow]]


@cache
def lines_of(flow: Flow) -> int:
    """Count the lines that only this flow needs: empty ones apart, comments included."""
    other = next(each for each in Flow if each is not flow)
    own = [piece for by in STEPS.values() for piece in by[flow] if piece not in by[other]]
    texts = [_source(piece).text for piece in own if not isinstance(piece, str)]
    texts += [(ROOT / name).read_text(encoding="utf-8") for name in ONLY_FOR[flow]]
    return sum(bool(line.strip()) for text in texts for line in text.splitlines())


@cache
def _source(piece: Piece) -> Source:
    if isinstance(piece, str):
        return Source(_inside(PAGE_SCRIPT), function_in(PAGE_SCRIPT.read_text("utf-8"), piece))
    found = inspect.unwrap(piece)
    path = Path(inspect.getsourcefile(found) or "")
    return Source(_inside(path), inspect.cleandoc(f"\n{inspect.getsource(found)}"))


def _inside(path: Path) -> str:
    return str(path.relative_to(ROOT))


def function_in(script: str, name: str) -> str:
    """Return one function of a script, with the comment above it; raises ValueError.

    It begins with its line and ends with the first brace that stands under its beginning.
    """
    lines = script.splitlines()
    for number, line in enumerate(lines):
        if line.strip().removeprefix("async ").startswith(f"function {name}("):
            indent = line[: len(line) - len(line.lstrip())]
            end = lines.index(f"{indent}}}", number)
            first = number - 1 if lines[number - 1].strip().startswith("/**") else number
            return "\n".join(each.removeprefix(indent) for each in lines[first : end + 1])
    raise ValueError(f"{name} isn't a function of the script.")
