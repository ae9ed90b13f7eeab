"""Stripe is away, or asked too often: the shop asks once more, then not at all for a while."""

from __future__ import annotations

from http import HTTPStatus

import pytest

from storefront.breaker import FAILURES, PAUSE
from storefront.config import CONNECT_SECONDS, READ_SECONDS, TIME_BUDGET
from storefront.gateway import LONGEST_PAUSE
from storefront.models import Payment
from tests.api.caller import Caller
from tests.checkout.meanwhile import around_a_call, calls_to_stripe
from tests.checkout.test_two_tabs import FLOWS, START
from tests.shop import Shop, Visitor

ALWAYS = 1000
TOO_MANY = {"path": "/v1/", "times": 1}
# After so long a first answer, a second after a pause of one second still comes in time.
IN_TIME = TIME_BUDGET - CONNECT_SECONDS - READ_SECONDS - 1


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were made, without the waiting."""
    made: list[float] = []
    monkeypatch.setattr("time.sleep", made.append)
    return made


def filled(shop: Shop) -> Visitor:
    visitor = shop.visitor()
    visitor.add()
    return visitor


def go_away(shop: Shop, flow: str = "payment_intent") -> tuple[Visitor, str]:
    """Let Stripe go away, and one shopper find out by trying again and again."""
    shop.sandbox.faults.add("/v1/", "timeout_before", ALWAYS)
    visitor = filled(shop)
    visitor.checkout(flow)
    [order] = visitor.orders()
    for _ in range(FAILURES - 1):
        visitor.post(f"/orders/{order.token}/{START[flow]}")
    return visitor, order.token


@pytest.mark.parametrize(("told", "pause"), [(None, 0.5), (1, 1), (2, 2)])
def test_too_many_requests_are_waited_out_once(
    sqlite_shop: Shop, pauses: list[float], told: int | None, pause: float
):
    """ST-05: for as long as Stripe says, and nobody notices."""
    sqlite_shop.sandbox.rules.add("429", **TOO_MANY, retry_after=told)

    assert filled(sqlite_shop).checkout().status_code == 303

    assert pauses == [pause]
    assert len(sqlite_shop.at_stripe("payment_intent")) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"times": 2, "retry_after": 1}, ([1], "1")),
        ({"retry_after": LONGEST_PAUSE + 1}, ([], str(LONGEST_PAUSE + 1))),
        ({"should_retry": False}, ([], "5")),
    ],
    ids=["again after the pause", "for longer than a shopper waits", "and Stripe says don't"],
)
def test_what_can_not_be_waited_out_is_told_at_once(
    sqlite_shop: Shop,
    pauses: list[float],
    options: dict[str, object],
    told: tuple[list[float], str],
):
    """ST-05: 503, and when to come back; the order is as safe as ever."""
    sqlite_shop.sandbox.rules.add("429", **{**TOO_MANY, **options})
    visitor = filled(sqlite_shop)

    answer = visitor.checkout()

    assert answer.status_code == 503
    assert (pauses, answer.headers["Retry-After"]) == told
    assert "is safe and you were not charged" in answer.text
    assert [payment.status for payment in visitor.orders()[0].payments] == ["pending"]


@pytest.mark.parametrize(("seconds", "status"), [(IN_TIME, 303), (IN_TIME + 0.1, 503)])
def test_the_pause_is_left_out_when_the_answer_took_too_long(
    sqlite_shop: Shop, seconds: float, status: int
):
    """CR-08: with its pause, a call ends within the time that it may take."""
    sqlite_shop.sandbox.rules.add("429", **TOO_MANY, retry_after=1)
    visitor = filled(sqlite_shop)

    def slowly() -> None:
        sqlite_shop.now += seconds

    with around_a_call(sqlite_shop, "/v1/payment_intents", after=slowly):
        assert visitor.checkout().status_code == status


@pytest.mark.parametrize("flow", FLOWS)
def test_while_stripe_is_away_nobody_waits_and_nobody_is_told_failed(sqlite_shop: Shop, flow: str):
    """ST-05, ST-11: the sixth attempt isn't made; what Stripe did with the others is unknown."""
    visitor, token = go_away(sqlite_shop, flow)

    with calls_to_stripe(sqlite_shop) as asked:
        answer = visitor.post(f"/orders/{token}/{START[flow]}")

    assert asked == []
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(int(PAUSE)))
    assert "Try again</button>" in answer.text
    [payment] = sqlite_shop.payments(token)
    assert (payment.status, payment.is_live) == ("pending", True)
    assert "Waiting for your payment" in visitor.get(f"/orders/{token}").text


def test_whoever_comes_back_meanwhile_reads_their_order_without_stripe(sqlite_shop: Shop):
    """ST-11: cart, status, a health check and the catalogue ask Stripe nothing."""
    visitor, token = go_away(sqlite_shop)
    pages = ("/", "/cart", f"/orders/{token}", f"/orders/{token}/status", "/healthz", "/readyz")

    with calls_to_stripe(sqlite_shop) as asked:
        answers = [visitor.get(page).status_code for page in pages]
        back = visitor.get(f"/return?order={token}")

    assert answers == [HTTPStatus.OK] * len(pages)
    assert back.headers["Location"] == f"/orders/{token}"
    assert asked == []


@pytest.mark.parametrize("flow", FLOWS)
def test_when_stripe_is_back_the_same_attempt_goes_on(sqlite_shop: Shop, flow: str):
    """ST-11: one probe, one object at Stripe, one charge."""
    visitor, token = go_away(sqlite_shop, flow)
    sqlite_shop.sandbox.faults.clear()
    sqlite_shop.now += PAUSE

    assert visitor.post(f"/orders/{token}/{START[flow]}").status_code == 303
    sqlite_shop.pay(token)
    sqlite_shop.deliver()

    assert sqlite_shop.order(token).status == "paid"
    assert sqlite_shop.one(Payment).attempt == 1


def test_the_webhook_needs_no_stripe(sqlite_shop: Shop):
    """ST-11: what was paid before is applied while nothing can be asked."""
    paid = sqlite_shop.visitor().buy()
    sqlite_shop.pay(paid)
    go_away(sqlite_shop)

    assert "applied" in sqlite_shop.deliver()
    assert sqlite_shop.order(paid).status == "paid"


def test_a_program_is_told_the_same_in_its_own_words(sqlite_shop: Shop):
    """ST-05: the API's 503 says for how long, too."""
    go_away(sqlite_shop)
    caller = Caller(sqlite_shop)
    caller.put_into_cart()

    answer = caller.pay()

    assert answer.json["error"]["code"] == "PAYMENT_PROVIDER_UNAVAILABLE"
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, str(int(PAUSE)))
