"""How one variable of the environment is read, and what is said when it can't be."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from limits import RateLimitItem, parse_many
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

LOOPBACK = ("127.0.0.1", "localhost", "::1")

SHORTEST_KEY = 32
FEWEST_DIFFERENT = 8
# What documentation shows: whoever can read can sign with these.
KNOWN_KEYS = (
    "a-string-secret-at-least-256-bits-long",
    "your-256-bit-secret",
    "your-secret-key",
    "change-me",
    "changeme",
    "change_me",
    "replace-me",
    "0123456789abcdef",
)


class ConfigurationError(Exception):
    """A setting is missing or contradicts another; the sentence says which and where to get it."""


def required(env: Mapping[str, str], name: str, hint: str) -> str:
    """Return the value of a variable that must be set."""
    value = env.get(name, "").strip()
    if not value:
        raise ConfigurationError(f"{name} is not set. {hint}")
    return value


def whole(env: Mapping[str, str], name: str, default: str, *, at_least: int) -> int:
    """Return a variable's whole number."""
    value = env.get(name, default)
    if not (value.isascii() and value.isdecimal()) or int(value) < at_least:
        raise ConfigurationError(f"{name} is {value!r}; it must be a whole number >= {at_least}.")
    return int(value)


def words(value: str) -> tuple[str, ...]:
    """Return what commas part."""
    return tuple(word.strip() for word in value.split(",") if word.strip())


def rates(env: Mapping[str, str], name: str, default: str) -> tuple[RateLimitItem, ...]:
    """Return the limits of a variable such as `5 per second; 100 per hour`."""
    value = env.get(name, default)
    try:
        return tuple(sorted(parse_many(value)))
    except ValueError:
        raise ConfigurationError(f"{name} is {value!r}; it must be like {default!r}.") from None


def is_guessable(key: str) -> bool:
    """Say whether a key stands in documentation or hardly varies: it is as good as public."""
    plain = key.lower()
    return len(set(key)) < FEWEST_DIFFERENT or any(known in plain for known in KNOWN_KEYS)


ORIGIN = re.compile(r"(https?)://([\w.-]+|\[[0-9a-f:]+\])(?::(\d{1,5}))?/?", re.ASCII)
DEFAULT_PORTS, HIGHEST_PORT = {"http": 80, "https": 443}, 65535


def origin(name: str, url: str) -> str:
    """Return an address as browsers write an Origin, which it will be compared with."""
    found = ORIGIN.fullmatch(url.strip().lower())
    port = int(found[3] or DEFAULT_PORTS[found[1]]) if found else 0
    if not found or not 0 < port <= HIGHEST_PORT:
        raise ConfigurationError(
            f"{name} must be http:// or https:// and a host, and a port if it isn't the usual one."
        )
    address = f"{found[1]}://{found[2]}"
    return address if port == DEFAULT_PORTS[found[1]] else f"{address}:{port}"


def origins(env: Mapping[str, str], name: str) -> tuple[str, ...]:
    """Return a variable's list of origins."""
    return tuple(origin(name, each) for each in words(env.get(name, "")))


def database_url(url: str) -> str:
    """Name the driver, so that a plain `postgres://` from a host's panel works."""
    url = re.sub("^postgres(ql)?://", "postgresql+psycopg://", url)
    try:
        found = make_url(url)
    except ArgumentError:
        found = make_url("nothing://")
    is_file = found.drivername == "sqlite" and found.database not in {None, "", ":memory:"}
    if not is_file and found.drivername != "postgresql+psycopg":
        raise ConfigurationError(
            "DATABASE_URL must be sqlite:///path/to/file or postgresql://user:password@host/database."
        )
    return url


def is_local(url: str) -> bool:
    """Say whether an address is on this machine."""
    return urlsplit(url).hostname in LOOPBACK
