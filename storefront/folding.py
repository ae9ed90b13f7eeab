"""Repeats of one question told as one step: whoever reloads a page has Stripe asked again. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from storefront.models import GatewayCall
from storefront.steps import Step


def folded(steps: Iterable[Step]) -> list[Step]:
    """Return the steps with each repeat folded into the one before: only news is a step.

    A repeat asked the same, got the same answer, and nothing happened in between. What nobody
    answered isn't folded, nor what was made or stopped at Stripe, however often it was asked for.
    """
    found: list[Step] = []
    for step in steps:
        if found and _is_repeat(step, of=found[-1]):
            before = found[-1]
            found[-1] = replace(before, times=before.times + 1, until=step.at)
        else:
            found.append(step)
    return found


def _is_repeat(step: Step, *, of: Step) -> bool:
    here, there = step.about, of.about
    if not (isinstance(here, GatewayCall) and isinstance(there, GatewayCall)):
        return False
    return here.method == "GET" and here.status is not None and _told(here) == _told(there)


def _told(call: GatewayCall) -> tuple[object, ...]:
    """Return what was asked and what was answered."""
    return call.payment_id, call.method, call.path, call.params, call.status, call.answer
