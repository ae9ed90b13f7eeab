"""Schemathesis reads our OpenAPI description and tries to prove it wrong: every check, every phase.

A fixed seed and no memory of earlier runs, so that the cases are the same every time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import schemathesis
from schemathesis import Case, CheckContext, Response
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from schemathesis.specs.openapi.schemas import OpenApiSchema

DESCRIPTION = "/v1/openapi.json"
# Beside the usual: an empty cart, a paid order, a key that another request had.
REFUSED_FOR_A_REASON = 422
ADDRESS_TOO_LONG = 414


@dataclass
class Tried:
    """What was tried, and what didn't hold."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    phases: set[str] = field(default_factory=set)
    problems: list[str] = field(default_factory=list)


def fuzz(schema: OpenApiSchema) -> Tried:
    """Try every operation, and sequences of them along the links of the description."""
    tried = Tried()
    for event in from_schema(schema).execute():
        if isinstance(event, events.NonFatalError | events.FatalError):
            tried.problems.append(repr(event))
        elif isinstance(event, events.ScenarioFinished):
            tried.cases += len(event.recorder.cases)
            tried.phases.add(event.phase.value)
            tried.problems += _problems(event)
            answers = [each.response for each in event.recorder.interactions.values()]
            tried.statuses.update(each.status_code for each in answers if each)
    return tried


def settings_for(key: str, base_url: str, *, examples: int) -> SchemathesisConfig:
    """Return how to try the API at `base_url` with a key: about `examples` cases an operation."""
    accepted = ["2xx", "401", "403", "404", "409", REFUSED_FOR_A_REASON, "429", "5xx"]
    return SchemathesisConfig.from_dict(
        {
            "seed": 1,
            "base-url": base_url,
            "headers": {"Authorization": f"Bearer {key}"},
            "generation": {"max-examples": examples, "database": "none"},
            "cache": {"enabled": False},
            "continue-on-failure": True,
            "checks": {"positive_data_acceptance": {"expected-statuses": accepted}},
        }
    )


@schemathesis.check
def valid_fields_are_not_blamed(_: CheckContext, response: Response, case: Case) -> None:
    """What the description allows may be refused for a reason, but not because of its fields.

    That a list can't be continued after something that isn't on it, no description can say.
    """
    if response.status_code != REFUSED_FOR_A_REASON or not _is_valid(case):
        return
    error = response.json()["error"]
    blamed = set(error["details"].get("fields", {})) - {"starting_after"}
    assert error["code"] != "INVALID_FIELDS" or not blamed, f"Refused because of {blamed}."


def _is_valid(case: Case) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


def _is_answered_by_the_server(event: events.ScenarioFinished, case_id: str) -> bool:
    """Say whether gunicorn refused the address for its length, before the shop saw it."""
    found = event.recorder.interactions.get(case_id)
    return bool(found and found.response and found.response.status_code == ADDRESS_TOO_LONG)


def _problems(event: events.ScenarioFinished) -> Iterator[str]:
    for case_id, checks in event.recorder.checks.items():
        if _is_answered_by_the_server(event, case_id):
            continue
        for check in checks:
            if found := check.failure_info:
                label = event.recorder.label
                yield f"{label}: {check.name}: {found.failure}\n{found.code_sample}"
