"""The ways to pay that the sandbox has, and which of them a payment can be made with."""

from dataclasses import dataclass

from stripe_sandbox.protocol.errors import StripeError, invalid, lacking
from stripe_sandbox.protocol.shapes import Json, blank


@dataclass(frozen=True, slots=True)
class MethodType:
    """What sets one type of payment method apart from the others."""

    currency: str | None = None
    """The only currency it takes; None for any."""
    redirects: bool = False
    """Whether the shopper approves on a page of their bank."""
    is_delayed: bool = False
    """Whether it is known only later if the money comes."""
    needs_mandate: bool = False
    captures_manually: bool = False
    fee_permille: int = 0
    fee_fixed: int = 0


METHOD_TYPES = {
    "card": MethodType(captures_manually=True, fee_permille=29, fee_fixed=30),
    "ideal": MethodType("eur", redirects=True, fee_fixed=29),
    "sepa_debit": MethodType(
        "eur", is_delayed=True, needs_mandate=True, fee_permille=8, fee_fixed=30
    ),
}
OPTIONS_TAKEN = " ".join(
    f"payment_method_options.{name}"
    for name in (
        "card.capture_method",
        "card.request_three_d_secure",
        "card.setup_future_usage",
        "ideal.setup_future_usage",
        "sepa_debit.setup_future_usage",
    )
)
"""The options that are honoured."""
_OPTIONS: dict[str, Json] = {"card": {"request_three_d_secure": "automatic"}}
"""The options that have a value before anybody gave one."""


def offered(params: Json, *, currency: str, may_redirect: bool = True) -> list[str]:
    """Return the types that a payment can be made with, in Stripe's order.

    Those that were named, else all that take the currency. Raises 400 when the named ones don't,
    501 for one of Stripe's that the sandbox doesn't have.
    """
    excluded = params.get("excluded_payment_method_types") or []
    is_manual = params.get("capture_method") == "manual"
    if named := params.get("payment_method_types"):
        for name in named:
            if name not in METHOD_TYPES:
                raise lacking("payment_method_types")
            _check_currency(name, currency, "payment_method_types")
        return list(named)
    allowed = params.get("allowed_payment_method_types") or METHOD_TYPES
    found = [
        name
        for name, known in METHOD_TYPES.items()
        if name in allowed
        and name not in excluded
        and known.currency in {None, currency}
        and (may_redirect or not known.redirects)
        and (known.captures_manually or not is_manual)
    ]
    if not found:
        raise invalid(
            "No valid payment method types: none of those that the sandbox has fits the currency "
            "and the other parameters.",
            "allowed_payment_method_types",
        )
    return found


def options(owner: str, params: Json, types: list[str]) -> Json:
    """Return `payment_method_options` as an object shows them; `owner` is its name.

    What the sandbox's types have no option for is left out.
    """
    found = {}
    for kind in types:
        if kind in METHOD_TYPES:
            given = (params.get("payment_method_options") or {}).get(kind) or {}
            known = blank(f"{owner}.payment_method_options.{kind}", **_OPTIONS.get(kind, {}))
            changed = {key: value for key, value in given.items() if key in known}
            found[kind] = {**known, **changed}
    return found


def option(intent: Json, kind: str, name: str) -> str | None:
    """Return one of the options that an intent has for a type, if it has any."""
    value: str | None = (intent["payment_method_options"].get(kind) or {}).get(name)
    return value


def setting(intent: Json, kind: str, name: str) -> str | None:
    """Return what holds for payments of a type: the type's own option, or else the intent's."""
    value: str | None = option(intent, kind, name) or intent[name]
    return value


def check(intent: Json, method: Json) -> None:
    """Raise the 400 for a payment method that this payment can't be made with."""
    kind = method["type"]
    if method["customer"] not in {None, intent["customer"]}:
        raise invalid(
            f"The payment method you provided ({method['id']}) is attached to a customer: pass "
            "that customer in the request.",
            "payment_method",
        )
    _check_currency(kind, intent["currency"], "payment_method")
    if kind not in intent["payment_method_types"]:
        told: Json = {"payment_intent": intent} if "id" in intent else {}
        raise StripeError(
            f"The PaymentMethod provided ({kind}) is not allowed for this PaymentIntent. Attach a "
            f"PaymentMethod of one of these types: {', '.join(intent['payment_method_types'])}.",
            code="payment_intent_incompatible_payment_method",
            param="payment_method",
            **told,
        )
    if intent["capture_method"] == "manual" and not METHOD_TYPES[kind].captures_manually:
        raise invalid(f"{kind} does not support capture_method=manual.", "capture_method")


def _check_currency(kind: str, currency: str, param: str) -> None:
    known = METHOD_TYPES.get(kind)
    if known and known.currency not in {None, currency}:
        raise invalid(
            f"The currency {currency} is invalid for payment method type {kind}, which takes "
            f"{known.currency} only.",
            param,
        )
