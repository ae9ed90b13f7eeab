"""Checkout Sessions paid later, by redirect, from known prices, or not at all."""

from typing import Any

import pytest
import stripe

from stripe_sandbox.resources import checkout_sessions, payment_intents
from tests.sandbox.conftest import START, World, card

GOOD_IBAN, BAD_IBAN = "DE89370400440532013000", "DE62370400440532013001"
DONE = ["charge.succeeded", "payment_intent.succeeded"]


def debit(iban: str) -> dict[str, Any]:
    return {"type": "sepa_debit", "sepa_debit": {"iban": iban}}


def pay(world: World, session: Any, **paying: Any) -> dict[str, Any]:
    paying = paying or {"payment_method_data": card()}
    return checkout_sessions.pay(world.sandbox, session.id, email="a@shop.test", **paying)


def priced(world: World, **price: Any) -> Any:
    """Make a price of 700 for tea, known by its id."""
    product = world.stripe.products.create({"name": "Tea"})
    fields = {"currency": "usd", "unit_amount": 700, "product": product.id, **price}
    return world.stripe.prices.create(fields)


def test_a_debit_completes_the_session_unpaid_and_pays_it_later(world: World) -> None:
    session = world.checkout(currency="eur")

    first = pay(world, session, payment_method_data=debit(GOOD_IBAN))
    world.now += 5
    after = world.stripe.checkout.sessions.retrieve(session.id)

    assert (first["status"], first["payment_status"]) == ("complete", "unpaid")
    assert (after.status, after.payment_status) == ("complete", "paid")
    assert world.event_types() == [
        "payment_intent.created",
        "charge.pending",
        "payment_intent.processing",
        "checkout.session.completed",
        *DONE,
        "checkout.session.async_payment_succeeded",
    ]


def test_a_debit_that_fails_leaves_the_session_unpaid(world: World) -> None:
    session = world.checkout(currency="eur")

    pay(world, session, payment_method_data=debit(BAD_IBAN))
    world.control("clock/advance", seconds=5)

    after = world.stripe.checkout.sessions.retrieve(session.id)
    assert (after.status, after.payment_status) == ("complete", "unpaid")
    assert world.event_types()[-3:] == [
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]


@pytest.mark.parametrize("succeed", [True, False])
def test_a_redirect_leads_to_the_shop_or_back_to_the_page(world: World, *, succeed: bool) -> None:
    session = world.checkout(currency="eur")

    asked = checkout_sessions.submit(
        world.sandbox, session.id, payment_method_data={"type": "ideal"}, email="a@shop.test"
    )
    intent_id = world.stripe.checkout.sessions.retrieve(session.id).payment_intent
    url = payment_intents.complete_authentication(world.sandbox, intent_id, succeed=succeed)

    after = world.stripe.checkout.sessions.retrieve(session.id)
    assert asked.url == f"http://localhost:4242/redirect/{intent_id}"
    assert after.status == ("complete" if succeed else "open")
    assert after.payment_status == ("paid" if succeed else "unpaid")
    assert url == (f"http://shop.test/return?session={session.id}" if succeed else session.url)


def test_one_function_pays_with_a_kept_payment_method_too(world: World) -> None:
    session = world.checkout()
    method = world.stripe.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})

    paid = pay(world, session, payment_method=method.id, expected_amount=1400)

    assert (paid["payment_status"], paid["customer_details"]["email"]) == ("paid", "a@shop.test")


def test_a_surprising_amount_is_not_paid(world: World) -> None:
    session = world.checkout()

    with pytest.raises(Exception, match="total is 1400, not 1399"):
        pay(world, session, payment_method="pm_card_visa", expected_amount=1399)
    assert world.event_types() == []


def test_what_is_free_needs_no_payment(world: World) -> None:
    price = {"currency": "usd", "unit_amount": 0, "product_data": {"name": "Sample"}}
    session = world.checkout(line_items=[{"price_data": price, "quantity": 1}])

    done = pay(world, session, payment_method_data=None)

    assert (session.payment_status, session.amount_total) == ("no_payment_required", 0)
    assert (done["status"], done["payment_status"]) == ("complete", "no_payment_required")
    assert done["payment_intent"] is None
    assert world.event_types() == ["checkout.session.completed"]


def test_authorized_first_and_paid_by_the_capture(world: World) -> None:
    session = world.checkout(currency="eur", payment_intent_data={"capture_method": "manual"})
    done = pay(world, session)

    world.stripe.payment_intents.capture(done["payment_intent"])

    after = world.stripe.checkout.sessions.retrieve(session.id)
    assert session.payment_method_types == ["card"]
    assert (done["payment_status"], after.payment_status) == ("unpaid", "paid")
    assert "checkout.session.async_payment_succeeded" not in world.event_types()


def test_an_authorization_of_a_completed_session_can_be_given_up(world: World) -> None:
    session = world.checkout(payment_intent_data={"capture_method": "manual"})
    done = pay(world, session)

    intent = world.stripe.payment_intents.cancel(done["payment_intent"])

    assert intent.status == "canceled"
    assert world.stripe.checkout.sessions.retrieve(session.id).payment_status == "unpaid"


def test_a_dispute_comes_after_the_session_is_completed(world: World) -> None:
    pay(world, world.checkout(), payment_method="pm_card_createDispute")

    assert world.event_types()[-3:] == [
        "checkout.session.completed",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]


def test_line_items_name_known_prices(world: World) -> None:
    price = priced(world)

    session = world.checkout(line_items=[{"price": price.id, "quantity": 3}])

    [item] = world.stripe.checkout.sessions.line_items.list(session.id).data
    assert (session.amount_total, session.currency) == (2100, "usd")
    assert (item.price.id, item.description, item.quantity) == (price.id, "Tea", 3)


def test_a_price_can_be_made_for_a_known_product(world: World) -> None:
    product = world.stripe.products.create({"name": "Oolong"})
    price = {"currency": "usd", "unit_amount": 500, "product": product.id}

    session = world.checkout(line_items=[{"price_data": price, "quantity": 1}])

    [item] = world.stripe.checkout.sessions.line_items.list(session.id).data
    assert (item.description, item.price.product) == ("Oolong", product.id)


@pytest.mark.parametrize(
    ("item", "param"),
    [
        ({"price": "price_none", "quantity": 1}, "line_items[0][price]"),
        ({"price": "archived", "quantity": 1}, "line_items[0][price]"),
        ({"price": "of an archived product", "quantity": 1}, "line_items[0][price]"),
        ({"price": "tea"}, "line_items[0][quantity]"),
    ],
)
def test_line_items_that_cannot_be_sold_are_refused(
    world: World, item: dict[str, Any], param: str
) -> None:
    names = ("tea", "archived", "of an archived product")
    known = {name: priced(world) for name in names}
    world.stripe.prices.update(known["archived"].id, {"active": False})
    world.stripe.products.update(known["of an archived product"].product, {"active": False})
    item = {**item, "price": known[item["price"]].id if item["price"] in known else "price_none"}

    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.checkout(line_items=[item])

    assert raised.value.param == param


def test_a_customer_is_carried_through(world: World) -> None:
    customer = world.stripe.customers.create({"email": "jane@shop.test", "name": "Jane"})

    session = world.checkout(customer=customer.id)
    done = checkout_sessions.pay(world.sandbox, session.id, payment_method_data=card())

    intent = world.stripe.payment_intents.retrieve(done["payment_intent"])
    assert session.customer_details.email == "jane@shop.test"
    assert (intent.customer, done["customer"]) == (customer.id, customer.id)
    assert done["customer_details"]["name"] == "Jane"


def test_a_customer_is_made_when_the_shop_wants_one(world: World) -> None:
    session = world.checkout(customer_creation="always")

    done = pay(world, session)

    customer = world.stripe.customers.retrieve(done["customer"])
    assert customer.email == "a@shop.test"
    assert session.customer is None


def test_an_update_merges_metadata_of_the_session_and_its_payment(world: World) -> None:
    session = world.checkout(metadata={"a": "1", "b": "2"})

    after = world.stripe.checkout.sessions.update(
        session.id,
        {"metadata": {"a": "", "c": "3"}, "payment_intent_data": {"metadata": {"order": "7"}}},
    )
    done = pay(world, session)

    intent = world.stripe.payment_intents.retrieve(done["payment_intent"])
    assert after.metadata.to_dict() == {"b": "2", "c": "3"}
    assert intent.metadata.to_dict() == {"order": "7"}


def test_a_completed_session_takes_metadata_only(world: World) -> None:
    session = world.checkout()
    pay(world, session)

    after = world.stripe.checkout.sessions.update(session.id, {"metadata": {"a": "1"}})
    with pytest.raises(stripe.InvalidRequestError, match="can be updated"):
        world.stripe.checkout.sessions.update(
            session.id, {"payment_intent_data": {"metadata": {"a": "1"}}}
        )

    assert after.metadata.to_dict() == {"a": "1"}


def test_a_waiting_redirect_ends_with_the_session(world: World) -> None:
    session = world.checkout(currency="eur", expires_at=START + 1800)
    pay(world, session, payment_method_data={"type": "ideal"})
    intent_id = world.stripe.checkout.sessions.retrieve(session.id).payment_intent
    world.now += 1800

    world.stripe.checkout.sessions.list()

    assert world.stripe.payment_intents.retrieve(intent_id).status == "canceled"
    with pytest.raises(Exception, match="not waiting for authentication"):
        payment_intents.complete_authentication(world.sandbox, intent_id, succeed=True)


def test_what_the_session_decides_the_intent_keeps(world: World) -> None:
    session = world.checkout()
    checkout_sessions.submit(
        world.sandbox,
        session.id,
        payment_method_data=card("4000000000000002"),
        email="a@shop.test",
    )
    intent_id = world.stripe.checkout.sessions.retrieve(session.id).payment_intent

    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.stripe.payment_intents.update(intent_id, {"amount": 50})

    assert raised.value.param == "amount"
