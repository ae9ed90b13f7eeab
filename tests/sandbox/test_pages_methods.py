"""The hosted page's ways to pay besides a card, used without JavaScript; and receipts."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from tests.sandbox.conftest import World, listen

SEPA_PAYS, SEPA_FAILS = "AT61 1904 3002 3457 3201", "AT861904300235473202"
TEA = {"price_data": {"currency": "eur", "unit_amount": 700, "product_data": {"name": "Tea"}}}


@pytest.fixture
def browser(world: World) -> FlaskClient:
    return world.app.test_client()


@pytest.fixture
def session(world: World) -> Any:
    return world.checkout(line_items=[{**TEA, "quantity": 2}])


def pay(browser: FlaskClient, session: Any, method: str, **fields: str) -> Any:
    form = {"email": "ada@example.com", "payment_method": method, "name": "Ada"}
    return browser.post(f"/c/pay/{session.id}", data=form | fields)


def chosen(page: Any) -> list[str]:
    return re.findall(r'value="(\w+)" checked', page.text)


def settle(world: World) -> None:
    """Let the time pass that a debit takes."""
    world.now += 4 * 24 * 3600


def test_the_currency_decides_what_one_can_pay_with(
    world: World, browser: FlaskClient, session: Any
) -> None:
    euros = browser.get(f"/c/pay/{session.id}")
    dollars = browser.get(f"/c/pay/{world.checkout().id}")

    radios = re.findall(r'type="radio" name="payment_method" value="(\w+)"', euros.text)
    assert radios == ["card", "ideal", "sepa_debit"]
    assert 'type="radio"' not in dollars.text
    assert 'name="number"' in dollars.text


def test_a_debit_is_on_its_way_and_paid_days_later(
    world: World, browser: FlaskClient, session: Any
) -> None:
    answer = pay(browser, session, "sepa_debit", iban=SEPA_PAYS)
    page = browser.get(f"/c/pay/{session.id}")
    settle(world)
    paid = world.stripe.checkout.sessions.list().data[0]

    assert answer.location == f"http://shop.test/return?session={session.id}"
    assert "on its way" in page.text
    assert (paid.payment_status, paid.customer_details.name) == ("paid", "Ada")
    assert "This order is paid" in browser.get(f"/c/pay/{session.id}").text


def test_a_debit_that_fails_later_leads_back_to_start_again(
    world: World, browser: FlaskClient, session: Any
) -> None:
    listen(world, "checkout.session.async_payment_failed")
    pay(browser, session, "sepa_debit", iban=SEPA_FAILS)
    settle(world)
    world.stripe.checkout.sessions.list()
    page = browser.get(f"/c/pay/{session.id}")

    assert "This payment failed" in page.text
    assert 'href="http://shop.test/cancel"' in page.text
    assert "checkout.session.async_payment_failed" in world.event_types()


@pytest.mark.parametrize(
    ("fields", "name", "said"),
    [
        ({"iban": "AT611904300234573202"}, "iban", "The IBAN is not valid."),
        ({"iban": ""}, "iban", "The IBAN is not valid."),
        ({"iban": SEPA_PAYS, "name": " "}, "name", "Enter the account holder’s name."),
    ],
)
def test_what_is_wrong_with_an_account_is_said_beside_its_field(  # noqa: PLR0917
    browser: FlaskClient, session: Any, fields: dict[str, str], name: str, said: str
) -> None:
    page = pay(browser, session, "sepa_debit", **fields)

    assert re.search(rf'name="{name}"[^>]*aria-describedby="sepa_debit-{name}-error"', page.text)
    assert re.search(rf'id="sepa_debit-{name}-error" role="alert">{said}<', page.text)
    assert page.text.count('aria-invalid="true"') == 1
    assert chosen(page) == ["sepa_debit"]


@pytest.mark.parametrize("method", ["klarna", "", "sepa_debit; drop"])
def test_a_method_that_was_not_offered_is_no_way_in(
    world: World, browser: FlaskClient, session: Any, method: str
) -> None:
    page = pay(browser, session, method, number="4242")

    assert page.status_code == 200
    assert chosen(page) == ["card"]
    assert world.stripe.charges.list().data == []


def test_ideal_is_approved_on_a_page_of_its_own(
    world: World, browser: FlaskClient, session: Any
) -> None:
    bank = urlsplit(pay(browser, session, "ideal").location).path
    page = browser.get(bank)
    onward = browser.post(bank, data={"answer": "complete"})

    assert "this is not Stripe, no money moves" in page.text
    assert "iDEAL" in page.text
    assert "€14.00" in page.text
    assert onward.location == f"http://shop.test/return?session={session.id}"
    assert world.stripe.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_ideal_refused_leads_back_with_ideal_chosen_and_can_be_continued(
    browser: FlaskClient, session: Any
) -> None:
    bank = pay(browser, session, "ideal").location
    waiting = browser.get(f"/c/pay/{session.id}")
    browser.post(urlsplit(bank).path, data={"answer": "fail"})
    page = browser.get(f"/c/pay/{session.id}")

    assert f'href="{bank}"' in waiting.text
    assert "unable to authenticate" in page.text
    assert chosen(page) == ["ideal"]


def test_an_order_that_costs_nothing_asks_for_no_way_to_pay(
    world: World, browser: FlaskClient
) -> None:
    free = {**TEA, "price_data": {**TEA["price_data"], "unit_amount": 0}, "quantity": 1}
    session = world.checkout(line_items=[free])
    page = browser.get(f"/c/pay/{session.id}")
    answer = browser.post(f"/c/pay/{session.id}", data={"email": "ada@example.com"})

    assert 'name="number"' not in page.text
    assert "Complete the order" in page.text
    assert answer.location == f"http://shop.test/return?session={session.id}"


def test_account_numbers_are_neither_kept_nor_logged(
    world: World, browser: FlaskClient, session: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    pay(browser, session, "sepa_debit", iban=SEPA_PAYS)

    remembered = f"{world.sandbox.snapshot()} {world.sent} {caplog.text}"
    assert "3201" in remembered, "the last four digits are kept: the search can find something"
    assert not re.search(r"AT61|23457 ?3201", remembered)


def test_a_receipt_says_what_was_paid_and_what_was_given_back(
    world: World, browser: FlaskClient
) -> None:
    charge = world.stripe.charges.retrieve(world.paid().latest_charge)
    world.stripe.refunds.create({"charge": charge.id, "amount": 300})
    page = browser.get(urlsplit(charge.receipt_url).path)

    assert "$10.00" in page.text
    assert "Card •••• 4242" in page.text
    assert "$3.00" in page.text
    assert "this is not Stripe, no money moves" in page.text
    assert browser.get("/receipts/ch_x").status_code == 404
