"""Products, their prices, and the sessions that name them."""

from typing import Any

import pytest

from tests.sandbox.conftest import World
from tests.sandbox.refusals import refusal


def priced(world: World, **params: Any) -> Any:
    """Make a price of 700 with a product of its own."""
    new = {"currency": "usd", "unit_amount": 700, "product_data": {"name": "Tea"}, **params}
    return world.stripe.prices.create(new)


def test_a_product_is_made_changed_and_deleted(world: World) -> None:
    api = world.stripe.products
    made = api.create({"name": "Tea", "images": ["https://x.test/a.png"], "description": "Green"})

    changed = api.update(made.id, {"name": "Oolong", "images": "", "description": ""})
    gone = api.delete(made.id)

    assert (made.active, made.default_price) == (True, None)
    assert (changed.name, changed.images, changed.description) == ("Oolong", [], None)
    assert gone.deleted
    assert refusal(lambda: api.retrieve(made.id)).status == 404
    assert world.event_types() == ["product.created", "product.updated", "product.deleted"]


def test_a_product_brings_its_price(world: World) -> None:
    product = world.stripe.products.create(
        {"id": "tea", "name": "Tea", "default_price_data": {"currency": "eur", "unit_amount": 5}},
        {"idempotency_key": "k"},
    )

    price = world.stripe.prices.retrieve(product.default_price, {"expand": ["product"]})

    assert (price.unit_amount, price.currency, price.product.id) == (5, "eur", "tea")
    assert world.event_types() == ["product.created", "price.created"]


def test_a_product_with_prices_stays(world: World) -> None:
    price = priced(world)

    assert refusal(lambda: world.stripe.products.delete(price.product)).status == 400


def test_a_default_price_is_one_of_the_products_own(world: World) -> None:
    one, other = priced(world), priced(world)
    update = world.stripe.products.update

    assert update(one.product, {"default_price": one.id}).default_price == one.id
    error = refusal(lambda: update(one.product, {"default_price": other.id}))
    assert (error.status, error.param) == (400, "default_price")


def test_a_price_changes_in_all_but_its_amount(world: World) -> None:
    price = priced(world)

    changed = world.stripe.prices.update(
        price.id, {"active": False, "nickname": "Small", "tax_behavior": "inclusive"}
    )
    fixed = refusal(lambda: world.stripe.prices.update(price.id, {"tax_behavior": "exclusive"}))
    amount = refusal(lambda: world.stripe.prices.update(price.id, {"unit_amount": 1}))

    assert (changed.active, changed.nickname) == (False, "Small")
    assert fixed.param == "tax_behavior"
    assert (amount.code, amount.param) == ("parameter_unknown", "unit_amount")


def test_a_lookup_key_is_one_prices_alone(world: World) -> None:
    first = priced(world, lookup_key="tea")

    refused = refusal(lambda: priced(world, lookup_key="tea"))
    second = priced(world, lookup_key="tea", transfer_lookup_key=True)

    assert refused.param == "lookup_key"
    assert world.stripe.prices.retrieve(first.id).lookup_key is None
    listed = world.stripe.prices.list({"lookup_keys": ["tea"]})
    assert [one.id for one in listed.data] == [second.id]


@pytest.mark.parametrize(
    ("params", "param", "status"),
    [
        ({"currency": "zzz"}, "currency", 400),
        ({"unit_amount": -1}, "unit_amount", 400),
        ({"unit_amount": None}, "unit_amount", 400),
        ({"unit_amount_decimal": "700"}, "unit_amount_decimal", 400),
        ({"unit_amount": None, "unit_amount_decimal": "0.5"}, "unit_amount_decimal", 501),
        ({"billing_scheme": "tiered"}, "billing_scheme", 501),
        ({"custom_unit_amount": {"enabled": True}}, "custom_unit_amount", 501),
        ({"recurring": {"interval": "day", "meter": "mtr_1"}}, "recurring[meter]", 501),
        ({"product": "prod_x"}, "product_data", 400),
        ({"product": "prod_x", "product_data": None}, "product", 400),
        ({"product_data": None}, "product", 400),
        ({"product_data": {"name": "Tea", "tax_code": "t"}}, "product_data[tax_code]", 501),
    ],
)
def test_a_price_is_refused(world: World, params: Any, param: str, status: int) -> None:
    new = {"currency": "usd", "unit_amount": 700, "product_data": {"name": "Tea"}, **params}
    given = {name: value for name, value in new.items() if value is not None}

    error = refusal(lambda: world.stripe.prices.create(given))

    assert (error.status, error.param) == (status, param)
    assert world.event_types() == []


def test_a_recurring_price_says_how_it_recurs(world: World) -> None:
    price = priced(world, recurring={"interval": "month"})

    assert (price.type, price.recurring.interval_count) == ("recurring", 1)
    listed = world.stripe.prices.list({"recurring": {"interval": "month"}, "type": "recurring"})
    assert [one.id for one in listed.data] == [price.id]
    assert world.stripe.prices.list({"recurring": {"interval": "week"}}).data == []


def test_products_are_listed_by_id_and_by_whether_they_are_sold(world: World) -> None:
    ids = [world.stripe.products.create({"name": name}).id for name in ("A", "B", "C")]
    world.stripe.products.update(ids[0], {"active": False})
    listing = world.stripe.products.list

    assert [one.id for one in listing({"ids": ids[:2]}).data] == [ids[1], ids[0]]
    assert [one.id for one in listing({"active": True}).data] == [ids[2], ids[1]]


def test_a_session_names_a_price_and_is_paid_without_a_browser(world: World) -> None:
    price = priced(world)
    session = world.checkout(line_items=[{"price": price.id, "quantity": 2}])
    method = world.stripe.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    path, paying = f"/v1/payment_pages/{session.id}", f"payment_method={method.id}"

    shown = world.call("GET", path)
    surprised = world.call("POST", f"{path}/confirm", f"{paying}&expected_amount=1")
    paid = world.call("POST", f"{path}/confirm", f"{paying}&expected_amount=1400&eid=NA")

    assert shown.json()["amount_total"] == 1400
    assert (surprised.status_code, surprised.json()["error"]["param"]) == (400, "expected_amount")
    assert (paid.status_code, paid.json()["status"]) == (200, "complete")
    assert world.event_types()[-1] == "checkout.session.completed"


def test_a_session_refuses_a_price_that_is_not_sold(world: World) -> None:
    price = priced(world)
    world.stripe.prices.update(price.id, {"active": False})

    gone = refusal(lambda: world.checkout(line_items=[{"price": price.id, "quantity": 1}]))
    none = refusal(lambda: world.checkout(line_items=[{"price": "price_x", "quantity": 1}]))

    assert [gone.param, none.param] == ["line_items[0][price]"] * 2
    assert [gone.status, none.status, none.code] == [400, 400, "resource_missing"]
