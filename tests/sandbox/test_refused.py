"""A request that is refused has done nothing: no object, no event, no delivery, no rule used up."""

import json

import pytest
import stripe

from stripe_sandbox.tables import Table
from tests.sandbox.conftest import World, listen


def kept(world: World) -> str:
    """Return all that a client could find, but for how many ids there have been."""
    state = world.sandbox.state.as_json()
    tables = {kind: rows for kind, rows in state["tables"].items() if rows}
    names = ("notes", "deliveries", "delivered", "scheduled", "rules")
    return json.dumps([tables, *(state[name] for name in names)])


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("customers", "email=a@b.test&payment_method={pm}"),
        ("payment_intents", "amount=1000&currency=usd&confirm=true"),
        ("payment_intents", "amount=1000&currency=usd&expand[]=nonsense"),
        ("payment_intents/{pi}/confirm", "receipt_email=new@b.test&payment_method={pm}"),
        (
            "checkout/sessions",
            (
                "mode=payment&line_items[0][price_data][currency]=usd"
                "&line_items[0][price_data][unit_amount]=700"
                "&line_items[0][price_data][product_data][name]=Tea&line_items[0][quantity]=1"
            ),
        ),
        ("customers/{cus}", "name=Ann&invoice_settings[default_payment_method]=pm_nobody"),
    ],
)
def test_nothing_is_left_of_a_refused_request(world: World, path: str, form: str) -> None:
    listen(world)
    world.control("rules", kind="delay", times=50)
    method = world.stripe.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    world.stripe.payment_methods.attach(method.id, {"customer": world.stripe.customers.create().id})
    names = {"pm": method.id, "pi": world.intent().id, "cus": world.stripe.customers.create().id}
    before = kept(world)

    answer = world.call("POST", f"/v1/{path.format(**names)}", form.format(**names))

    assert 400 <= answer.status_code < 500, answer.text
    assert kept(world) == before


def test_a_declined_payment_leaves_its_intent(world: World) -> None:
    with pytest.raises(stripe.CardError):
        world.paid("pm_card_chargeDeclined")

    [intent] = world.stripe.payment_intents.list().data
    assert intent.last_payment_error.decline_code == "generic_decline"


def test_what_happened_by_itself_stays_when_the_request_that_saw_it_is_refused(
    world: World,
) -> None:
    intent = world.debited("success_de")
    world.now += 10
    with pytest.raises(stripe.InvalidRequestError):
        world.stripe.refunds.create({"payment_intent": intent.id, "amount": 10**7})

    assert world.event_types()[-1] == "payment_intent.succeeded"


def test_a_refused_request_does_not_repeat_a_delivery_under_way(world: World) -> None:
    listen(world)
    world.intent()
    under_way = world.sandbox.deliveries._lanes.claim()
    world.call("POST", "/v1/payment_intents", "amount=1000&currency=usd&expand[]=nonsense")

    assert under_way is not None
    assert world.sandbox.deliveries.step() is None


def test_a_table_that_was_tried_is_what_it_was_in_its_old_order() -> None:
    table = Table({"a": 1, "b": 2, "c": 3})
    copy = table.fork()
    table.begin()
    table["b"] = 20
    del table["a"]
    table["d"] = 4
    table["a"] = 10
    table.undo()

    assert list(table.items()) == list(copy.items()) == [("a", 1), ("b", 2), ("c", 3)]
