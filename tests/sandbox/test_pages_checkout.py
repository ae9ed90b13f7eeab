"""The hosted Checkout page, used as a browser without JavaScript uses it."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from stripe_sandbox.pages.amounts import amount_shown
from stripe_sandbox.pages.words import words
from tests.sandbox.conftest import World

GOOD = "4242 4242 4242 4242"
DECLINED = "4000 0000 0000 0002"
NEEDS_3DS = "4000002760003184"
NOTICE = "this is not Stripe, no money moves"


@pytest.fixture
def browser(world: World) -> FlaskClient:
    return world.app.test_client()


@pytest.fixture
def pay(browser: FlaskClient) -> Callable[..., Any]:
    def submit(session: Any, number: str = GOOD, **fields: str) -> Any:
        form = {"email": "ada@example.com", "number": number, "expiry": "12 / 34", "cvc": "123"}
        return browser.post(path_of(session), data=form | fields)

    return submit


def path_of(session: Any) -> str:
    return f"/c/pay/{session.id}"


def as_it_is(world: World, session: Any) -> Any:
    return world.stripe.checkout.sessions.retrieve(session.id)


def alerts(page: Any) -> list[str]:
    found = re.findall(r'<p[^>]*role="alert"[^>]*>([^<]+)</p>', page.text)
    return [text.replace("&#39;", "'") for text in found]


def test_the_page_shows_what_is_bought_and_says_it_is_not_stripe(
    world: World, browser: FlaskClient
) -> None:
    page = browser.get(urlsplit(world.checkout().url).path)

    assert page.status_code == 200
    assert "Tea" in page.text
    assert "Qty 2" in page.text
    assert page.text.count("$14.00") == 4
    assert NOTICE in page.text
    assert 'href="http://shop.test/cancel"' in page.text


def test_paying_leads_to_the_shop_with_the_session_id(world: World, pay: Any) -> None:
    session = world.checkout()
    answer = pay(session)

    assert answer.status_code == 303
    assert answer.location == f"http://shop.test/return?session={session.id}"
    paid = as_it_is(world, session)
    assert (paid.status, paid.payment_status) == ("complete", "paid")
    assert paid.customer_details.email == "ada@example.com"


def test_a_decline_is_said_beside_the_form_and_what_was_typed_stays(world: World, pay: Any) -> None:
    page = pay(world.checkout(), DECLINED)

    assert page.status_code == 200
    assert alerts(page) == ["Your card was declined."]
    assert f'value="{DECLINED}"' in page.text
    assert 'value="ada@example.com"' in page.text


def test_after_a_decline_another_card_pays_the_same_intent(world: World, pay: Any) -> None:
    session = world.checkout()
    pay(session, DECLINED)
    first = as_it_is(world, session).payment_intent
    answer = pay(session)

    assert answer.status_code == 303
    assert as_it_is(world, session).payment_intent == first
    assert len(world.stripe.charges.list({"payment_intent": first}).data) == 2


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"number": "4242 4242 4242 4241"}, "number"),
        ({"expiry": "13/34"}, "expiry"),
        ({"expiry": "soon"}, "expiry"),
        ({"expiry": "01/20"}, "expiry"),
        ({"cvc": "1"}, "cvc"),
        ({"email": "ada"}, "email"),
    ],
)
def test_a_mistyped_field_is_named(
    world: World, pay: Any, fields: dict[str, str], name: str
) -> None:
    page = pay(world.checkout(), **fields)

    assert alerts(page)
    assert re.search(rf'name="{name}"[^>]*aria-invalid="true"', page.text)
    assert page.text.count('aria-invalid="true"') == 1


@pytest.mark.parametrize("expiry", ["12/34", "12 / 2034", "1234", "12-34"])
def test_an_expiry_may_be_written_in_many_ways(world: World, pay: Any, expiry: str) -> None:
    assert pay(world.checkout(), expiry=expiry).status_code == 303


def test_a_double_click_makes_one_charge(world: World) -> None:
    """SH-01: both answers lead to the same place."""
    session = world.checkout()
    form = {"email": "ada@example.com", "number": GOOD, "expiry": "12 / 34", "cvc": "123"}

    def click(_: int) -> Any:
        return world.app.test_client().post(path_of(session), data=form)

    with ThreadPoolExecutor(8) as clicks:
        answers = list(clicks.map(click, range(8)))

    assert {answer.location for answer in answers} == {
        f"http://shop.test/return?session={session.id}"
    }
    assert len(world.stripe.charges.list().data) == 1
    assert world.event_types().count("checkout.session.completed") == 1


def test_a_paid_session_leads_on_to_the_shop(world: World, browser: FlaskClient, pay: Any) -> None:
    session = world.checkout()
    pay(session)
    page = browser.get(path_of(session))

    assert "This order is paid" in page.text
    assert f'href="http://shop.test/return?session={session.id}"' in page.text
    assert "<form" not in page.text


def test_an_expired_session_takes_no_card(world: World, browser: FlaskClient, pay: Any) -> None:
    session = world.checkout()
    world.stripe.checkout.sessions.expire(session.id)

    for page in (browser.get(path_of(session)), pay(session)):
        assert "has expired" in page.text
        assert 'href="http://shop.test/cancel"' in page.text
        assert "<form" not in page.text
    assert world.stripe.charges.list().data == []


def test_a_session_expires_by_time_alone(world: World, browser: FlaskClient) -> None:
    session = world.checkout()
    world.now += 24 * 3600 + 1

    assert "has expired" in browser.get(path_of(session)).text


def test_an_unknown_session_is_not_found(browser: FlaskClient) -> None:
    for answer in (browser.get("/c/pay/cs_test_x"), browser.post("/c/pay/cs_test_x")):
        assert answer.status_code == 404
        assert NOTICE in answer.text


def test_a_passed_challenge_leads_to_the_shop(world: World, browser: FlaskClient, pay: Any) -> None:
    session = world.checkout()
    challenge = urlsplit(pay(session, NEEDS_3DS).location).path
    onward = browser.post(challenge, data={"answer": "complete"})

    assert onward.location == f"http://shop.test/return?session={session.id}"
    assert as_it_is(world, session).status == "complete"


def test_a_failed_challenge_leads_back_to_the_page(
    world: World, browser: FlaskClient, pay: Any
) -> None:
    session = world.checkout()
    challenge = urlsplit(pay(session, NEEDS_3DS).location).path
    onward = browser.post(challenge, data={"answer": "fail"})
    page = browser.get(urlsplit(onward.location).path)

    assert "unable to authenticate" in alerts(page)[0]
    assert 'value="ada@example.com"' in page.text
    assert as_it_is(world, session).status == "open"


def test_a_challenge_left_alone_can_be_continued(
    world: World, browser: FlaskClient, pay: Any
) -> None:
    session = world.checkout()
    challenge = pay(session, NEEDS_3DS).location

    assert f'href="{challenge}"' in browser.get(path_of(session)).text


def test_card_data_is_neither_kept_nor_logged(
    world: World, pay: Any, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    pay(world.checkout(), DECLINED)
    pay(world.checkout(), GOOD, cvc="739")

    remembered = f"{world.sandbox.snapshot()} {world.sent} {caplog.text}"
    assert "4242" in remembered, "the last four digits are kept: the search can find something"
    assert not re.search(r"4242 ?4242|4000 ?0000|739\b", remembered)


def test_a_fixed_address_cannot_be_replaced(world: World, browser: FlaskClient, pay: Any) -> None:
    session = world.checkout(customer_email="fixed@example.com")
    page = browser.get(path_of(session))
    pay(session)

    assert re.search(r'value="fixed@example.com" readonly', page.text)
    details = as_it_is(world, session).customer_details
    assert details.email == "fixed@example.com"


def test_the_page_speaks_the_language_of_the_session_or_the_browser(
    world: World, browser: FlaskClient
) -> None:
    set_by_session = browser.get(path_of(world.checkout(locale="zh-TW")))
    set_by_browser = browser.get(
        path_of(world.checkout()), headers={"Accept-Language": "zh-TW,zh;q=0.9"}
    )

    for page in (set_by_session, set_by_browser):
        assert '<html lang="zh-TW">' in page.text
        assert "卡號" in page.text


def test_both_languages_say_everything() -> None:
    english, chinese = words("en"), words("zh-TW")

    assert english.keys() == chinese.keys()
    assert english["problems"].keys() <= chinese["problems"].keys()


@pytest.mark.parametrize(
    ("amount", "currency", "shown"),
    [
        (1400, "usd", "$14.00"),
        (1400, "jpy", "¥1,400"),
        (1_234_560, "kwd", "KWD\xa01,234.560"),
        (150_000, "twd", "NT$1,500"),
        (150_050, "twd", "NT$1,500.50"),
        (150, "isk", "ISK\xa01.50"),
        (99_999_999, "eur", "€999,999.99"),
    ],
)
def test_amounts_have_the_decimals_that_stripe_charges(
    amount: int, currency: str, shown: str
) -> None:
    """SH-19."""
    assert amount_shown(amount, currency, "en") == shown
