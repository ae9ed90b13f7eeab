"""Checkout Sessions: opened, paid on the hosted page, expired."""

import pytest
import stripe

from stripe_sandbox.resources import checkout_sessions, payment_intents
from tests.sandbox.conftest import START, World, card

DECLINED = card("4000000000000002")


def submit(world: World, session_id: str, **data: object) -> checkout_sessions.Submission:
    return checkout_sessions.submit(
        world.sandbox,
        session_id,
        payment_method_data=data or card(),
        email="shopper@shop.test",
    )


def test_an_open_session_has_a_page_and_no_intent(world: World) -> None:
    session = world.checkout(metadata={"order_id": "order_1"})

    assert (session.status, session.payment_status) == ("open", "unpaid")
    assert session.url == f"http://localhost:4242/c/pay/{session.id}"
    assert (session.amount_total, session.currency) == (1400, "usd")
    assert session.payment_intent is None
    assert world.event_types() == []


def test_line_items_are_listed_and_expanded(world: World) -> None:
    session = world.checkout()

    listed = world.stripe.checkout.sessions.line_items.list(session.id).data
    expanded = world.stripe.checkout.sessions.retrieve(
        session.id, {"expand": ["line_items.data.price.product"]}
    )

    assert [(row.description, row.quantity, row.amount_total) for row in listed] == [
        ("Tea", 2, 1400)
    ]
    assert expanded.line_items.data[0].price.product.name == "Tea"


def test_paying_completes_the_session(world: World) -> None:
    session = world.checkout(
        metadata={"order_id": "order_1"},
        payment_intent_data={"metadata": {"order_id": "order_1"}, "receipt_email": "a@b.test"},
    )

    done = submit(world, session.id)

    after = world.stripe.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert done.outcome == "complete"
    assert done.url == f"http://shop.test/return?session={session.id}"
    assert (after.status, after.payment_status, after.url) == ("complete", "paid", None)
    assert after.customer_details.email == "shopper@shop.test"
    assert after.payment_intent.metadata.to_dict() == {"order_id": "order_1"}
    assert after.payment_intent.receipt_email == "a@b.test"
    assert world.event_types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "checkout.session.completed",
    ]


def test_a_decline_keeps_the_session_open_with_the_same_intent(world: World) -> None:
    session = world.checkout()

    declined = submit(world, session.id, **DECLINED)
    intent_id = world.stripe.checkout.sessions.retrieve(session.id).payment_intent
    error = checkout_sessions.last_error(world.sandbox, session.id)
    paid = submit(world, session.id)

    assert (declined.outcome, declined.error["code"]) == ("declined", "card_declined")
    assert error is not None
    assert error["message"] == declined.error["message"]
    assert paid.outcome == "complete"
    assert world.stripe.checkout.sessions.retrieve(session.id).payment_intent == intent_id


def test_a_mistyped_card_is_a_decline_that_names_the_field(world: World) -> None:
    session = world.checkout()

    declined = submit(world, session.id, **card("4242424242424241"))

    assert (declined.outcome, declined.error["param"]) == ("declined", "number")


@pytest.mark.parametrize("succeed", [True, False])
def test_three_d_secure_leads_to_the_shop_or_back_to_the_page(
    world: World, *, succeed: bool
) -> None:
    session = world.checkout()

    asked = submit(world, session.id, **card("4000002760003184"))
    intent_id = world.stripe.checkout.sessions.retrieve(session.id).payment_intent
    url = payment_intents.complete_authentication(world.sandbox, intent_id, succeed=succeed)

    assert (asked.outcome, asked.url) == (
        "authenticate",
        f"http://localhost:4242/3d_secure/{intent_id}",
    )
    status = world.stripe.checkout.sessions.retrieve(session.id).status
    assert status == ("complete" if succeed else "open")
    assert url == (f"http://shop.test/return?session={session.id}" if succeed else session.url)


def test_a_paid_session_is_closed(world: World) -> None:
    session = world.checkout()
    submit(world, session.id)

    assert submit(world, session.id).outcome == "closed"
    with pytest.raises(stripe.InvalidRequestError, match="can be expired"):
        world.stripe.checkout.sessions.expire(session.id)
    assert world.event_types().count("checkout.session.completed") == 1


def test_an_expired_session_cannot_be_paid(world: World) -> None:
    session = world.checkout()
    submit(world, session.id, **DECLINED)

    expired = world.stripe.checkout.sessions.expire(session.id)

    assert (expired.status, expired.url) == ("expired", None)
    assert submit(world, session.id).outcome == "closed"
    assert world.event_types()[-2:] == ["payment_intent.canceled", "checkout.session.expired"]


@pytest.mark.parametrize("how", ["retrieve", "list", "clock", "submit"])
def test_a_session_expires_in_time(world: World, how: str) -> None:
    session = world.checkout(expires_at=START + 1800)
    world.now += 1800 if how != "clock" else 0

    if how == "retrieve":
        world.stripe.checkout.sessions.retrieve(session.id)
    elif how == "list":
        world.stripe.checkout.sessions.list()
    elif how == "clock":
        world.control("clock/advance", seconds=1800)
    else:
        assert submit(world, session.id).outcome == "closed"

    assert world.event_types() == ["checkout.session.expired"]
    assert world.stripe.checkout.sessions.retrieve(session.id).status == "expired"


@pytest.mark.parametrize(
    ("params", "param"),
    [
        ({"expires_at": START + 1799}, "expires_at"),
        ({"expires_at": START + 86401}, "expires_at"),
        ({"success_url": "shop"}, "success_url"),
        ({"cancel_url": "javascript:alert(1)"}, "cancel_url"),
        ({"customer_email": "nonsense"}, "customer_email"),
        (
            {"payment_intent_data": {"receipt_email": "nonsense"}},
            "payment_intent_data[receipt_email]",
        ),
        ({"line_items": []}, "line_items"),
        ({"line_items": [{"price": "price_x", "quantity": 1}]}, "line_items[0][price]"),
    ],
)
def test_what_stripe_refuses_is_refused(
    world: World, params: dict[str, object], param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.checkout(**params)

    assert raised.value.param == param


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"unit_amount": 4}, "at least 0.50 usd"),
        ({"unit_amount": 99_999_999}, "no more than"),
        ({"unit_amount": -1}, "Invalid unit amount"),
        ({"currency": "eur"}, "same currency"),
    ],
)
def test_prices_are_checked(world: World, changes: dict[str, object], message: str) -> None:
    price = {"currency": "usd", "unit_amount": 20, "product_data": {"name": "Tea"}}
    items = [{"price_data": {**price, **one}, "quantity": 2} for one in ({}, changes)]

    with pytest.raises(stripe.InvalidRequestError, match=message):
        world.checkout(line_items=items)


@pytest.mark.parametrize(
    "params",
    [
        {"mode": "subscription"},
        {"billing_address_collection": "required"},
        {"submit_type": "donate"},
        {"payment_method_options": {"card": {"installments": {"enabled": True}}}},
        {"payment_intent_data": {"application_fee_amount": 1}},
    ],
)
def test_what_the_sandbox_lacks_is_a_501(world: World, params: dict[str, object]) -> None:
    with pytest.raises(stripe.APIError) as raised:
        world.checkout(**params)

    assert raised.value.http_status == 501


def test_the_intent_of_a_session_is_not_canceled_alone(world: World) -> None:
    session = world.checkout()
    submit(world, session.id, **DECLINED)
    intent_id = world.stripe.checkout.sessions.retrieve(session.id).payment_intent

    with pytest.raises(stripe.InvalidRequestError, match="Expire the session"):
        world.stripe.payment_intents.cancel(intent_id)


def test_sessions_are_found_by_intent_and_status(world: World) -> None:
    paid, waiting = world.checkout(), world.checkout()
    submit(world, paid.id)
    intent_id = world.stripe.checkout.sessions.retrieve(paid.id).payment_intent
    listing = world.stripe.checkout.sessions.list

    assert [row.id for row in listing({"payment_intent": intent_id})] == [paid.id]
    assert [row.id for row in listing({"status": "open"})] == [waiting.id]
    assert [row.id for row in listing({"customer_details": {"email": "shopper@shop.test"}})] == [
        paid.id
    ]
