"""The Payment Element of a payment in euros: its tabs, its accordion, debits and redirects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import FrameLocator, Page, expect

from stripe_sandbox.app import sandbox_of
from stripe_sandbox.resources.payment_intents import make
from tests.sandbox.pages_in_a_browser.pay_page import choose, status_of

Mount = Callable[..., FrameLocator]
ACCOUNT = "AT611904300234573201"
HERE = "confirm({redirect: 'if_required'})"


@pytest.fixture
def intent(app: Flask) -> Any:
    """A fresh PaymentIntent of ten euros."""
    automatic = {"enabled": True}
    params = {"amount": 1000, "currency": "eur", "automatic_payment_methods": automatic}
    return make(sandbox_of(app), params)


def names(frame: FrameLocator) -> list[str]:
    return frame.get_by_role("tab").all_inner_texts()


def refused(page: Page, call: str) -> str:
    """Call Stripe.js in a way that it throws at; returns the error's name and words."""
    return str(page.evaluate(f"{call}.catch(({{name, message}}) => `${{name}}: ${{message}}`)"))


def test_arrow_keys_walk_through_the_tabs(page: Page, mount: Mount) -> None:
    frame = mount()
    frame.get_by_role("tab", name="Card").focus()
    walked = []
    for key in ("ArrowRight", "ArrowRight", "ArrowRight", "ArrowLeft", "Home", "End"):
        page.keyboard.press(key)
        selected = frame.get_by_role("tab", selected=True)
        expect(selected).to_be_focused()
        walked.append(selected.inner_text())
        assert frame.get_by_role("tabpanel").get_attribute(
            "aria-labelledby"
        ) == selected.get_attribute("id")
    assert names(frame) == ["Card", "iDEAL", "SEPA Direct Debit"]
    assert walked == ["iDEAL", *["SEPA Direct Debit", "Card"] * 2, "SEPA Direct Debit"]
    assert frame.locator("[role=tab][tabindex='0']").count() == 1


def test_a_debit_is_processing_and_its_account_stays_in_the_frame(page: Page, mount: Mount) -> None:
    frame = mount(options={"business": {"name": "Tea & Co"}})
    frame.get_by_role("tab", name="SEPA").click()
    choose(frame, ACCOUNT)
    page.evaluate("until(() => events.at(-1).complete)")
    submitted = page.evaluate("elements.submit()")
    paid = page.evaluate(HERE)["paymentIntent"]

    assert submitted == {"selectedPaymentMethod": "sepa_debit"}
    assert page.evaluate("events.at(-1).value") == {"type": "sepa_debit"}
    assert paid["status"] == "processing"
    assert frame.get_by_text("You allow Tea & Co to debit").is_visible()
    assert "1904" not in page.evaluate("JSON.stringify(events)")


def test_a_debit_comes_back_pending(page: Page, mount: Mount) -> None:
    frame = mount()
    frame.get_by_role("tab", name="SEPA").click()
    expect(frame.get_by_text("You allow 127.0.0.1:")).to_be_visible()
    choose(frame, ACCOUNT)
    page.evaluate("void confirm()")
    page.wait_for_url("**/return?**")

    assert parse_qs(urlsplit(page.url).query)["redirect_status"] == ["pending"]


WRONG = {
    ("", "Ada", "a@b.test"): "incomplete_iban",
    ("AT61 1904", "Ada", "a@b.test"): "incomplete_iban",
    ("AT611904300234573202", "Ada", "a@b.test"): "invalid_iban",
    ("US611904300234573201", "Ada", "a@b.test"): "invalid_iban_country_code",
    (ACCOUNT, " ", "a@b.test"): "incomplete_name",
    (ACCOUNT, "Ada", "ada"): "incomplete_email",
}


def test_a_mistyped_account_is_refused_before_it_is_sent(
    app: Flask, page: Page, intent: Any, mount: Mount
) -> None:
    frame = mount()
    frame.get_by_role("tab", name="SEPA").click()
    for typed, code in WRONG.items():
        for field, text in zip(("iban", "name", "email"), typed, strict=True):
            frame.locator(f"#sepa_debit-{field}").fill(text)
        error = page.evaluate("elements.submit()")["error"]
        blamed = frame.locator("[aria-invalid=true]")
        expect(blamed).to_have_accessible_description(error["message"])
        expect(blamed).to_be_focused()
        assert (typed, error["code"]) == (typed, code)
    assert status_of(app, intent) == "requires_payment_method"


def test_an_account_is_written_in_groups(mount: Mount) -> None:
    frame = mount()
    frame.get_by_role("tab", name="SEPA").click()
    frame.get_by_label("IBAN").fill("at61 19043-00234573201")

    expect(frame.get_by_label("IBAN")).to_have_value("AT61 1904 3002 3457 3201")


@pytest.mark.parametrize(("button", "told"), [("Authorize", "succeeded"), ("Fail", "failed")])
def test_ideal_leaves_for_the_bank_and_comes_back(
    page: Page, mount: Mount, button: str, told: str
) -> None:
    mount().get_by_role("tab", name="iDEAL").click()
    page.evaluate("void confirm({redirect: 'if_required'})")
    page.get_by_role("button", name=button).click()
    page.wait_for_url("**/return?**")

    assert parse_qs(urlsplit(page.url).query)["redirect_status"] == [told]


def test_ideal_needs_somewhere_to_come_back_to(page: Page, mount: Mount) -> None:
    mount().get_by_role("tab", name="iDEAL").click()
    said = refused(page, "confirm({redirect: 'if_required', confirmParams: {}})")

    assert said.startswith("IntegrationError: confirmPayment needs confirmParams.return_url")


def test_an_accordion_may_begin_closed_and_has_to_be_opened(page: Page, mount: Mount) -> None:
    frame = mount(options={"layout": {"type": "accordion", "defaultCollapsed": True}})
    error = page.evaluate("elements.submit()")["error"]
    heads = frame.locator("button[aria-expanded]")
    frame.get_by_role("button", name="Card", exact=True).click()
    choose(frame, "4242424242424242")
    page.evaluate("elements.getElement('payment').collapse()")
    page.evaluate("until(() => events.at(-1).collapsed)")

    assert error["message"] == "Choose a way to pay."
    expect(frame.get_by_role("alert").filter(has_text="Choose a way to pay.")).to_be_visible()
    assert heads.count() == 3
    assert frame.get_by_role("region").count() == 0
    assert page.evaluate("events.at(-1).complete") is False


def test_the_page_decides_on_order_values_and_fields(page: Page, mount: Mount) -> None:
    frame = mount(
        options={
            "paymentMethodOrder": ["sepa_debit", "card"],
            "defaultValues": {"billingDetails": {"name": "Ada"}},
            "fields": {"billingDetails": {"email": "never"}},
            "terms": {"sepaDebit": "never"},
        }
    )
    choose(frame, ACCOUNT)
    forgotten = refused(page, HERE)
    details = "{payment_method_data: {billing_details: {email: 'ada@b.test'}}}"
    paid = page.evaluate(f"confirm({{redirect: 'if_required', confirmParams: {details}}})")

    assert names(frame) == ["SEPA Direct Debit", "Card", "iDEAL"]
    assert frame.get_by_label("name").input_value() == "Ada"
    assert frame.get_by_label("E-mail").is_hidden()
    assert frame.get_by_text("You allow").is_hidden()
    assert "billing_details.email" in forgotten
    assert paid["paymentIntent"]["status"] == "processing"


def test_a_read_only_element_can_be_opened_again(page: Page, mount: Mount) -> None:
    frame = mount(options={"readOnly": True})
    expect(frame.get_by_label("Card number")).to_be_disabled()
    expect(frame.get_by_role("tab", name="iDEAL")).to_be_disabled()
    page.evaluate("elements.getElement('payment').update({readOnly: false})")

    expect(frame.get_by_label("Card number")).to_be_enabled()
    expect(frame.get_by_role("tab", name="iDEAL")).to_be_enabled()


def test_fetched_updates_change_the_tabs(app: Flask, page: Page, intent: Any, mount: Mount) -> None:
    frame = mount()
    sandbox_of(app).change(intent, payment_method_types=["card", "sepa_debit"])
    page.evaluate("elements.fetchUpdates()")
    expect(frame.get_by_role("tab")).to_have_text(["Card", "SEPA Direct Debit"])
    sandbox_of(app).change(intent, payment_method_types=["card"])
    page.evaluate("elements.fetchUpdates()")

    expect(frame.get_by_role("tab")).to_have_count(0)
    expect(frame.get_by_label("Card number")).to_be_visible()


def test_methods_that_the_sandbox_lacks_are_a_loaderror(
    app: Flask, page: Page, intent: Any
) -> None:
    sandbox_of(app).change(intent, payment_method_types=["klarna"])
    page.evaluate("secret => start(secret)", intent["client_secret"])
    page.evaluate("until(() => events.at(-1)?.type === 'loaderror')")

    assert "none of the payment method types" in page.evaluate("events.at(-1).error.message")


def test_an_element_without_an_intent_pays_one_of_the_same_amount(
    page: Page, intent: Any, mount: Mount
) -> None:
    group = {"mode": "payment", "amount": 900, "currency": "EUR"}
    frame = mount(group=group, options={"paymentMethodOrder": ["card"]})
    choose(frame, "4242424242424242")
    call = f"confirm({{redirect: 'if_required', clientSecret: '{intent['client_secret']}'}})"
    too_soon = refused(page, call)
    page.evaluate("elements.submit()")
    too_little = refused(page, call)
    page.evaluate("elements.update({amount: 1000})")

    assert names(frame) == ["Card", "iDEAL", "SEPA Direct Debit"]
    assert "elements.submit()" in too_soon
    assert "1000 eur" in too_little
    assert page.evaluate(call)["paymentIntent"]["status"] == "succeeded"


def test_the_language_can_be_changed(page: Page, mount: Mount) -> None:
    frame = mount()
    page.evaluate("elements.on('update-end', () => events.push({type: 'update-end'}))")
    page.evaluate("elements.update({locale: 'zh-TW'})")

    expect(frame.get_by_role("tab")).to_have_text(["卡片", "iDEAL", "SEPA 直接扣款"])
    assert page.evaluate("events.some(({type}) => type === 'update-end')")


def test_an_element_can_be_moved_and_destroyed(page: Page, mount: Mount) -> None:
    mount()
    page.evaluate("elements.getElement('payment').unmount()")
    assert page.locator("iframe").count() == 0
    page.evaluate("events.length = 0")
    mounting = "element.on('loaderstart', (event) => events.push(event)).mount('#element')"
    page.evaluate(f"((element) => {mounting})(elements.getElement('payment'))")
    page.evaluate("until(() => events.some(({type}) => type === 'ready'))")
    page.evaluate("elements.getElement('payment').destroy()")

    assert page.evaluate("events[0]") == {"elementType": "payment"}
    assert page.evaluate("elements.getElement('payment')") is None
    assert page.evaluate("elements.create('payment') !== null")
