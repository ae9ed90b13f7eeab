"""Customers and the payment methods that are kept for them."""

from typing import Any

import pytest

from tests.sandbox.conftest import World, card
from tests.sandbox.refusals import refusal

IBAN = "AT611904300234573201"


def test_a_customer_is_made_changed_and_forgotten(world: World) -> None:
    api = world.stripe.customers
    made = api.create({"email": "a@b.test", "metadata": {"a": "1"}, "address": {"city": "Taipei"}})

    changed = api.update(made.id, {"name": "Ann", "metadata": {"b": "2"}, "address": ""})
    gone = api.delete(made.id)

    assert (made.address.city, changed.address) == ("Taipei", None)
    assert (changed.email, changed.metadata.to_dict()) == ("a@b.test", {"a": "1", "b": "2"})
    assert gone.deleted
    assert api.retrieve(made.id).deleted
    assert api.list().data == []
    kinds = ["customer.created", "customer.updated", "customer.deleted"]
    assert world.event_types() == kinds


def test_an_update_tells_what_was_there_before(world: World) -> None:
    customer = world.stripe.customers.create({"name": "Ann"})
    world.stripe.customers.update(customer.id, {"name": "Bea"})

    event = world.stripe.events.list({"type": "customer.updated"}).data[0]

    assert event.data.previous_attributes.to_dict() == {"name": "Ann"}


@pytest.mark.parametrize(
    ("params", "param", "status"),
    [
        ({"email": "nowhere"}, "email", 400),
        ({"invoice_prefix": "no good"}, "invoice_prefix", 400),
        ({"payment_method": "pm_nothing"}, "payment_method", 400),
        ({"payment_method": "pm_card_golden"}, "payment_method", 501),
        (
            {"invoice_settings": {"default_payment_method": "pm_nothing"}},
            "invoice_settings[default_payment_method]",
            400,
        ),
        ({"tax_id_data": [{"type": "eu_vat", "value": "DE1"}]}, "tax_id_data", 501),
        ({"balance": -500}, "balance", 501),
    ],
)
def test_a_customer_is_refused(world: World, params: Any, param: str, status: int) -> None:
    error = refusal(lambda: world.stripe.customers.create(params))

    assert (error.param, error.status) == (param, status)
    assert world.event_types() == []


def test_a_deleted_customer_pays_nothing(world: World) -> None:
    customer = world.stripe.customers.create()
    world.stripe.customers.delete(customer.id)

    error = refusal(lambda: world.intent(customer=customer.id))

    assert (error.status, error.code, error.param) == (400, "resource_missing", "customer")


def test_customers_are_listed_by_email(world: World) -> None:
    found = world.stripe.customers.create({"email": "a@b.test"})
    world.stripe.customers.create({"email": "c@d.test"})

    listed = world.stripe.customers.list({"email": "a@b.test"})

    assert [one.id for one in listed.data] == [found.id]


@pytest.mark.parametrize(
    ("params", "field", "last4"),
    [
        ({"type": "card", "card": {"token": "tok_visa"}}, "card", "4242"),
        (card("378282246310005"), "card", "0005"),
        ({"type": "sepa_debit", "sepa_debit": {"iban": IBAN}}, "sepa_debit", "3201"),
    ],
)
def test_a_payment_method_shows_four_digits(
    world: World, params: Any, field: str, last4: str
) -> None:
    method = world.stripe.payment_methods.create(params)

    assert method[field].last4 == last4
    assert world.stripe.payment_methods.retrieve(method.id).type == params["type"]


@pytest.mark.parametrize(
    ("params", "param", "status"),
    [
        ({}, "type", 400),
        ({"type": "card"}, "card", 400),
        ({"type": "card", "card": {"token": "tok_gold"}}, "card[token]", 501),
        ({"type": "card", "card": {"token": "gold"}}, "card[token]", 400),
        ({"type": "card", "card": {"number": "4242"}}, "card[exp_month]", 400),
        ({"type": "sepa_debit", "sepa_debit": {}}, "sepa_debit", 400),
        ({"type": "sepa_debit", "sepa_debit": {"iban": "AT00"}}, "sepa_debit[iban]", 400),
        ({"type": "klarna"}, "type", 501),
        ({"type": "card", "card": {"networks": {"preferred": "visa"}}}, "card[networks]", 501),
        ({"type": "gold"}, "type", 400),
    ],
)
def test_a_payment_method_is_refused(world: World, params: Any, param: str, status: int) -> None:
    error = refusal(lambda: world.stripe.payment_methods.create(params))

    assert (error.status, error.param) == (status, param)


def test_a_payment_method_is_attached_used_and_detached(world: World) -> None:
    customer = world.stripe.customers.create({"payment_method": "pm_card_visa"})
    methods = world.stripe.payment_methods
    second = methods.attach("pm_card_mastercard", {"customer": customer.id})
    of_customer = world.stripe.customers.payment_methods

    listed = methods.list({"customer": customer.id, "type": "card"})
    methods.detach(second.id)

    assert [one.card.brand for one in listed.data] == ["mastercard", "visa"]
    assert [one.card.brand for one in of_customer.list(customer.id).data] == ["visa"]
    assert methods.list({"customer": customer.id, "type": "sepa_debit"}).data == []
    assert of_customer.retrieve(customer.id, listed.data[1].id).customer == customer.id
    assert refusal(lambda: of_customer.retrieve(customer.id, second.id)).status == 404
    assert world.event_types()[1:] == [
        "payment_method.attached",
        "payment_method.attached",
        "payment_method.detached",
    ]


def test_what_was_detached_is_never_taken_again(world: World) -> None:
    customer = world.stripe.customers.create({"payment_method": "pm_card_visa"})
    method = world.stripe.payment_methods.list({"customer": customer.id}).data[0].id
    world.stripe.payment_methods.detach(method)

    again = refusal(lambda: world.stripe.payment_methods.detach(method))
    attached = refusal(
        lambda: world.stripe.payment_methods.attach(method, {"customer": customer.id})
    )
    paid = refusal(lambda: world.paid(method))

    assert [error.status for error in (again, attached, paid)] == [400, 400, 400]


def test_a_payment_method_belongs_to_one_customer(world: World) -> None:
    first, second = world.stripe.customers.create(), world.stripe.customers.create()
    method = world.stripe.payment_methods.attach("pm_card_visa", {"customer": first.id})

    error = refusal(lambda: world.stripe.payment_methods.attach(method.id, {"customer": second.id}))

    assert "already been attached" in error.message


def test_only_a_customers_payment_method_can_be_changed(world: World) -> None:
    loose = world.stripe.payment_methods.create(card())
    customer = world.stripe.customers.create({"payment_method": loose.id})
    new = {"card": {"exp_year": 2031}, "billing_details": {"name": "Ann"}, "metadata": {"a": "1"}}

    changed = world.stripe.payment_methods.update(loose.id, new)
    refused = refusal(
        lambda: world.stripe.payment_methods.update(
            world.stripe.payment_methods.create(card()).id, new
        )
    )

    assert changed.customer == customer.id
    assert (changed.card.exp_month, changed.card.exp_year) == (12, 2031)
    assert (changed.billing_details.name, changed.billing_details.email) == ("Ann", None)
    assert refused.status == 400
    assert world.event_types()[-1] == "payment_method.updated"


def test_a_deleted_customer_leaves_the_payment_methods_behind(world: World) -> None:
    customer = world.stripe.customers.create({"payment_method": "pm_card_visa"})
    method = world.stripe.payment_methods.list({"customer": customer.id}).data[0]

    world.stripe.customers.delete(customer.id)

    assert world.stripe.payment_methods.retrieve(method.id).customer is None
    assert world.event_types()[-2:] == ["payment_method.detached", "customer.deleted"]


def test_a_kept_payment_method_pays_for_its_customer_alone(world: World) -> None:
    ann, bea = (world.stripe.customers.create() for _ in "ab")
    method = world.stripe.payment_methods.attach("pm_card_visa", {"customer": ann.id}).id

    assert refusal(lambda: world.paid(method)).param == "payment_method"
    assert refusal(lambda: world.paid(method, customer=bea.id)).param == "payment_method"
    assert "payment_intent.created" not in world.event_types()
    assert world.paid(method, customer=ann.id).status == "succeeded"
