"""One line per call to Stripe: what became of it, and under which name Stripe knows it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter

from storefront.gateway import Gateway, GatewayUnavailable
from storefront.lifecycle import Flow
from tests.shop import Shop

CALL = re.compile(r"call=(\S+) outcome=(\S+) stripe_request=(\S+) ms=\d+")


class CutOff(BaseAdapter):
    """A transport during which gunicorn ends the process."""

    def send(self, request: PreparedRequest, *_: Any, **__: Any) -> Response:  # type: ignore[override]
        raise SystemExit(1)

    def close(self) -> None:
        """Close nothing."""


def calls(caplog: pytest.LogCaptureFixture) -> list[tuple[str, ...]]:
    return CALL.findall(caplog.text)


@pytest.fixture(autouse=True)
def listening(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "storefront.gateway")


def test_a_call_is_logged_with_stripes_own_id(
    sqlite_shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    sqlite_shop.visitor().buy()

    [(call, outcome, request)] = calls(caplog)
    assert (call, outcome) == ("PaymentIntentService.create", "ok")
    assert request.startswith("req_")


def test_so_is_one_that_stripe_refuses(sqlite_shop: Shop, caplog: pytest.LogCaptureFixture) -> None:
    sqlite_shop.visitor().buy()
    gateway: Gateway = sqlite_shop.app.extensions["gateway"]

    with sqlite_shop.app.app_context(), pytest.raises(Exception, match="No such"):
        gateway.retrieve(Flow.PAYMENT_INTENT, "pi_nobodys")

    (_, _, before), (_, outcome, request) = calls(caplog)
    assert outcome == "resource_missing"
    assert request.startswith("req_")
    assert request != before


def test_one_that_never_arrives_has_none(
    sqlite_shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    sqlite_shop.visitor().buy()
    gateway: Gateway = sqlite_shop.app.extensions["gateway"]
    sqlite_shop.sandbox.faults.add("/v1/", "timeout_before", 2)

    with sqlite_shop.app.app_context(), pytest.raises(GatewayUnavailable):
        gateway.retrieve(Flow.PAYMENT_INTENT, "pi_nobodys")

    assert calls(caplog)[-1][1:] == ("APIConnectionError", "None")


def test_one_that_is_cut_off_is_not_called_ok(
    sqlite_shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite_shop.app.app_context(), pytest.raises(SystemExit):
        Gateway(sqlite_shop.settings, CutOff()).retrieve(Flow.PAYMENT_INTENT, "pi_1")

    assert calls(caplog)[-1][1:] == ("SystemExit", "None")
