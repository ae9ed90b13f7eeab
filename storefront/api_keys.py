"""API keys: made, shown once, found again by their prefix, revoked.

The secret is 190 random bits, so its SHA-256 can't be turned back by guessing and needs no salt
and no slow hash: what the table holds opens nothing, and a request pays one indexed query.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.orm import Session

from storefront import clock
from storefront.db import reading, rowcount_of, transaction
from storefront.ids import BASE62
from storefront.models import ApiKey, User

log = logging.getLogger(__name__)

# How secret scanners and people know one of ours.
MARK = "fsk_"
PREFIX_LETTERS, SECRET_LETTERS = 12, 32
SHAPE = re.compile(rf"{MARK}[0-9A-Za-z]{{{PREFIX_LETTERS}}}_[0-9A-Za-z]{{{SECRET_LETTERS}}}")
# `last_used_at` is this exact; a write per request would cost more than the request.
USE_IS_NOTED_EVERY = timedelta(minutes=1)
NO_HASH = hashlib.sha256(b"").hexdigest()


class InvalidKey(Exception):
    """The key opens nothing; the reason is for us, not for whoever sent it."""


@dataclass(frozen=True, slots=True)
class FoundKey:
    """A key that is good now. `is_unnoted`: its last use was noted longer ago than a minute."""

    id: str
    user_id: str
    scopes: str
    is_unnoted: bool


def find_key(given: str) -> FoundKey:
    """Return the key that `given` is, all of it; raises InvalidKey, also for one that has ended."""
    if not SHAPE.fullmatch(given):
        raise InvalidKey("shape")
    with reading() as session:
        row = session.execute(KEY_BY_PREFIX, {"prefix": public_part(given)}).one_or_none()
    is_right = hmac.compare_digest(_hash(given), row.secret_hash if row else NO_HASH)
    now = clock.now()
    if not row or not is_right:
        raise InvalidKey("secret" if row else "unknown")
    if row.revoked_at or (row.expires_at and row.expires_at <= now):
        raise InvalidKey("revoked" if row.revoked_at else "expired")
    is_unnoted = row.last_used_at is None or row.last_used_at <= now - USE_IS_NOTED_EVERY
    return FoundKey(row.id, row.user_id, row.scopes, is_unnoted)


def note_use(key_id: str) -> None:
    """Note that the key was used, once a minute whoever asks; a failure is a line in the log."""
    try:
        _note_use(key_id)
    except Exception as error:
        log.warning("key=%s use=unnoted reason=%s", key_id, type(error).__name__)


@transaction
def create_key(
    session: Session,
    user_id: str,
    *,
    name: str,
    scopes: Iterable[str],
    lifetime: timedelta | None = None,
) -> str:
    """Make a key and return it; this is the only time that anybody sees it."""
    given = f"{MARK}{_letters(PREFIX_LETTERS)}_{_letters(SECRET_LETTERS)}"
    now = clock.now()
    session.add(
        ApiKey(
            user_id=user_id,
            name=name,
            prefix=public_part(given),
            secret_hash=_hash(given),
            scopes=" ".join(sorted(set(scopes))),
            created_at=now,
            expires_at=now + lifetime if lifetime else None,
        )
    )
    return given


def list_keys() -> Sequence[tuple[ApiKey, str]]:
    """Return every key with its user's name, oldest first."""
    with reading() as session:
        found = select(ApiKey, User.subject).join(User).order_by(ApiKey.created_at, ApiKey.id)
        return [(key, subject) for key, subject in session.execute(found)]


@transaction
def revoke_key(session: Session, prefix: str) -> bool:
    """End a key at once, known by its prefix or all of it; False if there is none to end."""
    is_open = (ApiKey.prefix == public_part(prefix), ApiKey.revoked_at.is_(None))
    done = session.execute(update(ApiKey).where(*is_open).values(revoked_at=clock.now()))
    return rowcount_of(done) == 1


KEY_BY_PREFIX = select(
    ApiKey.id,
    ApiKey.user_id,
    ApiKey.secret_hash,
    ApiKey.scopes,
    ApiKey.expires_at,
    ApiKey.revoked_at,
    ApiKey.last_used_at,
).where(ApiKey.prefix == bindparam("prefix"))


@transaction
def _note_use(session: Session, key_id: str) -> None:
    now = clock.now()
    is_due = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= now - USE_IS_NOTED_EVERY)
    session.execute(update(ApiKey).where(ApiKey.id == key_id, is_due).values(last_used_at=now))


def public_part(given: str) -> str:
    """Return the prefix of a key, which may be told: it opens nothing."""
    return given[: len(MARK) + PREFIX_LETTERS]


def _hash(given: str) -> str:
    return hashlib.sha256(given.encode()).hexdigest()


def _letters(count: int) -> str:
    return "".join(secrets.choice(BASE62) for _ in range(count))
