"""Keys are claimed once and answers are kept for a day, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from storefront import answers
from storefront.answers import Answer, Claim, KeyReused, StillInFlight
from storefront.models import ApiAnswer
from tests.checkout.together import together
from tests.shop import Shop

SECRET = b'{"client_secret": "pi_1_secret_2"}'
CREATED = Answer(201, {"Content-Type": "application/json"}, SECRET)
DAY = 24 * 60 * 60


@pytest.fixture
def shop(database_url: str) -> Iterator[Shop]:
    """A shop on each database in turn."""
    with Shop(database_url) as running:
        yield running


def claim(shop: Shop, caller: str = "key_1", key: str = "k", request: str = "r") -> Claim | Answer:
    with shop.app.app_context():
        return answers.claim(caller, key, request)


def claimed(shop: Shop) -> Claim:
    found = claim(shop)
    assert isinstance(found, Claim)
    return found


def keep(shop: Shop, held: Claim, answer: Answer = CREATED) -> None:
    with shop.app.app_context():
        answers.keep(held, answer)


def prune(shop: Shop) -> int:
    with shop.app.app_context():
        return answers.prune()


def test_a_kept_answer_comes_back_byte_for_byte(shop: Shop):
    """AP-11."""
    keep(shop, claimed(shop))

    assert claim(shop) == CREATED


def test_of_eight_claims_at_once_one_succeeds(shop: Shop):
    """AP-11: the others learn that it is under way."""

    def attempt() -> str:
        try:
            return type(claim(shop)).__name__
        except StillInFlight:
            return "in flight"

    assert sorted(together(*[attempt] * 8)) == ["Claim"] + ["in flight"] * 7


def test_another_request_under_the_same_key_is_refused(shop: Shop):
    """AP-12: while the first is in flight, when it is stale, and when it is answered."""
    held = claimed(shop)
    for do in (lambda: None, lambda: wait(shop, 60), lambda: keep(shop, held)):
        do()
        with pytest.raises(KeyReused):
            claim(shop, request="other")


def test_callers_do_not_meet(shop: Shop):
    """AP-13."""
    keep(shop, claimed(shop))

    assert isinstance(claim(shop, caller="key_2", request="other"), Claim)


def test_a_claim_whose_holder_is_gone_can_be_taken_over_once(shop: Shop):
    """CR-04: what the late holder has to say then isn't kept."""
    late = claimed(shop)
    wait(shop, answers.LONGEST_REQUEST.total_seconds() - 1)
    with pytest.raises(StillInFlight):
        claim(shop)
    wait(shop, 1)

    held = claimed(shop)
    keep(shop, late, replace(CREATED, status=500))
    keep(shop, held)

    assert claim(shop) == CREATED


def test_a_released_key_can_be_claimed_again(shop: Shop):
    held = claimed(shop)
    with shop.app.app_context():
        answers.release(held)

    assert isinstance(claim(shop), Claim)


def test_a_kept_answer_cannot_be_released(shop: Shop):
    held = claimed(shop)
    keep(shop, held)
    with shop.app.app_context():
        answers.release(held)

    assert claim(shop) == CREATED


def test_after_a_day_the_key_is_anybodys(shop: Shop):
    keep(shop, claimed(shop))
    wait(shop, DAY - 1)
    assert claim(shop) == CREATED
    wait(shop, 1)

    assert isinstance(claim(shop, request="other"), Claim)


def test_old_answers_are_forgotten_in_batches(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(answers, "AT_MOST", 2)
    for number in range(3):
        claim(shop, key=str(number))
    wait(shop, DAY)
    claim(shop, key="young")

    assert [prune(shop) for _ in range(3)] == [2, 1, 0]
    assert [row.idempotency_key for row in shop.all(ApiAnswer)] == ["young"]


def test_the_work_command_forgets_them(sqlite_shop: Shop):
    claim(sqlite_shop)
    wait(sqlite_shop, DAY)

    assert sqlite_shop.app.test_cli_runner().invoke(args=["work"]).exit_code == 0

    assert sqlite_shop.all(ApiAnswer) == []


def test_what_is_stored_does_not_show_a_secret(sqlite_shop: Shop):
    keep(sqlite_shop, claimed(sqlite_shop))

    [row] = sqlite_shop.all(ApiAnswer)

    assert row.body
    assert b"secret" not in row.body


def rotated(url: str, *fallbacks: str) -> Callable[[], Claim | Answer]:
    return lambda: claim(Shop(url, secret_key="n" * 40, secret_key_fallbacks=fallbacks))


def test_answers_survive_a_change_of_the_secret_key(sqlite_shop: Shop, sqlite_url: str):
    """WS-14: as long as the old key is a fallback; then they are unreadable, and nothing runs."""
    keep(sqlite_shop, claimed(sqlite_shop))
    old = sqlite_shop.settings.secret_key

    assert rotated(sqlite_url, old)() == CREATED
    with pytest.raises(KeyReused, match="can't be read"):
        rotated(sqlite_url)()


def wait(shop: Shop, seconds: float) -> None:
    shop.now += seconds
