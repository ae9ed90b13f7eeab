"""The settings: what is refused, in which words, and what follows from what was set."""

from __future__ import annotations

import runpy

import pytest

from scripts.demo_environment import ROOT
from storefront.config import ConfigurationError, Settings, read_settings

TEST = {
    "SECRET_KEY": "a key for tests that is long enough",
    "STRIPE_SECRET_KEY": "sk_test_x",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_x",
}
SANDBOX = TEST | {"STRIPE_SANDBOX_URL": "http://127.0.0.1:4242"}
LIVE = TEST | {
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_PUBLISHABLE_KEY": "pk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "PUBLIC_BASE_URL": "https://shop.example",
}


@pytest.mark.parametrize("environment", [TEST, SANDBOX, LIVE], ids=["test", "sandbox", "live"])
def test_a_complete_environment_is_read(environment: dict[str, str]) -> None:
    assert isinstance(read_settings(environment), Settings)


@pytest.mark.parametrize("value", [None, "", "   "])
@pytest.mark.parametrize("name", sorted(TEST))
def test_what_is_missing_is_named_with_where_to_get_it(name: str, value: str | None) -> None:
    environment = {key: text for key, text in TEST.items() if key != name}
    if value is not None:
        environment[name] = value

    with pytest.raises(ConfigurationError, match=f"^{name} is not set. .*(Make one|make demo)"):
        read_settings(environment)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"SECRET_KEY": "x" * 31}, "SECRET_KEY is shorter"),
        ({"STRIPE_SECRET_KEY": "pk_test_x"}, "STRIPE_SECRET_KEY doesn't begin"),
        ({"STRIPE_SECRET_KEY": "whsec_x"}, "STRIPE_SECRET_KEY doesn't begin"),
        ({"STRIPE_PUBLISHABLE_KEY": "sk_test_x"}, "STRIPE_PUBLISHABLE_KEY doesn't begin"),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_live_x"}, "different modes"),
        ({"STRIPE_SECRET_KEY": "rk_live_x"}, "different modes"),
        ({"STRIPE_SANDBOX_URL": "http://sandbox.example"}, "STRIPE_SANDBOX_URL must be on this"),
        ({"STRIPE_SANDBOX_URL": "http://127.0.0.1.evil.example"}, "STRIPE_SANDBOX_URL must be"),
        ({"STRIPE_SANDBOX_URL": "http://127.0.0.1@evil.example"}, "STRIPE_SANDBOX_URL must be"),
        ({"PUBLIC_BASE_URL": "http://shop.example"}, "PUBLIC_BASE_URL must begin with https"),
        ({"TRUSTED_PROXIES": "-1"}, "TRUSTED_PROXIES is '-1'"),
        ({"TRUSTED_PROXIES": "one"}, "TRUSTED_PROXIES is 'one'"),
        ({"ORDER_HOLD_MINUTES": "39"}, "ORDER_HOLD_MINUTES is '39'; .* >= 40"),
        ({"ORDER_HOLD_MINUTES": "an hour"}, "ORDER_HOLD_MINUTES"),
        ({"ORDER_HOLD_MINUTES": "４０"}, "ORDER_HOLD_MINUTES"),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL must be debug, info"),
        ({"DATABASE_URL": "nonsense"}, "DATABASE_URL must be"),
        ({"DATABASE_URL": ""}, "DATABASE_URL must be"),
        ({"DATABASE_URL": "sqlite://"}, "DATABASE_URL must be"),
        ({"DATABASE_URL": "sqlite:///:memory:"}, "DATABASE_URL must be"),
        ({"DATABASE_URL": "mysql://u:p@host/db"}, "DATABASE_URL must be"),
        ({"CURRENCY": "usq"}, "CURRENCY isn't a currency"),
        ({"CURRENCY": ""}, "CURRENCY isn't a currency"),
        ({"STRIPE_WEBHOOK_SECRET": "whsec_x,we_1"}, "STRIPE_WEBHOOK_SECRET has an entry"),
        ({"STORE_ID": " "}, "STORE_ID is empty"),
        ({"TRUSTED_HOSTS": ""}, "TRUSTED_HOSTS is empty"),
        ({"SECRET_KEY_FALLBACKS": "x" * 40 + ",short"}, "SECRET_KEY_FALLBACKS has a key shorter"),
        ({"STRIPE_SANDBOX_URL": "ftp://127.0.0.1:4242"}, "STRIPE_SANDBOX_URL must be"),
        ({"STRIPE_SANDBOX_URL": "127.0.0.1:4242"}, "STRIPE_SANDBOX_URL must be"),
        ({"STRIPE_SANDBOX_URL": "http://127.0.0.1:99999"}, "STRIPE_SANDBOX_URL must be"),
        ({"PUBLIC_BASE_URL": "https://shop.example/shop"}, "PUBLIC_BASE_URL must be"),
        ({"PUBLIC_BASE_URL": "https://u:p@shop.example"}, "PUBLIC_BASE_URL must be"),
        ({"PUBLIC_BASE_URL": "https://shop.example?x=1"}, "PUBLIC_BASE_URL must be"),
        ({"PUBLIC_BASE_URL": "https://shöp.example"}, "PUBLIC_BASE_URL must be"),
        ({"PUBLIC_BASE_URL": "shop.example"}, "PUBLIC_BASE_URL must be"),
        ({"GUNICORN_TIMEOUT": "0"}, "GUNICORN_TIMEOUT is '0'"),
    ],
)
def test_a_contradiction_is_refused_in_a_sentence(changes: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named):
        read_settings(TEST | changes)


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"STRIPE_WEBHOOK_SECRET": ""}, "STRIPE_WEBHOOK_SECRET is not set"),
        ({"STRIPE_WEBHOOK_SECRET": " , "}, "STRIPE_WEBHOOK_SECRET is not set"),
        ({"PUBLIC_BASE_URL": "http://127.0.0.1:8000"}, "PUBLIC_BASE_URL must begin with https"),
        ({"TRUSTED_HOSTS": ""}, "TRUSTED_HOSTS is empty"),
        ({"STRIPE_SANDBOX_URL": "http://127.0.0.1:4242"}, "STRIPE_SANDBOX_URL is set together"),
        ({"STRIPE_SECRET_KEY": "sk_test_x"}, "different modes"),
        ({"STRIPE_PUBLISHABLE_KEY": "pk_test_x"}, "different modes"),
        ({"SECRET_KEY": "short"}, "SECRET_KEY is shorter"),
        ({"FLASK_DEBUG": "1"}, "FLASK_DEBUG"),
        ({"GUNICORN_TIMEOUT": "26"}, "GUNICORN_TIMEOUT must be over 26"),
    ],
)
def test_a_live_shop_refuses_to_start_half_configured(changes: dict[str, str], named: str) -> None:
    """WH-29, WS-26, ST-14 and CR-08: all of this is refused before anybody can pay."""
    with pytest.raises(ConfigurationError, match=named):
        read_settings(LIVE | changes)


def test_no_refusal_repeats_a_secret() -> None:
    key = "sk_live_secret_that_nobody_should_read"

    with pytest.raises(ConfigurationError) as refusal:
        read_settings(TEST | {"STRIPE_SECRET_KEY": key})
    assert key not in str(refusal.value)


@pytest.mark.parametrize(
    ("environment", "world", "api", "script"),
    [
        (TEST, "TEST", "https://api.stripe.com", "https://js.stripe.com/endive/stripe.js"),
        (LIVE, "LIVE", "https://api.stripe.com", "https://js.stripe.com/endive/stripe.js"),
        (
            SANDBOX,
            "SANDBOX",
            "http://127.0.0.1:4242",
            "http://localhost:4242/js/endive/stripe.js",
        ),
    ],
)  # fmt: skip
def test_the_keys_and_the_sandbox_decide_which_world_it_is(
    environment: dict[str, str], world: str, api: str, script: str
) -> None:
    found = read_settings(environment)

    assert (found.world, found.stripe_api_base, found.stripe_js_url) == (world, api, script)


@pytest.mark.parametrize("scheme", ["postgres", "postgresql"])
def test_a_plain_postgresql_address_gets_its_driver(scheme: str) -> None:
    found = read_settings(TEST | {"DATABASE_URL": f"{scheme}://u:p@host/db"})

    assert found.database_url == "postgresql+psycopg://u:p@host/db"


def test_secrets_are_a_list_so_that_they_can_be_rotated() -> None:
    """WH-21."""
    found = read_settings(TEST | {"STRIPE_WEBHOOK_SECRET": "whsec_new, whsec_old,"})

    assert found.webhook_secrets == ("whsec_new", "whsec_old")


def test_the_port_is_the_default_of_the_address_and_the_address_of_the_hosts() -> None:
    found = read_settings(TEST | {"PORT": "9000"})

    assert found.public_base_url == "http://127.0.0.1:9000"
    assert found.trusted_hosts == ("127.0.0.1",)
    assert read_settings(LIVE).trusted_hosts == ("shop.example",)
    assert read_settings(LIVE).absolute_url("/return") == "https://shop.example/return"


@pytest.mark.parametrize(
    ("written", "origin"),
    [
        ("https://Shop.Example/", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("https://shop.example:8443", "https://shop.example:8443"),
        ("HTTP://LOCALHOST:80", "http://localhost"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_the_address_is_read_as_browsers_write_an_origin(written: str, origin: str) -> None:
    """WS-01: a form's Origin is compared with it."""
    assert read_settings(TEST | {"PUBLIC_BASE_URL": written}).public_base_url == origin


def test_the_shop_and_gunicorn_read_one_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """CR-08."""
    for environment in ({}, {"GUNICORN_TIMEOUT": "77"}):
        monkeypatch.delenv("GUNICORN_TIMEOUT", raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

        server = runpy.run_path(str(ROOT / "gunicorn.conf.py"))
        assert server["timeout"] == read_settings(LIVE | environment).worker_timeout
