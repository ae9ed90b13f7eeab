"""What all of Stripe's endpoints have in common."""

from email.utils import parsedate_to_datetime

import pytest
import requests
import stripe

from stripe_sandbox.app import RESOURCES
from stripe_sandbox.protocol import forms
from stripe_sandbox.protocol.errors import StripeError
from tests.sandbox.conftest import BASE, START, World

NEW = "amount=1000&currency=usd"


def error(answer: requests.Response) -> dict[str, str]:
    return answer.json()["error"]


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a=1&b=2", {"a": "1", "b": "2"}),
        ("a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        ("a[1]=y&a[0]=x", {"a": {"1": "y", "0": "x"}}),
        ("a[][b]=1&a[][c]=2&a[][b]=3", {"a": {"0": {"b": "1", "c": "2"}, "1": {"b": "3"}}}),
        ("a%5Bb%5D%5B0%5D%5Bc%5D=1", {"a": {"b": {"0": {"c": "1"}}}}),
        ("a=&b=%2B+%C3%A9", {"a": "", "b": "+ é"}),
    ],
)
def test_forms_are_read_as_stripe_reads_them(text: str, tree: object) -> None:
    assert forms.decode(text) == tree


@pytest.mark.parametrize("text", ["a=1&a[b]=2", "a[b]=2&a=1", "[a]=1", "a[b=1", "a=%ff", "a[b]c=1"])
def test_a_form_that_contradicts_itself_is_a_400(text: str) -> None:
    with pytest.raises(StripeError) as raised:
        forms.decode(text)
    assert raised.value.status == 400


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        ("Bearer sk_test_x", 200),
        ("Basic c2tfdGVzdF94Og==", 200),
        ("Bearer sk_live_x", 401),
        ("Bearer rk_live_x", 401),
        ("Bearer rk_test_x", 401),
        ("Bearer nonsense", 401),
        ("Bearer pk_test_x", 401),
        ("Bearer sk_test_", 401),
    ],
)
def test_only_test_keys_open_the_door(world: World, authorization: str, status: int) -> None:
    answer = world.call("GET", "/v1/payment_intents", Authorization=authorization)

    assert answer.status_code == status


def test_no_key_is_a_401_that_says_how(world: World) -> None:
    answer = world.session.get(f"{BASE}/v1/payment_intents")

    assert answer.status_code == 401
    assert "Bearer" in error(answer)["message"]


def test_an_unknown_key_is_not_repeated_in_the_answer(world: World) -> None:
    answer = world.call("GET", "/v1/charges", Authorization="Bearer sk_wrong_ABCDEFGHIJKLMNOP")

    assert "ABCDEFGH" not in answer.text


def test_a_secret_key_from_a_web_page_is_refused(world: World) -> None:
    answer = world.call("POST", "/v1/payment_intents", NEW, Origin="http://evil.test")

    assert answer.status_code == 403


def test_a_rebound_host_name_is_refused(world: World) -> None:
    assert world.call("GET", "/v1/events", Host="evil.test:4242").status_code == 403


def test_every_answer_carries_stripes_headers(world: World) -> None:
    answer = world.call(
        "POST", "/v1/payment_intents", NEW, Idempotency_Key="k", Stripe_Version="2026-10-28.endive"
    )

    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["Stripe-Version"] == "2026-10-28.endive"
    assert answer.headers["Idempotency-Key"] == "k"
    assert parsedate_to_datetime(answer.headers["Date"]).timestamp() == START


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        ("amount=1000", "parameter_missing", "currency"),
        (NEW + "&colour=red", "parameter_unknown", "colour"),
        (NEW + "&shipping[shoe]=1", "parameter_unknown", "shipping[shoe]"),
        ("amount=10.5&currency=usd", "parameter_invalid_integer", "amount"),
        ("amount=１&currency=usd", "parameter_invalid_integer", "amount"),
        ("amount=&currency=usd", "parameter_invalid_empty", "amount"),
        ("amount=1&currency=usd", "amount_too_small", "amount"),
        ("amount=100000000&currency=usd", "amount_too_large", "amount"),
        ("amount=49&currency=jpy", "amount_too_small", "amount"),
        ("amount=1001&currency=kwd", "invalid_charge_amount", "amount"),
        ("amount=1000&currency=zzz", None, "currency"),
        (NEW + "&confirm=maybe", None, "confirm"),
        (NEW + "&capture_method=later", None, "capture_method"),
        (NEW + "&metadata=x", None, "metadata"),
        (NEW + "&allowed_payment_method_types=card", None, "allowed_payment_method_types"),
        ("amount[a]=1&currency=usd", "parameter_invalid_integer", "amount"),
    ],
)
def test_a_wrong_parameter_is_named(world: World, body: str, code: str | None, param: str) -> None:
    answer = world.call("POST", "/v1/payment_intents", body)

    assert answer.status_code == 400
    assert (error(answer).get("code"), error(answer)["param"]) == (code, param)
    assert error(answer)["type"] == "invalid_request_error"


def test_an_error_links_to_what_was_asked(world: World) -> None:
    answer = world.call("POST", "/v1/payment_intents", "amount=1")

    log = world.session.get(error(answer)["request_log_url"]).json()

    assert (log["path"], log["status"]) == ("/v1/payment_intents", 400)


def test_an_unknown_id_is_a_404(world: World) -> None:
    with pytest.raises(stripe.InvalidRequestError) as raised:
        world.stripe.payment_intents.retrieve("pi_nothing")

    assert (raised.value.http_status, raised.value.code) == (404, "resource_missing")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nonsense", 404),
        ("GET", "/v1/invoices", 501),
        ("POST", "/v1/customers/cus_1/nonsense", 404),
        ("POST", "/v1/payment_intents/pi_1/increment_authorization", 501),
        ("GET", "/v1/subscriptions/search", 501),
        ("DELETE", "/v1/payment_intents", 404),
        ("PUT", "/v1/payment_intents/pi_1", 404),
        ("GET", "/v1", 404),
        ("GET", "/v2/core/events", 501),
    ],
)
def test_what_stripe_has_and_we_lack_says_so(
    world: World, method: str, path: str, status: int
) -> None:
    answer = world.call(method, path)

    assert answer.status_code == status
    assert ("the sandbox does not" in error(answer)["message"]) == (status == 501)
    assert answer.headers.get("Stripe-Should-Retry") == "false"


@pytest.mark.parametrize(
    ("version", "status"),
    [(None, 200), ("2024-06-20", 200), ("2026-10-28.endive", 400), ("2027-01-01.fig", 400)],
)
def test_endive_refuses_payment_method_types(
    world: World, version: str | None, status: int
) -> None:
    headers = {"Stripe_Version": version} if version else {}

    body = f"{NEW}&payment_method_types[]=card"
    answer = world.call("POST", "/v1/payment_intents", body, **headers)

    assert answer.status_code == status
    if status == 400:
        assert error(answer)["code"] == "payment_method_types_no_longer_supported"


@pytest.mark.parametrize(("name", "status"), [("klarna", 501), ("gold", 400)])
@pytest.mark.parametrize("path", ["payment_intents", "checkout/sessions"])
def test_what_is_no_way_to_pay_here_is_not_accepted(
    world: World, path: str, name: str, status: int
) -> None:
    item = "line_items[0][price_data]"
    price = f"{item}[currency]=usd&{item}[unit_amount]=700&{item}[product_data][name]=Tea"
    session = f"mode=payment&success_url=http://x.test&line_items[0][quantity]=1&{price}"
    body = NEW if path == "payment_intents" else session

    answer = world.call("POST", f"/v1/{path}", f"{body}&payment_method_types[]={name}")

    assert answer.status_code == status
    assert error(answer)["param"].startswith("payment_method_types")


def test_a_version_that_is_none_is_refused(world: World) -> None:
    assert world.call("GET", "/v1/events", Stripe_Version="latest").status_code == 400


def test_a_body_over_a_megabyte_is_refused(world: World) -> None:
    answer = world.call("POST", "/v1/payment_intents", "a=" + "x" * 1024 * 1024)

    assert answer.status_code == 413


def test_a_browser_sees_its_intent_and_nothing_else(world: World) -> None:
    intent = world.intent(metadata={"secret": "x"})
    url = f"{BASE}/v1/payment_intents/{intent.id}"
    key = {"key": "pk_test_x", "client_secret": intent.client_secret}
    origin = {"Origin": "http://127.0.0.1:8000"}

    seen = world.session.get(url, params=key, headers=origin)
    blind = world.session.get(url, params={"key": "pk_test_x"}, headers=origin)
    wrong = world.session.get(url, params={**key, "client_secret": "pi_x_secret_y"})
    listing = world.session.get(f"{BASE}/v1/payment_intents", params={"key": "pk_test_x"})

    assert seen.headers["Access-Control-Allow-Origin"] == "*"
    assert seen.json()["status"] == "requires_payment_method"
    assert "metadata" not in seen.json()
    assert [blind.status_code, wrong.status_code, listing.status_code] == [400, 404, 401]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("capture_method", "manual"),
        ("off_session", "true"),
        ("payment_method_options[card][request_three_d_secure]", "any"),
        ("statement_descriptor", "TEA"),
        ("expand[]", "payment_method.customer"),
        ("expand[]", "latest_charge"),
    ],
)
def test_a_browser_decides_nothing_but_how_to_pay(world: World, name: str, value: str) -> None:
    ann = world.stripe.customers.create({"email": "ann@secret.test"})
    saved = world.stripe.payment_methods.attach("pm_card_visa", {"customer": ann.id})
    intent = world.intent(customer=ann.id, payment_method=saved.id)
    form = {"key": "pk_test_x", "client_secret": intent.client_secret, name: value}

    answer = world.session.post(f"{BASE}/v1/payment_intents/{intent.id}/confirm", data=form)

    assert (answer.status_code, error(answer)["param"]) == (400, name.partition("[")[0])
    assert "ann@secret.test" not in answer.text
    assert world.stripe.payment_intents.retrieve(intent.id).status == "requires_confirmation"


def test_a_browser_sees_how_it_pays(world: World) -> None:
    intent = world.intent(payment_method="pm_card_visa")
    form = {"key": "pk_test_x", "client_secret": intent.client_secret}
    form["expand[]"] = "payment_method"

    answer = world.session.get(f"{BASE}/v1/payment_intents/{intent.id}", params=form)

    assert answer.json()["payment_method"]["card"]["last4"] == "4242"


def test_every_endpoint_for_browsers_says_what_they_may_send(world: World) -> None:
    for endpoint in (
        one for resource in RESOURCES for one in resource.endpoints if one.is_for_browsers
    ):
        path = endpoint.route.split(" ")[1].replace("{}", "pi_1")
        answer = world.session.request(
            endpoint.method, f"{BASE}{path}?key=pk_test_x&expand[]=customer"
        )
        assert answer.status_code == 400


def test_a_preflight_is_answered(world: World) -> None:
    answer = world.session.options(
        f"{BASE}/v1/payment_intents/pi_x/confirm",
        headers={"Origin": "http://x", "Access-Control-Request-Method": "POST"},
    )

    assert answer.status_code == 204
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]


def test_an_empty_id_asks_for_the_list(world: World) -> None:
    intent = world.intent()

    answer = world.call("GET", "/v1/payment_intents/")

    assert [row["id"] for row in answer.json()["data"]] == [intent.id]


def test_parameters_that_are_no_form_are_refused(world: World) -> None:
    answer = world.call(
        "POST", "/v1/payment_intents", '{"amount": 500}', Content_Type="application/json"
    )

    assert answer.status_code == 400
    assert "Content-Type" in error(answer)["message"]


def test_nobody_has_connected_accounts(world: World) -> None:
    answer = world.call("POST", "/v1/payment_intents", NEW, Stripe_Account="acct_1")

    assert (answer.status_code, error(answer)["code"]) == (403, "account_invalid")
