"""The landing page, 3-D Secure, the script and the Element's frame; and the headers of them all."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from stripe_sandbox.resources.payment_intents import confirm
from tests.sandbox.conftest import World

NOTICE = "this is not Stripe, no money moves"
FRAME = "/elements/payment?origin=http://127.0.0.1:8000"


@pytest.fixture
def browser(world: World) -> FlaskClient:
    return world.app.test_client()


@pytest.fixture
def challenged(world: World) -> Any:
    return world.paid("pm_card_authenticationRequired")


@pytest.fixture
def challenge(challenged: Any) -> str:
    return path_of(challenged)


def path_of(intent: Any) -> str:
    return str(urlsplit(intent.next_action.redirect_to_url.url).path)


def test_the_landing_page_says_what_this_is_and_where_things_are(browser: FlaskClient) -> None:
    page = browser.get("/")

    assert NOTICE in page.text
    for place in ("/v1/", "/js/endive/stripe.js", "/_sandbox/deliveries", "/_sandbox/health"):
        assert place in page.text


def test_every_link_of_the_landing_page_leads_somewhere(browser: FlaskClient) -> None:
    links = [part.split('"')[0] for part in browser.get("/").text.split('href="')[1:]]

    assert len(links) > 3
    assert {link: browser.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_the_challenge_names_the_amount_and_the_card(browser: FlaskClient, challenge: str) -> None:
    page = browser.get(challenge)

    assert "$10.00" in page.text
    assert "Visa •••• 3184" in page.text
    assert "shop.test" in page.text
    assert NOTICE in page.text


@pytest.mark.parametrize(("answer", "status"), [("complete", "succeeded"), ("fail", "failed")])
def test_the_answer_leads_back_as_stripe_does(
    browser: FlaskClient, challenged: Any, answer: str, status: str
) -> None:
    onward = browser.post(path_of(challenged), data={"answer": answer}).location

    assert onward.startswith("http://shop.test/return?")
    assert parse_qs(urlsplit(onward).query) == {
        "payment_intent": [challenged.id],
        "payment_intent_client_secret": [challenged.client_secret],
        "redirect_status": [status],
    }


def test_a_second_answer_changes_nothing(
    world: World, browser: FlaskClient, challenged: Any, challenge: str
) -> None:
    first = browser.post(challenge, data={"answer": "complete"})
    second = browser.post(challenge, data={"answer": "fail"})

    assert second.location == first.location
    assert world.stripe.payment_intents.retrieve(challenged.id).status == "succeeded"
    assert "This check is over" in browser.get(challenge).text


def test_an_answer_without_a_choice_is_no_approval(
    world: World, browser: FlaskClient, challenged: Any, challenge: str
) -> None:
    browser.post(challenge)

    assert world.stripe.payment_intents.retrieve(challenged.id).status != "succeeded"


def test_a_challenge_of_nothing_is_not_found(browser: FlaskClient) -> None:
    assert browser.get("/3d_secure/pi_x").status_code == 404
    assert browser.post("/3d_secure/pi_x").status_code == 404


def test_no_page_runs_inline_code_or_can_be_framed(
    world: World, browser: FlaskClient, challenge: str
) -> None:
    checkout = urlsplit(world.checkout().url).path
    receipt = "/receipts/ch_x"
    for path in ("/", checkout, challenge, "/c/pay/cs_test_x", receipt):
        headers = browser.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"


def test_a_form_may_lead_to_its_shop_and_nowhere_else(
    world: World, browser: FlaskClient, challenge: str
) -> None:
    for path in (urlsplit(world.checkout().url).path, challenge):
        policy = browser.get(path).headers["Content-Security-Policy"]
        assert "form-action 'self' http://shop.test;" in policy


def test_the_element_may_be_framed_by_the_page_that_asks(browser: FlaskClient) -> None:
    page = browser.get(FRAME)

    assert "frame-ancestors http://127.0.0.1:8000" in page.headers["Content-Security-Policy"]
    assert "X-Frame-Options" not in page.headers
    assert page.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert NOTICE in page.text


def test_a_challenge_may_be_framed_by_the_page_that_asks_and_then_leads_nowhere(
    browser: FlaskClient, challenge: str
) -> None:
    inside = f"{challenge}?origin=http://shop.test"
    asked, answered = browser.get(inside), browser.post(inside, data={"answer": "complete"})

    for page in (asked, answered):
        assert "frame-ancestors http://shop.test" in page.headers["Content-Security-Policy"]
        assert 'data-origin="http://shop.test"' in page.text
        assert NOTICE in page.text
    assert "data-over" not in asked.text
    assert "data-over" in answered.text
    assert "client_secret" not in answered.text
    assert browser.get(f"{challenge}?origin=*").status_code == 400


def test_a_challenge_that_knows_no_way_back_says_where_to_go(
    world: World, browser: FlaskClient
) -> None:
    intent = world.intent()
    confirm(world.sandbox, intent.id, payment_method="pm_card_authenticationRequired")
    over = browser.post(f"/3d_secure/{intent.id}", data={"answer": "complete"})

    assert "Go back to the shop" in over.text


@pytest.mark.parametrize(
    "origin", ["", "*", "http://a.test; script-src *", "javascript:x", "http://a b", "//a.test"]
)
def test_what_is_no_origin_gets_no_element(browser: FlaskClient, origin: str) -> None:
    answer = browser.get("/elements/payment", query_string={"origin": origin})

    assert answer.status_code == 400


@pytest.mark.parametrize("path", ["/js/endive/stripe.js", "/v3/"])
def test_the_script_is_for_pages_of_any_origin(browser: FlaskClient, path: str) -> None:
    script = browser.get(path)

    assert script.mimetype == "text/javascript"
    assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert script.text.startswith("(() => {")
    assert "\nimport " not in script.text
    assert "\nexport " not in script.text
    again = browser.get(path, headers={"If-None-Match": script.headers["ETag"]})
    assert again.status_code == 304
