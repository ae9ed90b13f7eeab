"""The demo issues tokens itself: a key made once, a command, and a JWKS for whoever verifies."""

from __future__ import annotations

import stat
from pathlib import Path

import jwt
import pytest

from scripts.demo_environment import demo_environment, signing_keys
from tests.api.conftest import api_settings
from tests.api.door import Door
from tests.api.test_credentials import refused
from tests.shop import Shop


@pytest.fixture
def demo(sqlite_url: str, tmp_path: Path) -> Door:
    """A shop with the keys that the demo makes."""
    found = signing_keys(tmp_path)
    files = {
        "jwt_signing_key_file": found["JWT_SIGNING_KEY_FILE"],
        "jwt_jwks_file": found["JWT_JWKS_FILE"],
    }
    return Door(Shop(sqlite_url, **api_settings(**files)))


def issue(door: Door, *arguments: str) -> str:
    command = ["tokens", "issue", "--user", "alice", *arguments]
    found = door.shop.app.test_cli_runner().invoke(args=command)
    assert found.exit_code == 0, found.output
    return found.output.strip()


def test_a_token_that_the_shop_issues_opens_it(demo: Door):
    assert demo.who(issue(demo)) == demo.who(demo.key("alice"))
    assert demo.knock(issue(demo), "/v1/probe/orders").status_code == 200


def test_it_has_the_scope_and_the_time_that_were_asked_for(demo: Door):
    token = issue(demo, "--scope", "cart:read", "--expires-in", "5m")

    assert demo.knock(token, "/v1/probe/orders").status_code == 403
    demo.shop.now += 360
    refused(demo.knock(token))


def test_anybody_can_verify_it_with_the_published_keys(demo: Door):
    answer = demo.knock_with([], "/.well-known/jwks.json")
    token = issue(demo)

    assert answer.json
    [published] = answer.json["keys"]
    assert set(published) == {"kty", "crv", "x", "kid", "alg", "use"}
    key = jwt.PyJWKSet.from_dict(answer.json)[jwt.get_unverified_header(token)["kid"]]
    claims = jwt.decode(token, key, options={"verify_aud": False, "verify_iat": False})
    assert claims["sub"] == "alice"


def test_a_token_that_the_shop_would_not_believe_is_not_issued(demo: Door, sqlite_url: str):
    runner = demo.shop.app.test_cli_runner()
    too_long = runner.invoke(args=["tokens", "issue", "--user", "a", "--expires-in", "2h"])
    with Shop(sqlite_url) as plain:
        no_key = plain.app.test_cli_runner().invoke(args=["tokens", "issue", "--user", "a"])

    assert (too_long.exit_code, no_key.exit_code) == (1, 1)
    assert "JWT_LONGEST_MINUTES" in too_long.output
    assert "JWT_SIGNING_KEY_FILE is not set" in no_key.output


def test_the_demo_makes_its_keys_once_and_keeps_them_from_others(tmp_path: Path):
    first, second = (demo_environment(port=1, sandbox_port=2, var=tmp_path) for _ in range(2))
    private = Path(first["JWT_SIGNING_KEY_FILE"])

    assert private.read_text() == Path(second["JWT_SIGNING_KEY_FILE"]).read_text()
    assert stat.S_IMODE(private.stat().st_mode) == 0o600
    assert "PRIVATE KEY" in private.read_text()
    assert '"d"' not in Path(first["JWT_JWKS_FILE"]).read_text()
