"""What the tests about the API's door share."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.api.caller import Caller
from tests.api.described import Described
from tests.api.door import Door
from tests.api.issuer import Issuer
from tests.shop import Shop, demo_settings


@pytest.fixture(scope="module")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    """Whoever issues the tokens that the door believes."""
    return Issuer(tmp_path_factory.mktemp("issuer") / "jwks.json")


@pytest.fixture(scope="module")
def door(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory, issuer: Issuer
) -> Iterator[Door]:
    """A door for a whole module: what its tests try must change nothing for the others."""
    path = tmp_path_factory.mktemp("door") / "shop.db"
    shutil.copy(sqlite_template, path)
    with Door(Shop(f"sqlite:///{path}", **api_settings(jwt_jwks_file=str(issuer.path)))) as open_:
        yield open_


UNLIMITED = dict.fromkeys(
    ("caller_limits", "address_limits", "payment_limits", "payment_address_limits"), ()
)


def api_settings(**changes: Any) -> dict[str, Any]:
    """Return what gives a shop other settings of the API, and no limits but those in `changes`.

    `Shop(url, **api_settings(…))`.
    """
    usual = demo_settings("sqlite:///unused", "whsec_unused").api
    return {"api": replace(usual, **(UNLIMITED | changes))}


@pytest.fixture
def shop(sqlite_url: str) -> Iterator[Shop]:
    """A shop that counts no calls, on SQLite: what is on PostgreSQL is told where it matters."""
    with Shop(sqlite_url, **api_settings()) as running:
        yield running


@pytest.fixture
def either(database_url: str) -> Iterator[Caller]:
    """The same on SQLite and on PostgreSQL, for whatever is read and written in its own way."""
    with Shop(database_url, **api_settings()) as running:
        yield Caller(running)


@pytest.fixture
def alice(shop: Shop) -> Caller:
    """Somebody's program, with a key that may do everything."""
    return Caller(shop)


@pytest.fixture
def described(alice: Caller) -> Described:
    """A caller who reads the OpenAPI document, and holds every answer against it."""
    return Described(alice)


@pytest.fixture(scope="module")
def quiet_shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop for a whole module, for what is refused and so changes nothing."""
    path = tmp_path_factory.mktemp("quiet") / "shop.db"
    shutil.copy(sqlite_template, path)
    with Shop(f"sqlite:///{path}", **api_settings()) as running:
        yield running


@pytest.fixture(scope="module")
def anybody(quiet_shop: Shop) -> Caller:
    """A caller who has nothing."""
    return Caller(quiet_shop, "anybody")


@pytest.fixture(scope="module")
def full_cart(quiet_shop: Shop) -> Caller:
    """A caller with something in the cart, who hasn't ordered it."""
    caller = Caller(quiet_shop, "full")
    caller.put_into_cart()
    return caller
