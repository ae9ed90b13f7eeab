"""The control panel's page: what one glance tells, and that it tells no secret."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.sandbox.conftest import World, listen


@pytest.fixture
def browser(world: World) -> FlaskClient:
    return world.app.test_client()


def glance(browser: FlaskClient) -> list[str]:
    """Return the four tiles, as they are read."""
    tiles = re.findall(r"<dd>(.*?)</dd>", browser.get("/_sandbox/").text, re.DOTALL)[:4]
    return [" ".join(re.sub(r"<[^>]+>", " ", tile).split()) for tile in tiles]


def test_one_glance_tells_that_all_is_well(browser: FlaskClient) -> None:
    deliveries, rules, failed, clock = glance(browser)

    assert deliveries == "Flowing 0 waiting Hold all"
    assert rules == "None active nothing goes wrong on purpose"
    assert failed.startswith("Nothing")
    assert "not advanced" in clock


def test_one_glance_tells_what_is_held_which_rules_act_and_what_failed(
    world: World, browser: FlaskClient
) -> None:
    listen(world)
    world.control("rules", kind="hold", type="charge.*")
    world.control("rules", kind="409", path="/v1/refunds", times=2)
    world.control("clock/advance", seconds=5400)
    world.answers = [500]
    world.paid()
    world.sandbox.deliveries.drain()
    world.call("GET", "/v1/payment_intents/pi_x")

    deliveries, rules, failed, clock = glance(browser)

    assert deliveries.startswith("1 held 2 waiting")
    assert "2 active charge.* events wait until they are released" in rules
    assert "All calls of /v1/refunds… are answered 409" in rules
    assert failed == "1 delivery 1 to be tried again, 0 given up, 1 API call"
    assert "advanced by 1 h 30 min" in clock


def test_a_delivery_shows_its_attempts_and_what_can_be_done(
    world: World, browser: FlaskClient
) -> None:
    listen(world, "payment_intent.created")
    world.control("rules", kind="corrupt_signature", times=1)
    world.sandbox.deliveries._send = lambda *_: (400, b"<b>bad</b> signature")
    world.intent()
    [made] = world.sandbox.deliveries.drain()

    page = browser.get("/_sandbox/").text
    sent = browser.get(f"/_sandbox/deliveries/{made['id']}/attempts/0").text

    assert "spoiled: corrupt signature" in page
    assert "&lt;b&gt;bad&lt;/b&gt; signature" in page
    assert made["attempts"][0]["signature"] in page
    assert f'data-verb="deliveries/{made["id"]}/release"' in page
    assert sent.startswith("POST http://shop.test/v1/webhooks/stripe\nContent-Type: app")
    assert browser.get(f"/_sandbox/deliveries/{made['id']}/attempts/1").status_code == 404


def test_no_secret_and_no_card_number_is_shown(world: World, browser: FlaskClient) -> None:
    endpoint = listen(world)
    intent = world.intent()
    world.call(
        "POST",
        f"/v1/payment_intents/{intent.id}/confirm",
        "payment_method_data[type]=card&payment_method_data[card][number]=4242424242424242"
        "&payment_method_data%5Bcard%5D%5Bcvc%5D=987&payment_method_data[card][exp_month]=12"
        "&payment_method_data[card][exp_year]=2030&return_url=http://shop.test/",
    )
    [made, *_] = world.sandbox.deliveries.drain()

    requests = [f"requests/{request_id}" for request_id in world.sandbox.requests]
    paths = ["", *requests, f"objects/{intent.id}", f"deliveries/{made['id']}/attempts/0"]
    seen = "".join(browser.get(f"/_sandbox/{path}").text for path in paths)

    assert len(seen) > 5000
    for secret in ("4242424242424242", "987&", "=987", endpoint.secret, intent.client_secret):
        assert secret not in seen
    assert "[card][number]=••••" in seen
    assert f"{intent.id}_secret_••••" in seen


def test_objects_offer_what_can_happen_to_them(world: World, browser: FlaskClient) -> None:
    charge = world.paid().latest_charge
    refund = world.stripe.refunds.create({"payment_intent": world.paid("pm_card_pendingRefund").id})
    world.paid("pm_card_createDispute")
    [dispute] = world.stripe.disputes.list().data
    session = world.checkout()
    page = browser.get("/_sandbox/").text

    assert f'data-verb="charges/{charge}/dispute"' in page
    assert f'data-verb="checkout/sessions/{session.id}/expire"' in page
    for verb in (f"refunds/{refund.id}/fail", f"refunds/{refund.id}/ask"):
        assert f'data-verb="{verb}"' in page
    for verb in (f"disputes/{dispute.id}/win", f"disputes/{dispute.id}/lose"):
        assert f'data-verb="{verb}"' in page


@pytest.mark.parametrize("verb", ["dispute", "fail", "expire", "win"])
def test_what_happens_to_an_object_is_told_as_an_event(world: World, verb: str) -> None:
    intent = world.paid()
    refund = world.stripe.refunds.create({"payment_intent": intent.id, "amount": 100})
    world.paid("pm_card_createDispute")
    [dispute] = world.stripe.disputes.list().data
    path, kind = {
        "dispute": (f"charges/{intent.latest_charge}/dispute", "charge.dispute.created"),
        "win": (f"disputes/{dispute.id}/win", "charge.dispute.closed"),
        "fail": (f"refunds/{refund.id}/fail", "refund.failed"),
        "expire": (f"checkout/sessions/{world.checkout().id}/expire", "checkout.session.expired"),
    }[verb]
    told = world.event_types().count(kind)

    once, again = world.control(path), world.control(path)

    assert (once.status_code, again.status_code) == (200, 400)
    assert world.event_types().count(kind) == told + 1


def version(browser: FlaskClient) -> Any:
    found = re.search(r'data-version="([^"]+)"', browser.get("/_sandbox/").text)
    return found and found[1]


def test_news_is_sent_only_when_there_is_some(world: World, browser: FlaskClient) -> None:
    seen = version(browser)
    quiet = browser.get("/_sandbox/live", query_string={"seen": seen})
    world.intent()
    news = browser.get("/_sandbox/live", query_string={"seen": seen})

    assert (quiet.status_code, quiet.data) == (204, b"")
    assert "payment_intent.created" in news.text
    assert version(browser) != seen


def test_the_page_runs_no_inline_code_and_labels_every_field(browser: FlaskClient) -> None:
    answer = browser.get("/_sandbox/")

    assert "unsafe" not in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script(?![^>]*src=)|\son\w+=|style=", answer.text)
    fields = re.findall(r"<(?:input|select|textarea)(?![^>]*type=.hidden)[^>]*name=", answer.text)
    labelled = re.findall(
        r"<label[^>]*>[^<]*(?:<code>.*?</code>[^<]*(?:<br>)?[^<]*)?<(?:input|select|textarea)",
        answer.text,
    )
    assert len(fields) == len(labelled) > 10


def test_every_event_is_on_one_of_the_pages(world: World, browser: FlaskClient) -> None:
    for _ in range(70):
        world.intent()
    pages, link = [], "/_sandbox/"
    while link:
        pages.append(browser.get(link).text)
        found = re.search(r'href="(/_sandbox/\?before=evt_\w+)', pages[-1])
        link = found[1] if found else ""
    ids = [name for page in pages for name in re.findall(r'<details id="(evt_\w+)"', page)]

    assert len(pages) == 3
    assert ids == [event["id"] for event in world.sandbox.newest_first("event")]
    assert "Nothing older" in browser.get("/_sandbox/live?before=evt_forgotten").text


def test_times_have_dates_once_the_clock_was_advanced(world: World, browser: FlaskClient) -> None:
    before = browser.get("/_sandbox/").text
    world.control("clock/advance", seconds=7 * 86400)

    assert "2027-01-22 08:00:00" not in before
    assert "2027-01-22 08:00:00" in browser.get("/_sandbox/").text
