"""API versions and keys: which parameters an endpoint has depends on who calls in which version."""

import re
from functools import cache

from stripe_sandbox.protocol.errors import StripeError, invalid
from stripe_sandbox.protocol.parameters import HashReader
from stripe_sandbox.protocol.shapes import Json, parameters_of
from stripe_sandbox.sandbox import API_VERSION

_VERSION = re.compile(r"\A20[0-9]{2}-[0-9]{2}-[0-9]{2}(\.[a-z_0-9]+)?\Z")
_OF_BROWSERS = {"key": "string", "client_secret": "string", "_stripe_version": "string"}
_METHOD = "allow_redisplay billing_details card ideal metadata sepa_debit type"
_CONFIRMATION = """
    mandate_data payment_method payment_method_data receipt_email return_url setup_future_usage
    shipping use_stripe_sdk
"""
_FOR_BROWSERS = {
    "GET /v1/payment_intents/{}": "",
    "POST /v1/payment_intents/{}/confirm": _CONFIRMATION,
    "POST /v1/payment_methods": _METHOD,
}
"""What may come with a publishable key, which every shopper has."""
_EXPANDED_BY_BROWSERS = {"payment_method"}


def converted(
    given: Json, *, route: str, takes: str | None, version: str | None, is_publishable: bool
) -> Json:
    """Return the parameters of a request, converted; raise the 400 or 501 for what is wrong.

    `is_publishable` says that the key is one, which leaves decisions about the money to servers.

    `payment_method_types` went with endive: no version or an older one may still send it.
    """
    if version is not None and not _VERSION.match(version):
        raise StripeError(f"Invalid Stripe API version: {version}")
    is_old = version is None or version[:10] < API_VERSION[:10]
    if "payment_method_types" in given and not is_old and _names_methods(route):
        raise StripeError(
            f"The parameter payment_method_types is no longer supported in {version}. Leave it "
            "out, or use allowed_payment_method_types.",
            code="payment_method_types_no_longer_supported",
            param="payment_method_types",
        )
    params = _reader(route, takes, is_old=is_old, is_publishable=is_publishable)(given)
    if is_publishable:
        _check_publishable(route, params)
    return params


def _check_publishable(route: str, params: Json) -> None:
    """Refuse what only a server may decide, or read."""
    allowed = {*_FOR_BROWSERS[route].split(), *_OF_BROWSERS, "expand"}
    for name in params:
        if name not in allowed:
            raise invalid(
                f"You may only pass {name} with a secret key: a publishable key is in the hands "
                "of every shopper.",
                name,
            )
    for path in params.get("expand") or []:
        if path not in _EXPANDED_BY_BROWSERS:
            raise invalid(f"This property cannot be expanded ({path}).", "expand")


def _names_methods(route: str) -> bool:
    return "allowed_payment_method_types" in parameters_of(route)


@cache
def _reader(route: str, takes: str | None, *, is_old: bool, is_publishable: bool) -> HashReader:
    tree = parameters_of(route)
    if is_old and _names_methods(route):
        tree = {**tree, "payment_method_types": tree["allowed_payment_method_types"]}
        takes = takes and f"{takes} payment_method_types"
    if is_publishable:
        tree = {**_OF_BROWSERS, **tree}
        takes = takes and f"{takes} {' '.join(_OF_BROWSERS)}"
    return HashReader(tree, takes)
