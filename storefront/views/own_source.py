"""The shop's own source, step by step, read from the files: what is shown is what runs."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from pkgutil import resolve_name

from storefront.languages import Sentence
from storefront.lifecycle import Flow
from storefront.steps import Step

ROOT = Path(__file__).parents[2]
PAGE_SCRIPT = ROOT / "static" / "pay.js"
IN_PAGE_SCRIPT = "static/pay.js:"

_EVENT = ("storefront.views.webhooks:stripe", "storefront.gateway:Gateway.verify")
_IGNORED = ("storefront.views.webhooks:stripe", "storefront.events:_decide")
_SEEN = ("storefront.events:_record_and_apply", "storefront.events:_insert")

# What runs behind each kind of step; one that differs by flow is found under its kind and flow.
# The names are those of the files: one that no longer exists fails a test.
BEHIND: Mapping[str, tuple[str, ...]] = {
    "placed": ("storefront.both_flows:begin", "storefront.checkout:_place"),
    "again": ("storefront.views.orders:begin_payment",),
    "start": ("storefront.checkout:_one_round", "storefront.attempts:live_or_new"),
    "create payment_intent": (
        "storefront.params:payment_intent_params",
        "storefront.gateway:Gateway.create_payment_intent",
    ),
    "create checkout_session": (
        "storefront.params:checkout_session_params",
        "storefront.gateway:Gateway.create_checkout_session",
    ),
    "started payment_intent": (
        "storefront.checkout:resume_payment_intent",
        "storefront.views.orders:payment_form_of",
    ),
    "started checkout_session": ("storefront.checkout:start_checkout_session",),
    "confirm payment_intent": ("static/pay.js:mount", "static/pay.js:confirm"),
    "confirm checkout_session": ("storefront.views.orders:begin_payment",),
    "pay": ("storefront.arming:pay_and_stay_away", "storefront.arming:_pay"),
    "read": ("storefront.attempts:_read",),
    "find": ("storefront.attempts:_look_up",),
    "stop": ("storefront.attempts:retire",),
    "refund": ("storefront.errands:_refund",),
    "event": _EVENT,
    **dict.fromkeys(("ignored", "foreign", "mode_mismatch"), _IGNORED),
    **dict.fromkeys(("seen", "applied", "parked", "mismatch"), _SEEN),
    "stale": ("storefront.events:_record_and_apply", "storefront.lifecycle:furthest"),
    "moved": ("storefront.payments:advance", "storefront.standing:change_payment"),
    "learned": ("storefront.views.orders:come_back", "storefront.events:apply_answer"),
    "closed": ("storefront.checkout:_close",),
    "changed": ("storefront.standing:change_payment",),
    "poll": ("storefront.views.orders:status",),
}
# The eight steps as they are told before anybody has bought anything.
TITLES: Mapping[int, Sentence] = {
    1: Sentence("the shopper chooses how to pay"),
    2: Sentence("what is asked of Stripe"),
    3: Sentence("what the browser gets"),
    4: Sentence("the browser at Stripe"),
    5: Sentence("a signed event arrives"),
    6: Sentence("has it been seen?"),
    7: Sentence("payment and order move"),
    8: Sentence("asking for the status"),
}
KINDS: Mapping[int, tuple[str, ...]] = {
    1: ("placed",), 2: ("start", "create"), 3: ("started",), 4: ("confirm",),
    5: ("event",), 6: ("seen",), 7: ("moved",), 8: ("poll",),
}  # fmt: skip
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
    """A piece of the shop's source, and the file and line that it begins at."""

    path: str
    line: int
    text: str


def sources_behind(step: Step) -> tuple[Source, ...]:
    """Return what the shop ran, or will run, in a step of a trace."""
    return tuple(_source(name) for name in _names(step.kind, step.flow))


def sources_of(number: int, flow: Flow) -> list[Source]:
    """Return what a flow runs in one of the eight steps, as it stands in the files."""
    return [_source(name) for kind in KINDS[number] for name in _names(kind, flow)]


@cache
def lines_of(flow: Flow) -> int:
    """Count the lines that only this flow needs: empty ones apart, comments included."""
    others = {name for kind, names in BEHIND.items() if not kind.endswith(flow) for name in names}
    own = {name for kind, names in BEHIND.items() if kind.endswith(flow) for name in names}
    texts = [_source(name).text for name in own - others if not name.startswith(IN_PAGE_SCRIPT)]
    texts += [(ROOT / name).read_text(encoding="utf-8") for name in ONLY_FOR[flow]]
    return sum(bool(line.strip()) for text in texts for line in text.splitlines())


def _names(kind: str, flow: Flow) -> tuple[str, ...]:
    return BEHIND.get(f"{kind} {flow}") or BEHIND[kind]


@cache
def _source(name: str) -> Source:
    if name.startswith(IN_PAGE_SCRIPT):
        script = PAGE_SCRIPT.read_text("utf-8")
        line, text = function_in(script, name.removeprefix(IN_PAGE_SCRIPT))
        return Source(_inside(PAGE_SCRIPT), line, text)
    found = inspect.unwrap(resolve_name(name))
    lines, line = inspect.getsourcelines(found)
    path = Path(inspect.getsourcefile(found) or "")
    return Source(_inside(path), line, inspect.cleandoc("\n" + "".join(lines)))


def _inside(path: Path) -> str:
    return str(path.relative_to(ROOT))


def function_in(script: str, name: str) -> tuple[int, str]:
    """Return one function of a script and its first line, with the comment above it.

    It begins with its line and ends with the first brace that stands under its beginning. Raises
    ValueError.
    """
    lines = script.splitlines()
    for number, line in enumerate(lines):
        if line.strip().removeprefix("async ").startswith(f"function {name}("):
            indent = line[: len(line) - len(line.lstrip())]
            end = lines.index(f"{indent}}}", number)
            first = number - 1 if lines[number - 1].strip().startswith("/**") else number
            whole = lines[first : end + 1]
            return first + 1, "\n".join(each.removeprefix(indent) for each in whole)
    raise ValueError(f"{name} isn't a function of the script.")
