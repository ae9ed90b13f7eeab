"""What nobody should send: it is refused in JSON, and no card number in it is kept."""

import json
import re

import pytest
import requests

from tests.sandbox.conftest import World


def error(answer: requests.Response) -> dict[str, str]:
    return answer.json()["error"]


@pytest.mark.parametrize("index", ["0" * 5000, "9" * 10, "٣"])
def test_an_index_that_no_list_has_is_a_400(world: World, index: str) -> None:
    answer = world.call(
        "POST", "/v1/checkout/sessions", f"line_items[{index}][quantity]=1".encode()
    )

    assert answer.status_code == 400
    assert "line_items" in error(answer)["message"] + error(answer)["param"]


@pytest.mark.parametrize("name", ["Idempotency-Key", "Stripe-Version"])
def test_a_header_with_a_control_character_is_not_echoed(world: World, name: str) -> None:
    sent = {f"HTTP_{name.upper().replace('-', '_')}": "a\rb\x01"}
    headers = {"Authorization": "Bearer sk_test_x"}
    answer = world.app.test_client().post(
        "/v1/payment_intents", headers=headers, environ_overrides=sent
    )

    assert (answer.status_code, answer.content_type) == (400, "application/json")
    assert "\r" not in answer.headers.get(name, "")


def test_card_numbers_are_neither_logged_nor_kept(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    number = "4000000000000002"
    form = "type=card&card[exp_month]=12&card[exp_year]=2030&card[number]="
    caplog.set_level("DEBUG")

    made = world.call("POST", "/v1/payment_methods", form + number, Idempotency_Key="k")
    refused = world.call("POST", "/v1/payment_methods", f"{form}{number}&card[cvc]=x")

    assert (made.status_code, refused.status_code) == (200, 402)
    assert number not in caplog.text
    assert number not in json.dumps(world.sandbox.state.as_json())
    assert number not in str(world.sandbox.requests)


@pytest.mark.parametrize(
    ("call", "form"),
    [
        ("GET /v1/payment_methods/{number}", ""),
        ("GET /v1/{number}", ""),
        ("POST /v1/payment_methods", "type=card&card[number][]={number}"),
        ("POST /v1/payment_methods", "type=card&card[n%75mber]={number}"),
        ("POST /v1/payment_methods", "type=card&card[exp_year]={number}&card[exp_month]=1"),
        ("POST /v1/payment_methods", "type=card&card[exp_year]=4012-8888+8888 1881"),
        ("POST /v1/payment_methods", "type=card&card[{number}]=1"),
        ("POST /v1/payment_intents?currency={number}", "amount=1000"),
        (
            "POST /v1/payment_intents",
            "amount=1&description=" + "x" * 7950 + "&currency={number}",
        ),
        ("POST /v1/payment_methods", "type=card&card[exp_year]=" + "%34012888888881881"),
    ],
)
def test_a_card_number_in_the_wrong_place_is_not_kept_either(
    world: World, caplog: pytest.LogCaptureFixture, call: str, form: str
) -> None:
    number = "4012888888881881"
    caplog.set_level("INFO")
    method, path = call.format(number=number).split(" ")
    form = form.format(number=number)
    answer = world.call(method, path, form, Idempotency_Key="k")

    assert answer.status_code >= 400
    seen = [caplog.text, json.dumps(world.sandbox.state.as_json()), str(world.sandbox.requests)]
    assert not re.search("8888[- ]?8888|40128888", "".join(seen))
    assert path.partition("?")[0].split("4012")[0] in caplog.text
