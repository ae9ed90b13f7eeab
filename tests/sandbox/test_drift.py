"""The sandbox speaks as the installed SDK expects: whatever can leave it, field by field."""

import ast
import copy
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import pytest
import stripe

from stripe_sandbox.protocol.expansion import lists_within
from stripe_sandbox.protocol.shapes import expandable_in
from tests.sandbox import sdk_types
from tests.sandbox.conftest import World
from tests.sandbox.purchases import buy_in_every_way
from tests.sandbox.sdk_types import complaints
from tests.sandbox.tours.python_tour import STOPS

ROOT = Path(__file__).resolve().parents[2]
CODES_WITHOUT_A_PAGE = {"invalid_bank_account_iban", "payment_method_types_no_longer_supported"}
"""Codes that Stripe answers and the SDK's list leaves out."""


@dataclass
class Seen:
    """All that came out of sandboxes in which everything happens."""

    answers: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    rows: list[dict[str, Any]] = field(default_factory=list)

    def watch(self, world: World) -> None:
        world.session.hooks["response"].append(
            lambda answer, **_: self.answers.append(answer.json())
        )

    def keep(self, world: World) -> None:
        tables = world.sandbox.state.tables
        self.events += tables["event"].values() if "event" in tables else []
        self.rows += [row for table in tables.values() for row in table.values()]


@pytest.fixture(scope="module")
def seen() -> Seen:
    """What every kind of purchase shows, and what a tour of every endpoint does."""
    stripe.enable_telemetry = False
    found = Seen()
    for tour in (buy_in_every_way, *STOPS):
        world = World()
        found.watch(world)
        tour(world)
        found.keep(world)
    return found


def test_every_answer_is_what_the_sdk_declares(seen: Seen) -> None:
    kinds = {answer["object"] for answer in seen.answers if "object" in answer}

    assert kinds >= {"list", "search_result", "customer", "dispute", "refund", "price", "product"}
    assert sorted({one for answer in seen.answers for one in complaints(answer)}) == []


def test_every_event_is_what_the_sdk_declares(seen: Seen) -> None:
    known = set(get_args(sdk_types.declared(stripe.Event)["type"]))
    kinds = {event["type"] for event in seen.events}

    problems = {one for event in seen.events for one in complaints(event)}
    problems |= {one for event in seen.events for one in complaints(event["data"]["object"])}

    assert kinds <= known
    assert sorted(problems) == []


def test_every_event_that_the_code_can_make_was_made(seen: Seen) -> None:
    written = set(words_of(stripe.Event, "type")) & set(strings("stripe_sandbox/resources"))

    assert {event["type"] for event in seen.events} == written


def test_everything_kept_is_what_the_sdk_declares(seen: Seen) -> None:
    assert sorted({one for row in seen.rows for one in complaints(row)}) == []


def test_everything_expanded_is_what_the_sdk_declares() -> None:
    world = World()
    buy_in_every_way(world)
    answers = [(path, world.call("GET", path)) for path in expansions(world)]

    assert len(answers) > 40
    assert [path for path, answer in answers if answer.status_code != 200] == []
    assert sorted({one for _, answer in answers for one in complaints(answer.json())}) == []


def test_every_error_code_is_one_of_stripes() -> None:
    codes = words_of(stripe.PaymentIntent.LastPaymentError, "code")

    assert set(codes_in("stripe_sandbox")) - set(codes) == CODES_WITHOUT_A_PAGE


def expansions(world: World) -> Iterator[str]:
    """Yield a path for each field that can be expanded, of an object that has it if any does."""
    for kind, rows in world.sandbox.state.tables.items():
        path = f"/v1/{kind.replace('.', '/')}s"
        for name in {*expandable_in(kind), *(one for of, one in lists_within if of == kind)}:
            row = next((row for row in rows.values() if row.get(name)), next(iter(rows.values())))
            yield f"{path}/{row['id']}?expand[]={name}"


def words_of(cls: type, name: str) -> set[str]:
    """Return the words that the SDK lists for a field."""
    return sdk_types.words(sdk_types.declared(cls)[name])


def calls_in(folder: str) -> Iterator[tuple[str, ast.Call]]:
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                yield getattr(node.func, "id", getattr(node.func, "attr", "")), node


def strings(folder: str) -> Iterator[str]:
    """Yield every string in the code of a folder."""
    for path in sorted((ROOT / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def codes_in(folder: str) -> Iterator[str]:
    """Yield the code of every error that the code of a folder makes."""
    places = {"invalid": 2, "_wrong": 1, "Decline": 0}
    for name, call in calls_in(folder):
        given = [word.value for word in call.keywords if word.arg == "code"]
        given += call.args[places[name] :][:1] if name in places else []
        yield from (str(one.value) for one in given if isinstance(one, ast.Constant) and one.value)


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda row: row.pop("amount"), "payment_intent.amount: missing"),
        (lambda row: row.pop("receipt_email"), "payment_intent.receipt_email: missing"),
        (lambda row: row.update(amount="1"), "payment_intent.amount: '1' is no int"),
        (lambda row: row.update(amount=True), "payment_intent.amount: True is no int"),
        (lambda row: row.update(colour=1), "payment_intent.colour: PaymentIntent has no such"),
        (
            lambda row: row.update(object="intent"),
            "payment_intent.object: 'intent' is no Literal",
        ),
        (lambda row: row["automatic_payment_methods"].pop("enabled"), "enabled: missing"),
        (lambda row: row.update(payment_method_types=[1]), "payment_method_types[0]: 1 is no str"),
        (lambda row: row["latest_charge"].pop("paid"), "latest_charge.paid: missing"),
    ],
)
def test_a_drifting_object_would_be_noticed(world: World, spoil: Any, complaint: str) -> None:
    intent = world.stripe.payment_intents.retrieve(world.paid().id, {"expand": ["latest_charge"]})
    row = copy.deepcopy(intent.to_dict(for_json=True))
    spoil(row)

    found = list(sdk_types.object_misfits(row, stripe.PaymentIntent, "payment_intent"))

    assert len(found) == 1
    assert complaint in found[0]


def test_the_committed_shapes_are_those_of_the_installed_sdk() -> None:
    check = [sys.executable, "-m", "scripts.sandbox_shapes", "--check"]

    checked = subprocess.run(check, check=False, cwd=ROOT)

    assert checked.returncode == 0


def test_the_sandbox_speaks_the_version_that_the_sdk_pins(world: World) -> None:
    world.intent()
    version = stripe.StripeClient("sk_test_x")._requestor._options.stripe_version

    event = next(world.sandbox.newest_first("event"))

    assert json.dumps(event["api_version"]) == json.dumps(version)
