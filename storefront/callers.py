"""Who calls the API: whoever an API key belongs to, or whom a token names.

Both are the same user when both bear the same name, so a shopper's carts and orders are found
by either.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from storefront import api_keys, clock, tokens
from storefront.config import settings
from storefront.db import reading, transaction
from storefront.models import User


class NotAuthenticated(Exception):
    """Nobody that we know; the reason is for us, and isn't told to whoever asks."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who may call. `id` is the key's or, with a token, the user's.

    `is_unnoted`: a key whose last use is due to be noted, once the call has its answer.
    """

    id: str
    user_id: str
    scopes: frozenset[str]
    is_unnoted: bool = False


def authenticate(credentials: str) -> Caller:
    """Return who the credentials belong to, an API key or a token; raises NotAuthenticated."""
    try:
        if credentials.startswith(api_keys.MARK):
            return _by_key(credentials)
        return _by_token(credentials)
    except api_keys.InvalidKey as error:
        raise NotAuthenticated(f"key-{error}") from error
    except tokens.InvalidToken as error:
        raise NotAuthenticated(f"token-{error}") from error


def user_named(subject: str) -> str:
    """Return the id of a user of our issuer; a first sight makes the user."""
    issuer = settings().api.jwt_issuer
    with reading() as session:
        found: str | None = session.scalar(USER_BY_NAME, {"issuer": issuer, "subject": subject})
    return found or _new_user(issuer, subject)


USER_BY_NAME = select(User.id).where(
    User.issuer == bindparam("issuer"), User.subject == bindparam("subject")
)


def _by_key(credentials: str) -> Caller:
    key = api_keys.find_key(credentials)
    return Caller(key.id, key.user_id, frozenset(key.scopes.split()), key.is_unnoted)


def _by_token(credentials: str) -> Caller:
    claims = tokens.verify(credentials)
    user_id = user_named(claims.subject)
    return Caller(user_id, user_id, claims.scopes)


@transaction
def _new_user(session: Session, issuer: str, subject: str) -> str:
    """Make the user unless somebody just did: who loses the race looks again."""
    found: str | None = session.scalar(USER_BY_NAME, {"issuer": issuer, "subject": subject})
    if found:
        return found
    user = User(issuer=issuer, subject=subject, created_at=clock.now())
    session.add(user)
    session.flush()
    return user.id
