"""docs/sandbox.md says what the sandbox has, all of it and nothing else."""

from __future__ import annotations

import re
from typing import Any

import pytest

from stripe_sandbox.__main__ import main
from stripe_sandbox.protocol.search import FIELDS
from stripe_sandbox.resources import ibans
from stripe_sandbox.resources.cards import CARDS
from stripe_sandbox.resources.declines import DECLINES, FAILED_DEBITS
from stripe_sandbox.resources.dispute_fields import ESCALATING, TEXTS
from stripe_sandbox.rules import FOR_ATTEMPTS, FOR_CALLS, FOR_DELIVERIES, checked
from stripe_sandbox.sandbox import API_VERSION
from tests.sandbox.handbook import PAGE, anchors, codes, routes, rows, section
from tests.sandbox.inventory import (
    ENDPOINTS,
    answered_routes,
    emitted_types,
    refused_parameters,
)
from tests.sandbox.stripe_cli.test_triggers import TRIGGERS

REFUSED = "parameters that are a 501"


def test_every_request_is_there() -> None:
    assert routes("Requests") == {endpoint.route for endpoint in ENDPOINTS}


def test_every_page_and_every_verb_of_the_control_panel_is_there() -> None:
    ours = {route for route in answered_routes() if not re.match(r"\w+ /(v1|v2|static)/", route)}
    pages = {re.sub(r"{[^}]*}", "{}", codes(row["path"])[0]) for row in rows("In the browser")}
    verbs = {route for route in ours if " /_sandbox/" in route}

    assert routes("Its JSON API") == verbs
    assert pages == {route.split(" ")[1] for route in ours - verbs}


def test_every_event_is_there() -> None:
    documented = [kind for row in rows("Events") for kind in codes(row["event"])]

    assert sorted(documented) == sorted(emitted_types())


def test_every_card_is_there_with_its_decline() -> None:
    documented = [
        (codes(row["number"])[0], "".join(codes(row["name after `pm_card_`"])), failure(row))
        for row in rows("Cards")
    ]
    codes_of = {name: decline.decline_code for name, decline in DECLINES.items()}

    assert sorted(documented, key=str) == sorted(
        ((card.number, card.alias, codes_of.get(card.behaviour)) for card in CARDS), key=str
    )


def test_every_account_is_there_with_its_name() -> None:
    named = {
        f"pm_sepaDebit_{codes(row['scenario'])[0]}_{codes(country)[0]}": codes(number)[0]
        for row in rows("Bank accounts")
        for country, number in row.items()
        if re.fullmatch(r"`[a-z]{2}`", country)
    }
    unnamed = set(re.findall(r"`([A-Z]{2}\d{2}\w{10,})`\.", section("Bank accounts")))

    assert {name: number_behind(name) for name in named} == named
    assert {*named.values(), *unnamed} == {iban.number for iban in ibans.IBANS}


def test_every_account_that_fails_names_the_code() -> None:
    failing = {
        codes(row["scenario"])[0]: code for row in rows("Bank accounts") if (code := failure(row))
    }

    for scenario, code in failing.items():
        account = ibans.by_payment_method(f"pm_sepaDebit_{scenario}_de")
        assert account is not None
        assert FAILED_DEBITS[account.behaviour].code == code
    assert len(failing) == 3


def test_every_option_is_there(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    told = re.findall(r"^  (--[a-z-]+ [A-Z]+)", capsys.readouterr().out, re.MULTILINE)

    assert sorted(codes(row["option"])[0] for row in rows("Options")) == sorted(told)


@pytest.mark.parametrize(
    ("of", "kinds", "column"),
    [
        ("deliveries", FOR_DELIVERIES, "deliveries …"),
        ("attempts", FOR_ATTEMPTS, "attempts to pay by card …"),
        ("calls", FOR_CALLS, "API calls …"),
    ],
)
def test_every_rule_is_there_with_its_fields(of: str, kinds: dict[str, str], column: str) -> None:
    table = list(rows("Rules"))
    common = {
        codes(row["field"])[0] for row in table if {of, "all"} & set(row.get("of", "").split(", "))
    }
    documented = {
        codes(row["kind"])[0]: common | set(codes(row["fields of its own"]))
        for row in table
        if column in row
    }

    assert documented == {kind: checked({"kind": kind}).keys() - {"kind"} for kind in kinds}


def test_the_words_that_decide_a_dispute_are_there() -> None:
    documented = {codes(row["words"])[0] for row in rows("Evidence in a dispute")}

    assert documented == {*TEXTS, ESCALATING}


def test_what_can_be_searched_for_is_there() -> None:
    documented = {
        codes(row["object"])[0]: set(codes(row["fields"]))
        for row in rows("Search")
        if "object" in row
    }

    assert documented == {kind: set(fields) for kind, fields in FIELDS.items()}


def test_every_trigger_of_the_stripe_cli_is_there() -> None:
    text = section("The Stripe CLI, without an account")
    listed = text.partition("These triggers work")[2]

    assert sorted(codes(listed)) == sorted(TRIGGERS)


def test_every_parameter_that_is_refused_is_there() -> None:
    documented = {
        re.sub(r"{[^}]*}", "{}", codes(row["request"])[0]): set(codes(row[REFUSED]))
        for row in rows("What isn't there")
        if REFUSED in row
    }

    assert documented == {route: names for route, names in refused_parameters() if names}


def test_the_version_and_every_link_within_the_page_are_right() -> None:
    assert f"`{API_VERSION}`" in PAGE
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= anchors()


def test_the_example_runs() -> None:
    [example] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    names: dict[str, Any] = {}

    exec(example, names)

    assert len(names["sent"]) == 1
    assert not names["sandbox"].state.tables.get("payment_intent")


def test_what_is_missing_or_invented_is_found() -> None:
    page = (
        "## A\n\n| path | POST | GET |\n| --- | --- | --- |\n| `/x/{id}` | do | |\n\n## B\n| `/y` |"
    )

    assert routes("A", page) == {"POST /x/{}"}
    assert list(rows("B", page)) == []
    assert failure({"a": "declined: `x`"}) == "x"


def failure(row: dict[str, str]) -> str | None:
    """Return the code with which a test value fails, if its row names one."""
    found = re.search(r"(?:declined|fails): `(\w+)`", " ".join(row.values()))
    return found and found[1]


def number_behind(name: str) -> str | None:
    iban = ibans.by_payment_method(name)
    return iban.number if iban else None
