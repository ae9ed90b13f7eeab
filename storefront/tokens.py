"""Tokens (JWTs): what makes one believable, and the shop's own for the demo.

The configuration says which algorithms there are and who issues; of a token's header only `kid`
is used, as the key of a dictionary. After https://www.rfc-editor.org/rfc/rfc8725.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from storefront import clock
from storefront.config import ConfigurationError, settings
from storefront.config.api import SYMMETRIC
from storefront.jwks import key_set

LEEWAY = 30  # seconds that two clocks may be apart
LONGEST_SUBJECT = 255
REQUIRED = ["exp", "iat", "iss", "aud", "sub"]
# Where a token tells how, or with whose key, it wants to be believed.
REFUSED_HEADERS = {"crit", "jku", "jwk", "x5u", "x5c", "b64", "zip"}
TYPES = {"jwt", "at+jwt", "application/at+jwt"}


class InvalidToken(Exception):
    """The token isn't believed; the reason is for us, not for whoever sent it."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a believed token says."""

    subject: str
    scopes: frozenset[str]


def is_subject(name: object) -> bool:
    """Say whether a user can be called so, by a token or by a key."""
    return isinstance(name, str) and 0 < len(name) <= LONGEST_SUBJECT and name.isprintable()


def verify(token: str) -> Claims:
    """Return what a token says; raises InvalidToken."""
    found = settings().api
    try:
        header = jwt.get_unverified_header(token)
        claims = jwt.decode(
            token,
            _key_for(header),
            algorithms=list(found.jwt_algorithms),
            issuer=found.jwt_issuer,
            audience=found.jwt_audience,
            options=OPTIONS,
        )
        _refuse_times(claims, found.jwt_longest_minutes * 60)
    except (jwt.PyJWTError, ValueError, ArithmeticError, RecursionError) as error:
        raise InvalidToken(REASONS.get(type(error), "shape")) from error
    return Claims(_subject(claims), _scopes(claims))


def issue(subject: str, *, scopes: Iterable[str], lifetime: timedelta) -> str:
    """Sign a token of the shop's own with the key that JWT_SIGNING_KEY_FILE names.

    Raises ConfigurationError when there is none, or when the shop wouldn't believe the token.
    """
    found = settings().api
    if lifetime > timedelta(minutes=found.jwt_longest_minutes):
        raise ConfigurationError(
            f"A token may live {found.jwt_longest_minutes} minutes (JWT_LONGEST_MINUTES)."
        )
    private, kid = _signing_key(found.jwt_signing_key_file)
    now = int(clock.timestamp())
    claims = {
        "iss": found.jwt_issuer,
        "aud": found.jwt_audience,
        "sub": subject,
        "scope": " ".join(sorted(set(scopes))),
        "iat": now,
        "exp": now + int(lifetime.total_seconds()),
    }
    return jwt.encode(claims, private, algorithm="EdDSA", headers={"kid": kid, "typ": "at+jwt"})


REASONS: Mapping[type[Exception], str] = {
    jwt.InvalidSignatureError: "signature",
    jwt.InvalidAlgorithmError: "alg",
    jwt.InvalidIssuerError: "iss",
    jwt.InvalidAudienceError: "aud",
    jwt.MissingRequiredClaimError: "claims",
}
# The times are compared with the shop's own clock, in `_refuse_times`.
OPTIONS: Any = {
    "require": REQUIRED,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "enforce_minimum_key_length": True,
}


def _key_for(header: Mapping[str, Any]) -> jwt.PyJWK | bytes:
    if REFUSED_HEADERS & header.keys() or str(header.get("typ", "JWT")).lower() not in TYPES:
        raise InvalidToken("header")
    found = settings().api
    if found.jwt_algorithms == (SYMMETRIC,):
        return found.jwt_hs256_key.encode()
    key = key_set().current().get(str(header.get("kid")))
    if key is None:
        raise InvalidToken("kid")
    return key


def _refuse_times(claims: Mapping[str, Any], longest: int) -> None:
    """Raise InvalidToken unless the token is valid now and was never meant to be for too long."""
    now = clock.timestamp()
    since, until, begins = (_moment(claims.get(name, 0)) for name in ("iat", "exp", "nbf"))
    if until <= now - LEEWAY:
        raise InvalidToken("expired")
    if max(since, begins) > now + LEEWAY or not 0 < until - since <= longest:
        raise InvalidToken("time")


def _moment(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise InvalidToken("time")
    return value


def _subject(claims: Mapping[str, Any]) -> str:
    subject = claims["sub"]
    if not is_subject(subject):
        raise InvalidToken("sub")
    return cast("str", subject)


def _scopes(claims: Mapping[str, Any]) -> frozenset[str]:
    scope = claims.get("scope")
    return frozenset(scope.split()) if isinstance(scope, str) else frozenset()


def _signing_key(path: str) -> tuple[Ed25519PrivateKey, str]:
    """Return the private key and the `kid` that its public half has in the JWKS."""
    if not path:
        raise ConfigurationError("JWT_SIGNING_KEY_FILE is not set. `make demo` makes such a key.")
    try:
        private = load_pem_private_key(Path(path).read_bytes(), password=None)
    except (OSError, ValueError) as error:
        raise ConfigurationError("JWT_SIGNING_KEY_FILE can't be read as PEM.") from error
    if not isinstance(private, Ed25519PrivateKey):
        raise ConfigurationError("JWT_SIGNING_KEY_FILE doesn't hold an Ed25519 key.")
    public = private.public_key()
    kid = next((kid for kid, key in key_set().current().items() if key.key == public), None)
    if kid is None:
        raise ConfigurationError("The public half of JWT_SIGNING_KEY_FILE isn't in JWT_JWKS_FILE.")
    return private, kid
