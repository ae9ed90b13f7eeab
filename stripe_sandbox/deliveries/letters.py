"""What is sent: an event's body, and the signature by which its receiver knows us."""

import hashlib
import hmac
from collections.abc import Iterable

from stripe_sandbox.protocol.shapes import Json
from stripe_sandbox.protocol.written import as_text
from stripe_sandbox.storage import Storage

OLD_VERSION = "2020-08-27"
SPOILERS = {"corrupt_signature", "wrong_secret", "old_version"}
"""The kinds of rules that spoil a delivery when it is made, a retry too."""

_SOMEBODY_ELSES_SECRET = "whsec_of_somebody_else"  # noqa: S105 - nobody's


def letter(
    event: Json, *, secrets: list[str], at: int, spoiled: Iterable[str] = ()
) -> tuple[dict[str, str], bytes]:
    """Return the headers and the body of a delivery made at `at`, spoiled as asked."""
    body = as_text(event).encode()
    if "wrong_secret" in spoiled:
        secrets = [_SOMEBODY_ELSES_SECRET]
    signed = signature(body, secrets, at)
    if "corrupt_signature" in spoiled:
        signed = signed[:-4] + ("beef" if not signed.endswith("beef") else "cafe")
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signed,
        "User-Agent": "Stripe/1.0 (sandbox; this is not Stripe)",
    }
    return headers, body


def signature(body: bytes, secrets: list[str], timestamp: int) -> str:
    """Return the `Stripe-Signature` header of a body sent at `timestamp`, one `v1` a secret."""
    signed = f"{timestamp}.".encode() + body
    digests = (hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest() for secret in secrets)
    return ",".join([f"t={timestamp}", *(f"v1={digest}" for digest in digests)])


def roll(storage: Storage, endpoint_id: str, overlap: float) -> str:
    """Give an endpoint a new secret; the old one signs as well for `overlap` seconds."""
    with storage.lock:
        storage.get("webhook_endpoint", endpoint_id)
        known = storage.note(endpoint_id)
        new, ends = storage.new_id("whsec_", 32), storage.time() + overlap
        old = [[known["secret"], ends], *_old_secrets(storage, known)]
        storage.note(endpoint_id, secret=new, old_secrets=old)
        return new


def secrets_of(storage: Storage, endpoint: Json) -> list[str]:
    """Return what signs for an endpoint now: its secret, and the old ones that still hold."""
    if endpoint.get("secret"):
        return [endpoint["secret"]]
    known = storage.note(endpoint["id"])
    return [known["secret"], *(secret for secret, _ in _old_secrets(storage, known))]


def _old_secrets(storage: Storage, known: Json) -> list[tuple[str, float]]:
    """Return the old secrets that still sign, each with its end, the newest first."""
    return [(old, ends) for old, ends in known.get("old_secrets", []) if storage.time() < ends]


def in_old_version(storage: Storage, event: Json) -> Json:
    """Return an event as an endpoint of 2020 would get it: intents held their charges then."""
    row = event["data"]["object"]
    if row["object"] == "payment_intent":
        charge = storage.find("charge", row["latest_charge"])
        charges = {
            "object": "list",
            "data": [charge] if charge else [],
            "has_more": False,
            "url": f"/v1/charges?payment_intent={row['id']}",
        }
        row = {**{name: row[name] for name in row if name != "latest_charge"}, "charges": charges}
    return {**event, "api_version": OLD_VERSION, "data": {**event["data"], "object": row}}
