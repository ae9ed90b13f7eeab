"""Expansion and cursors."""

import pytest
import stripe

from tests.sandbox.conftest import START, World


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
