"""The receipt of a charge: the page behind its `receipt_url`."""

from datetime import UTC, datetime

from flask import Response, render_template

from stripe_sandbox.pages.amounts import amount_shown
from stripe_sandbox.pages.http import current_sandbox, secured
from stripe_sandbox.pages.words import language, words


def show(charge_id: str) -> Response:
    """Say what was paid, how and when, and what of it was given back."""
    charge = current_sandbox().find("charge", charge_id)
    speech = language(None)
    if charge is None or not charge["paid"]:
        return secured(render_template("not_found.html", words=words(speech)), status=404)
    method = charge["payment_method_details"]
    refunded, currency = charge["amount_refunded"], charge["currency"]
    page = render_template(
        "receipt.html",
        words=words(speech),
        charge=charge,
        paid_at=datetime.fromtimestamp(charge["created"], UTC).date().isoformat(),
        total=amount_shown(charge["amount"], currency, speech),
        refunded=amount_shown(refunded, currency, speech) if refunded else None,
        method=method["type"],
        last4=(method.get(method["type"]) or {}).get("last4"),
    )
    return secured(page)
