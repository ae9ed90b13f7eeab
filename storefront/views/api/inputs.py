"""What the API takes. Whatever isn't listed here is refused, so nothing is taken by mistake."""

from __future__ import annotations

import re
from typing import Any

from marshmallow import RAISE, Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp

from storefront.cart_changes import MOST_OF_ONE
from storefront.config import settings
from storefront.params import OUR_METADATA
from storefront.views.api.access import caller, note_refusal
from storefront.views.api.languages import LANGUAGES

LONGEST_URL = 2048
# https://docs.stripe.com/api/metadata: lengths; how many is our own rule.
MOST_METADATA, LONGEST_KEY, LONGEST_VALUE = 20, 40, 500
SESSION_ID = "{CHECKOUT_SESSION_ID}"
URL_LETTER = "[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]"
URL_LETTER_OR_SESSION = rf"({URL_LETTER}|\{{CHECKOUT_SESSION_ID\}})"
NOT_OURS = (
    f"Give a URL of at most {LONGEST_URL} characters, on the shop's own origin or one of those in "
    "API_RETURN_ORIGINS."
)
WHOLE = re.compile(r"[0-9]{1,9}", re.ASCII)


class Whole(Regexp):
    """The whole of a text has this pattern; a `$` alone lets a line break follow."""

    def __call__(self, value: Any) -> Any:
        """Return the text; raises ValidationError."""
        if not self.regex.fullmatch(value):
            raise ValidationError(self._format_error(value))
        return value


ID = Whole(r"^[0-9A-Za-z_]{1,255}$")


class Input(Schema):
    """Refuses fields that it doesn't know."""

    class Meta:
        """How marshmallow does that."""

        unknown = RAISE


def is_ours(url: str, letter: str = URL_LETTER) -> None:
    """Refuse an address outside the allow-list: nobody may send our shoppers elsewhere."""
    if not re.fullmatch(pattern_of_ours(letter), url) or len(url) > LONGEST_URL:
        note_refusal("return-url", caller=caller().id)
        raise ValidationError(NOT_OURS)


def is_ours_with_session(url: str) -> None:
    """Refuse the same, but leave room for Stripe to fill in the session's id."""
    is_ours(url, URL_LETTER_OR_SESSION)


def pattern_of_ours(letter: str) -> str:
    """Return what an address on the allow-list looks like, as the OpenAPI document says it too."""
    origins = "|".join(re.escape(each) for each in settings().api.return_origins)
    return rf"^({origins})([/?#]{letter}*)?$".replace(r"\-", "-")


def is_not_reserved(name: str) -> None:
    """Refuse the keys by which the shop finds its own payments at Stripe."""
    if name in OUR_METADATA:
        raise ValidationError("The shop sets this key itself.")


class WholeNumber(fields.Integer):
    """A whole number in JSON, which knows no difference between 2 and 2.0."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float) or value % 1:
            raise self.make_error("invalid", input=value)
        return int(value)


class WholeText(fields.Integer):
    """A whole number in an address, written as people write one."""

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        if not (isinstance(value, str) and WHOLE.fullmatch(value)):
            raise self.make_error("invalid", input=value)
        return int(value)


def url_field(
    check: Any, description: str, *, required: bool, format_: str = "uri"
) -> fields.String:
    """Describe an address that shoppers are sent to."""
    return fields.String(
        required=required,
        validate=check,
        metadata={"description": description, "format": format_, "maxLength": LONGEST_URL},
    )


class Source(Input):
    """What is to be paid, and by whom it is remembered."""

    source_type = fields.String(
        required=True,
        validate=OneOf(["cart", "order"]),
        metadata={
            "description": "`cart`: place an order of your cart, or find the one that was placed. "
            "`order`: pay an order that is still payable, again or by the other flow."
        },
    )
    source_id = fields.String(
        validate=ID,
        metadata={"description": "The order's id; with `source_type` `order`, and only then."},
    )
    payment_method = fields.String(
        load_default="stripe",
        validate=OneOf(["stripe"]),
        metadata={"description": "Who takes the money."},
    )
    metadata = fields.Dict(
        keys=fields.String(
            validate=[Length(min=1, max=LONGEST_KEY), Whole(r"[^\[\]]+"), is_not_reserved]
        ),
        values=fields.String(validate=Length(min=1, max=LONGEST_VALUE)),
        load_default=dict,
        validate=Length(max=MOST_METADATA),
        metadata={
            "description": f"Your own notes, kept with the payment and shown at Stripe: up to "
            f"{MOST_METADATA} pairs of strings. The keys {', '.join(OUR_METADATA)} are the shop's."
        },
    )

    @validates_schema
    def check_source(self, data: dict[str, Any], **_: Any) -> None:
        """Let an order be named exactly when one is to be paid."""
        if data["source_type"] == "order" and "source_id" not in data:
            raise ValidationError("Name the order to pay.", "source_id")
        if data["source_type"] == "cart" and "source_id" in data:
            raise ValidationError("Leave it out: there is one cart, yours.", "source_id")


class PaymentRequest(Source):
    """Starts a payment that your own page confirms with Stripe.js."""

    return_url = url_field(
        is_ours,
        "Where your page lets Stripe.js send the shopper back to. It is checked here, so that a "
        "mistake shows before anybody pays; Stripe gets it from your page.",
        required=False,
    )


class CheckoutSessionRequest(Source):
    """Starts a payment on the page that Stripe hosts."""

    success_url = url_field(
        is_ours_with_session,
        f"Where Stripe sends the shopper who has paid; `{SESSION_ID}` is filled in by Stripe.",
        required=True,
        format_="uri-template",
    )
    cancel_url = url_field(
        is_ours, "Where Stripe's page leads a shopper who goes back.", required=True
    )


class QuantityRequest(Input):
    """How many of a product there shall be in the cart."""

    quantity = WholeNumber(
        required=True,
        validate=Range(0, MOST_OF_ONE),
        metadata={"description": "Exactly so many; 0 removes the product."},
    )


class Nothing(Input):
    """An empty object, or no body at all."""


class PageQuery(Input):
    """Which part of a list."""

    limit = WholeText(
        load_default=20,
        validate=Range(1, 100),
        metadata={"description": "How many at most.", "default": 20},
    )
    starting_after = fields.String(
        validate=ID,
        metadata={"description": "Go on after the thing with this id: the last one you have."},
    )


class LocaleQuery(Input):
    """In which language."""

    locale = fields.String(
        validate=OneOf(list(LANGUAGES)),
        metadata={"description": "The language of names; left out, `Accept-Language` decides."},
    )
