"""Expansion, cursors and filters."""

from typing import Any
from urllib.parse import urlencode

import pytest
import stripe

from stripe_sandbox.app import RESOURCES
from stripe_sandbox.protocol.shapes import parameters_of
from tests.sandbox.conftest import START, World
from tests.sandbox.purchases import buy_in_every_way


def test_expansion_reaches_through_lists(world: World) -> None:
    world.paid()

    listed = world.stripe.payment_intents.list(
        {"expand": ["data.latest_charge.balance_transaction", "data.payment_method"]}
    )

    assert listed.data[0].latest_charge.balance_transaction.net == 941
    assert listed.data[0].payment_method.card.last4 == "4242"


@pytest.mark.parametrize("path", ["nonsense", "amount", "metadata.x", "latest_charge.nonsense"])
def test_what_cannot_be_expanded_is_refused(world: World, path: str) -> None:
    intent = world.paid()

    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        world.stripe.payment_intents.retrieve(intent.id, {"expand": [path]})


def test_expansion_ends_at_four_levels(world: World) -> None:
    intent = world.paid()
    path = "latest_charge.payment_intent.latest_charge.payment_intent"

    deep = world.stripe.payment_intents.retrieve(intent.id, {"expand": [path]})
    assert deep.latest_charge.payment_intent.latest_charge.payment_intent.id == intent.id

    with pytest.raises(stripe.InvalidRequestError, match="more than 4"):
        world.stripe.payment_intents.retrieve(intent.id, {"expand": [f"{path}.latest_charge"]})


def test_lists_page_by_cursor_newest_first(world: World) -> None:
    ids = [world.intent(metadata={"n": str(n)}).id for n in range(5)][::-1]
    listing = world.stripe.payment_intents.list

    first = listing({"limit": 2})
    second = listing({"limit": 2, "starting_after": first.data[-1].id})
    back = listing({"limit": 2, "ending_before": ids[3]})

    assert [row.id for row in first.data + second.data] == ids[:4]
    assert (first.has_more, second.has_more) == (True, True)
    assert [row.id for row in back.data] == ids[1:3]
    assert [row.id for row in listing({"limit": 3}).auto_paging_iter()] == ids


@pytest.mark.parametrize(
    "params", [{"limit": 0}, {"limit": 101}, {"starting_after": "pi_x"}, {"created": {"gte": "x"}}]
)
def test_a_list_refuses_what_it_cannot_do(world: World, params: dict[str, object]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        world.stripe.payment_intents.list(params)


def test_lists_filter_by_creation(world: World) -> None:
    world.intent()
    world.now += 10
    late = world.intent().id
    listing = world.stripe.payment_intents.list

    assert [row.id for row in listing({"created": {"gte": START + 10}})] == [late]
    assert [row.id for row in listing({"created": {"gt": START, "lt": START + 11}})] == [late]
    assert [row.id for row in listing({"created": START + 10})] == [late]
    assert len(listing({"created": {"lte": START}}).data) == 1


def test_a_request_with_a_wrong_expansion_changes_nothing(world: World) -> None:
    new = {"amount": 500, "currency": "usd", "expand": ["nonsense"]}

    with pytest.raises(stripe.InvalidRequestError, match="cannot be expanded"):
        world.stripe.payment_intents.create(new)

    assert world.event_types() == []
    assert world.stripe.payment_intents.list().data == []


@pytest.fixture(scope="module")
def bought() -> World:
    """A sandbox with objects of every kind."""
    world = World()
    buy_in_every_way(world)
    return world


LISTS = [
    endpoint.route.split(" ")[1]
    for resource in RESOURCES
    for endpoint in resource.endpoints
    if endpoint.method == "GET" and "{}" not in endpoint.route and "search" not in endpoint.route
]


def listed(world: World, path: str, **query: object) -> list[dict[str, Any]]:
    """Return the first hundred rows of a list."""
    answer = world.call("GET", f"{path}?{urlencode({'limit': 100, **query})}")
    assert answer.status_code == 200
    return answer.json()["data"]


@pytest.mark.parametrize("path", LISTS)
def test_every_list_filters_by_every_field_that_it_takes(bought: World, path: str) -> None:
    rows = listed(bought, path)
    for name in parameters_of(f"GET {path}").keys() - {"created"}:
        known = {row[name] for row in rows if isinstance(row.get(name), str | bool)}
        for value in known:
            text = str(value).lower() if isinstance(value, bool) else value
            wanted = [row["id"] for row in rows if row[name] == value]
            found = listed(bought, path, **{name: text})
            assert [row["id"] for row in found][: len(wanted)] == wanted
            assert {row[name] for row in found} == {value}


@pytest.mark.parametrize("path", [one for one in LISTS if "created" in parameters_of(f"GET {one}")])
def test_every_list_filters_by_creation(bought: World, path: str) -> None:
    rows = listed(bought, path)
    latest = max(row["created"] for row in rows)
    newest = [row["id"] for row in rows if row["created"] == latest]

    assert [row["id"] for row in listed(bought, path, created=latest)] == newest
    assert [row["id"] for row in listed(bought, path, **{"created[gte]": latest})] == newest
    assert listed(bought, path, **{"created[gt]": latest}) == []
    assert listed(bought, path, **{"created[lt]": START}) == []


@pytest.mark.parametrize(
    ("query", "kinds"),
    [
        ({"type": "refund.created"}, {"refund.created"}),
        ({"type": "refund.*"}, {"refund.created", "refund.failed", "refund.updated"}),
        (
            {"types[]": "product.*", "types[1]": "price.created"},
            {"product.created", "price.created"},
        ),
    ],
)
def test_events_are_listed_by_type(bought: World, query: dict[str, str], kinds: set[str]) -> None:
    assert {event["type"] for event in listed(bought, "/v1/events", **query)} == kinds


def test_events_are_listed_by_whether_they_arrived(world: World) -> None:
    world.intent()
    world.stripe.webhook_endpoints.create({"url": "http://x.test", "enabled_events": ["*"]})
    world.intent()

    first, second = (
        listed(world, "/v1/events", delivery_success=word) for word in ("true", "false")
    )
    world.sandbox.deliveries.drain()

    assert (len(first), len(second)) == (1, 1)
    assert listed(world, "/v1/events", delivery_success="false") == []
    assert world.call("GET", "/v1/events?type=a&types[]=b").status_code == 400
