"""The settings of the JSON API: whose tokens are believed, how often callers may call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from limits import RateLimitItem

from storefront.config.reading import SHORTEST_KEY, is_guessable, origins, rates, whole, words


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiSettings:
    """Who may call `/v1`, from where, and how often. `.env.example` explains each variable."""

    jwt_issuer: str
    jwt_audience: str
    jwt_algorithms: tuple[str, ...]
    jwt_jwks_file: str
    jwt_hs256_key: str = field(repr=False)
    jwt_signing_key_file: str
    jwt_longest_minutes: int
    return_origins: tuple[str, ...]
    cors_origins: tuple[str, ...]
    ratelimit_storage_uri: str = field(repr=False)
    workers: int
    caller_limits: tuple[RateLimitItem, ...]
    address_limits: tuple[RateLimitItem, ...]
    payment_limits: tuple[RateLimitItem, ...]
    payment_address_limits: tuple[RateLimitItem, ...]


def read_api_settings(env: Mapping[str, str], base_url: str) -> ApiSettings:
    """Read the API's part of the environment; `API_ALWAYS_WRONG` says what is refused in it."""
    return ApiSettings(
        jwt_issuer=env.get("JWT_ISSUER", base_url),
        jwt_audience=env.get("JWT_AUDIENCE", f"{base_url}/v1"),
        jwt_algorithms=words(env.get("JWT_ALGORITHMS", "EdDSA")),
        jwt_jwks_file=env.get("JWT_JWKS_FILE", ""),
        jwt_hs256_key=env.get("JWT_HS256_KEY", ""),
        jwt_signing_key_file=env.get("JWT_SIGNING_KEY_FILE", ""),
        jwt_longest_minutes=whole(env, "JWT_LONGEST_MINUTES", "60", at_least=1),
        return_origins=(base_url, *origins(env, "API_RETURN_ORIGINS")),
        cors_origins=origins(env, "API_CORS_ORIGINS"),
        ratelimit_storage_uri=env.get("RATELIMIT_STORAGE_URI", "memory://"),
        workers=whole(env, "WEB_CONCURRENCY", "1", at_least=1),
        caller_limits=rates(env, "RATELIMIT_CALLER", "50 per second; 1200 per minute"),
        address_limits=rates(env, "RATELIMIT_ADDRESS", "80 per second; 2400 per minute"),
        payment_limits=rates(env, "RATELIMIT_PAYMENTS", "20 per minute; 200 per hour"),
        payment_address_limits=rates(
            env, "RATELIMIT_PAYMENTS_ADDRESS", "60 per minute; 600 per hour"
        ),
    )


ASYMMETRIC, SYMMETRIC = ("EdDSA", "RS256"), "HS256"
STORAGES = ("memory://", "redis://", "rediss://", "redis+unix://")

API_ALWAYS_WRONG: tuple[tuple[Callable[[ApiSettings], bool], str], ...] = (
    (lambda found: not (found.jwt_issuer and found.jwt_audience),
     "JWT_ISSUER or JWT_AUDIENCE is empty. Take both from whoever issues the tokens, or unset it."),
    (lambda found: found.jwt_algorithms != (SYMMETRIC,)
     and not (found.jwt_algorithms and set(found.jwt_algorithms) <= set(ASYMMETRIC)),
     "JWT_ALGORITHMS must be EdDSA, RS256 or both, or HS256 alone."),
    (lambda found: bool(found.jwt_hs256_key) != (found.jwt_algorithms == (SYMMETRIC,)),
     "JWT_HS256_KEY and JWT_ALGORITHMS=HS256 belong together. Set both or neither."),
    (lambda found: bool(found.jwt_hs256_key)
     and len(found.jwt_hs256_key.encode()) < SHORTEST_KEY,
     f"JWT_HS256_KEY is shorter than {SHORTEST_KEY} bytes. Take a random one (RFC 7518, 3.2)."),
    (lambda found: bool(found.jwt_hs256_key) and is_guessable(found.jwt_hs256_key),
     "JWT_HS256_KEY is a known or a repetitive one. Take a random one."),
    (lambda found: bool(found.jwt_hs256_key and found.jwt_jwks_file),
     "JWT_JWKS_FILE and JWT_HS256_KEY are both set. A shop believes one kind of token."),
    (lambda found: bool(found.jwt_signing_key_file and not found.jwt_jwks_file),
     "JWT_SIGNING_KEY_FILE is set without JWT_JWKS_FILE, which holds its public key."),
    (lambda found: not found.ratelimit_storage_uri.startswith(STORAGES),
     "RATELIMIT_STORAGE_URI must be memory:// or redis://host:port/number."),
)  # fmt: skip
