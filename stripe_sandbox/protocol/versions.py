"""API versions: which parameters an endpoint has depends on the version that the caller names."""

import re
from functools import cache

from stripe_sandbox.protocol.errors import StripeError
from stripe_sandbox.protocol.parameters import HashReader
from stripe_sandbox.protocol.shapes import Json, parameters_of
from stripe_sandbox.sandbox import API_VERSION

_VERSION = re.compile(r"\A20[0-9]{2}-[0-9]{2}-[0-9]{2}(\.[a-z_0-9]+)?\Z")
_OF_BROWSERS = {"key": "string", "client_secret": "string", "_stripe_version": "string"}


def converted(
    given: Json, *, route: str, takes: str | None, version: str | None, is_publishable: bool
) -> Json:
    """Return the parameters of a request, converted; raise the 400 or 501 for what is wrong.

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
    return _reader(route, takes, is_old=is_old, is_publishable=is_publishable)(given)


def _names_methods(route: str) -> bool:
    return "allowed_payment_method_types" in parameters_of(route)


@cache
def _reader(route: str, takes: str | None, *, is_old: bool, is_publishable: bool) -> HashReader:
    tree = parameters_of(route)
    if is_old and _names_methods(route):
        tree = {**tree, "payment_method_types": ["string"]}
        takes = takes and f"{takes} payment_method_types"
    if is_publishable:
        tree = {**_OF_BROWSERS, **tree}
        takes = takes and f"{takes} {' '.join(_OF_BROWSERS)}"
    return HashReader(tree, takes)
