"""One answer for each Idempotency-Key of a caller, however often it asks.

The key is claimed before anything is done and the answer is kept once it is known, each in a short
transaction of its own. Who crashes in between leaves a claim that goes stale: then the request may
run again, and finds what the first one made, because every use case resumes.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import ColumnElement, and_, delete, or_, select, tuple_, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.columns import insert_into
from storefront.config import TIME_BUDGET, settings
from storefront.db import LostRace, rowcount_of, transaction
from storefront.models import ApiAnswer

KEPT_FOR = timedelta(hours=24)
# A request makes at most so many calls to Stripe, unless others get in its way: stop the other
# flow's attempt (made first, if nothing is known of it), make this one's.
MOST_CALLS = 4
LONGEST_REQUEST = timedelta(seconds=MOST_CALLS * TIME_BUDGET)
USUAL_REQUEST = timedelta(seconds=5)
AT_MOST = 1000


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to answer one request; its moment tells it from later claims of the same key."""

    caller: str
    key: str
    claimed_at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What a caller was told."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class KeyReused(Exception):
    """The key belongs to another request; the sentence says what to do."""


class StillInFlight(Exception):
    """The same request is being worked on; `retry_after` is in seconds.

    One that takes long may have crashed: then its claim has to go stale first.
    """

    def __init__(self, age: timedelta) -> None:
        super().__init__("The same request is being worked on. Send it again in a moment.")
        left = LONGEST_REQUEST - age
        self.retry_after = 1 if age < USUAL_REQUEST else max(1, math.ceil(left.total_seconds()))


def claim(caller: str, key: str, fingerprint: str) -> Claim | Answer:
    """Claim the key for a request, or return the answer that the same request got before.

    Of any number of claims at once one succeeds. Raises StillInFlight and KeyReused.
    """
    found = _claim(caller, key, fingerprint)
    if isinstance(found, Claim):
        return found
    if found.fingerprint != fingerprint:
        raise KeyReused("This Idempotency-Key was sent with another request. Make a new key.")
    if found.status is None or found.body is None:
        raise StillInFlight(clock.now() - found.created_at)
    return Answer(found.status, found.headers, _decrypted(found.body))


@transaction
def keep(session: Session, claimed: Claim, answer: Answer) -> None:
    """Keep the answer for whoever sends the request again, within 24 hours of the first time."""
    body = _cipher().encrypt(answer.body)
    session.execute(
        update(ApiAnswer)
        .where(*_is_held(claimed))
        .values(status=answer.status, headers=dict(answer.headers), body=body)
    )


@transaction
def release(session: Session, claimed: Claim) -> None:
    """Let the same key run again: nothing came of it."""
    session.execute(delete(ApiAnswer).where(*_is_held(claimed)))


@transaction
def prune(session: Session) -> int:
    """Forget some of the answers that are too old to be asked for; returns how many."""
    name = tuple_(ApiAnswer.caller, ApiAnswer.idempotency_key)
    is_old = ApiAnswer.created_at <= clock.now() - KEPT_FOR
    oldest = select(ApiAnswer.caller, ApiAnswer.idempotency_key).where(is_old).limit(AT_MOST)
    return rowcount_of(session.execute(delete(ApiAnswer).where(name.in_(oldest))))


@transaction
def _claim(session: Session, caller: str, key: str, fingerprint: str) -> Claim | ApiAnswer:
    """Insert a claim, take over one that is stale, or return what is there."""
    now = clock.now()
    fresh: dict[str, Any] = {
        "fingerprint": fingerprint,
        "status": None,
        "headers": {},
        "body": None,
    }
    is_stale = and_(
        ApiAnswer.status.is_(None),
        ApiAnswer.created_at <= now - LONGEST_REQUEST,
        ApiAnswer.fingerprint == fingerprint,
    )
    statement = (
        insert_into(session, ApiAnswer)
        .values(caller=caller, idempotency_key=key, created_at=now, **fresh)
        .on_conflict_do_update(
            index_elements=["caller", "idempotency_key"],
            set_={**fresh, "created_at": now},
            where=or_(is_stale, ApiAnswer.created_at <= now - KEPT_FOR),
        )
        .returning(ApiAnswer.caller)
    )
    if session.scalar(statement) is not None:
        return Claim(caller, key, now)
    found = session.get(ApiAnswer, (caller, key))
    if found is None:
        raise LostRace
    return found


def _is_held(claimed: Claim) -> tuple[ColumnElement[bool], ...]:
    return (
        ApiAnswer.caller == claimed.caller,
        ApiAnswer.idempotency_key == claimed.key,
        ApiAnswer.created_at == claimed.claimed_at,
        ApiAnswer.status.is_(None),
    )


def _decrypted(body: bytes) -> bytes:
    try:
        return _cipher().decrypt(body)
    except InvalidToken:
        raise KeyReused(
            "The answer under this Idempotency-Key can't be read any more. "
            "Look at what was made, and make a new key for what is still to do."
        ) from None


def _cipher() -> MultiFernet:
    """Return what encrypts with SECRET_KEY and decrypts with its fallbacks, too."""
    secrets = (settings().secret_key, *settings().secret_key_fallbacks)
    return MultiFernet([Fernet(_derived(secret)) for secret in secrets])


def _derived(secret: str) -> bytes:
    key = HKDF(SHA256(), length=32, salt=None, info=b"storefront api answers")
    return base64.urlsafe_b64encode(key.derive(secret.encode()))
