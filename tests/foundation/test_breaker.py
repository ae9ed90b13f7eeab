"""The breaker by itself: when it opens, who may ask whether Stripe is back, and what closes it."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from storefront.breaker import FAILURES, LONGEST_QUEUE, PAUSE, WINDOW, Breaker
from storefront.gateway_errors import (
    Declined,
    GatewayBusy,
    GatewayError,
    GatewayMisuse,
    GatewayUnavailable,
)

AWAY = GatewayUnavailable("No answer.", code="no_answer")


class Watched:
    """A breaker whose time a test winds; `asked` counts the calls that went through."""

    def __init__(self, threads: int = 16) -> None:
        self.now, self.asked = 0.0, 0
        self.breaker = Breaker(lambda: self.now, threads=threads)

    def call(self, fails_with: BaseException | None = None) -> None:
        with self.breaker.passage():
            self.asked += 1
            if fails_with:
                raise fails_with

    def fail(self, times: int = FAILURES, *, apart: float = 0.0) -> None:
        for _ in range(times):
            with pytest.raises(GatewayUnavailable):
                self.call(AWAY)
            self.now += apart

    @property
    def is_open(self) -> bool:
        """Whether a call is turned away; one that isn't leaves no trace."""
        try:
            self.call(KeyboardInterrupt())
        except GatewayUnavailable as error:
            return error.code == "breaker_open"
        except KeyboardInterrupt:
            return False
        raise AssertionError


@pytest.fixture
def stripe() -> Watched:
    return Watched()


def test_five_failures_within_ten_seconds_open_it(stripe: Watched):
    """ST-05: then nothing is asked, and the error says when to come back."""
    stripe.fail(4, apart=1)
    assert not stripe.is_open
    stripe.fail(1)
    asked = stripe.asked

    with pytest.raises(GatewayUnavailable) as refusal:
        stripe.call()

    assert (refusal.value.code, refusal.value.retry_after) == ("breaker_open", PAUSE)
    assert stripe.asked == asked


def test_five_failures_over_a_longer_time_do_not(stripe: Watched):
    stripe.fail(20, apart=WINDOW / (FAILURES - 1) + 0.1)

    assert not stripe.is_open


@pytest.mark.parametrize(
    "answer", [None, Declined("No."), GatewayMisuse("No."), GatewayBusy("Not now.")]
)
def test_any_answer_between_failures_keeps_it_closed(stripe: Watched, answer: GatewayError | None):
    """A refusal comes from a Stripe that is there."""
    for _ in range(5):
        stripe.fail(4)
        if answer:
            with pytest.raises(type(answer)):
                stripe.call(answer)
        else:
            stripe.call()

    assert not stripe.is_open


def test_a_mistake_of_ours_tells_nothing_about_stripe(stripe: Watched):
    stripe.fail(4)
    with pytest.raises(ZeroDivisionError):
        stripe.call(ZeroDivisionError())
    stripe.fail(1)

    assert stripe.is_open


def test_after_a_pause_one_call_finds_out_and_an_answer_closes_it(
    stripe: Watched, caplog: pytest.LogCaptureFixture
):
    caplog.set_level("WARNING", "storefront.breaker")
    stripe.fail()
    stripe.now += PAUSE

    stripe.call()
    stripe.call()

    assert [record.getMessage() for record in caplog.records] == [
        "breaker=open seconds=10",
        "breaker=half-open",
        "breaker=closed",
    ]


def test_a_probe_that_fails_opens_it_for_another_pause(stripe: Watched):
    stripe.fail()
    stripe.now += PAUSE
    stripe.fail(1)

    stripe.now += PAUSE - 1
    assert stripe.is_open
    stripe.now += 1
    stripe.call()
    assert not stripe.is_open


def test_a_probe_that_is_broken_off_leaves_the_question_to_the_next(stripe: Watched):
    stripe.fail()
    stripe.now += PAUSE
    with pytest.raises(SystemExit):
        stripe.call(SystemExit())

    stripe.call()

    assert not stripe.is_open


def test_of_many_threads_one_is_the_probe(stripe: Watched):
    stripe.fail()
    stripe.now += PAUSE
    asked, barrier, may_end = stripe.asked, Barrier(8), Event()

    def call(_: int) -> str:
        barrier.wait(60)
        try:
            with stripe.breaker.passage():
                stripe.asked += 1
                may_end.wait(60)
        except GatewayUnavailable as error:
            return str(error.code)
        return "asked"

    with ThreadPoolExecutor(8) as pool:
        answers = [pool.submit(call, number) for number in range(8)]
        while sum(each.done() for each in answers) < 7:
            time.sleep(0.001)
        may_end.set()

    assert sorted(each.result() for each in answers) == ["asked", *["breaker_open"] * 7]
    assert stripe.asked == asked + 1


def test_calls_that_hang_leave_a_quarter_of_the_threads_to_pages():
    """ST-11: before the breaker knows, the fourth of four threads is turned away."""
    stripe, hanging, may_end = Watched(threads=4), Barrier(4), Event()

    def hang() -> None:
        with stripe.breaker.passage():
            hanging.wait(60)
            may_end.wait(60)

    threads = [threading.Thread(target=hang) for _ in range(3)]
    for thread in threads:
        thread.start()
    hanging.wait(60)

    began = time.monotonic()
    with pytest.raises(GatewayUnavailable) as refusal:
        stripe.call()
    assert refusal.value.code == "breaker_full"
    assert time.monotonic() - began < LONGEST_QUEUE + 0.5

    may_end.set()
    for thread in threads:
        thread.join()
    stripe.call()
