"""AP-04: settings of the API that are weak, or contradict each other, are refused at the start."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from storefront.config import ConfigurationError, read_settings
from storefront.jwks import KeySet
from tests.api.issuer import encoded, jwk, rsa_key

TEST = {
    "SECRET_KEY": "a key for tests that is long enough",
    "STRIPE_SECRET_KEY": "sk_test_x",
    "STRIPE_PUBLISHABLE_KEY": "pk_test_x",
}
GOOD_HS256 = {"JWT_HS256_KEY": "q8Zr2LkVx0cT7mWnB5yHsJd3FgAeUp1i", "JWT_ALGORITHMS": "HS256"}
REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "a short key": (GOOD_HS256 | {"JWT_HS256_KEY": "q8Zr2LkVx0cT7mWnB5yHsJd3FgAe"}, "shorter"),
    "a default key": (
        GOOD_HS256 | {"JWT_HS256_KEY": "a-string-secret-at-least-256-bits-long"}, "known"),
    "the tutorial's key": (GOOD_HS256 | {"JWT_HS256_KEY": "your-256-bit-secret" * 2}, "known"),
    "a repetitive key": (GOOD_HS256 | {"JWT_HS256_KEY": "abc" * 20}, "repetitive"),
    "the key of the cookies": (GOOD_HS256 | {"JWT_HS256_KEY": TEST["SECRET_KEY"]}, "SECRET_KEY"),
    "a default key for cookies": ({"SECRET_KEY": "change-me-" * 4}, "SECRET_KEY is a known"),
    "a repetitive key for cookies": ({"SECRET_KEY": "x" * 64}, "SECRET_KEY is a known"),
    "a key without its algorithm": ({"JWT_HS256_KEY": GOOD_HS256["JWT_HS256_KEY"]}, "together"),
    "an algorithm without its key": ({"JWT_ALGORITHMS": "HS256"}, "together"),
    "no algorithm": ({"JWT_ALGORITHMS": ""}, "JWT_ALGORITHMS must be"),
    "none": ({"JWT_ALGORITHMS": "none"}, "JWT_ALGORITHMS must be"),
    "both kinds": (GOOD_HS256 | {"JWT_ALGORITHMS": "HS256,RS256"}, "JWT_ALGORITHMS must be"),
    "both kinds of key": (GOOD_HS256 | {"JWT_JWKS_FILE": "jwks.json"}, "one kind of token"),
    "a signing key alone": ({"JWT_SIGNING_KEY_FILE": "key.pem"}, "without JWT_JWKS_FILE"),
    "no issuer": ({"JWT_ISSUER": ""}, "JWT_ISSUER or JWT_AUDIENCE"),
    "no audience": ({"JWT_AUDIENCE": ""}, "JWT_ISSUER or JWT_AUDIENCE"),
    "no lifetime": ({"JWT_LONGEST_MINUTES": "0"}, "JWT_LONGEST_MINUTES"),
    "a limit that isn't one": ({"RATELIMIT_CALLER": "often"}, "RATELIMIT_CALLER is 'often'"),
    "no limit": ({"RATELIMIT_PAYMENTS": ""}, "RATELIMIT_PAYMENTS is ''"),
    "another store": ({"RATELIMIT_STORAGE_URI": "memcached://x"}, "RATELIMIT_STORAGE_URI must"),
    "any origin": ({"API_CORS_ORIGINS": "*"}, "API_CORS_ORIGINS must be"),
    "no origin of its own": ({"API_CORS_ORIGINS": "null"}, "API_CORS_ORIGINS must be"),
    "a path": ({"API_RETURN_ORIGINS": "https://a.example/x"}, "API_RETURN_ORIGINS must be"),
}  # fmt: skip


@pytest.mark.parametrize(("changes", "named"), REFUSED.values(), ids=REFUSED.keys())
@pytest.mark.parametrize("mode", ["test", "live"])
def test_the_shop_does_not_start_with_them(changes: dict[str, str], named: str, mode: str):
    environment = {name: value.replace("test", mode) for name, value in TEST.items()}
    environment |= {"SECRET_KEY": TEST["SECRET_KEY"], "STRIPE_WEBHOOK_SECRET": "whsec_x"}

    with pytest.raises(ConfigurationError, match=named) as refusal:
        read_settings(environment | {"PUBLIC_BASE_URL": "https://shop.example"} | changes)
    assert GOOD_HS256["JWT_HS256_KEY"] not in str(refusal.value)


def test_good_settings_are_read():
    assert read_settings(TEST | GOOD_HS256).api.jwt_algorithms == ("HS256",)
    assert read_settings(TEST | {"JWT_ALGORITHMS": "EdDSA, RS256"}).api.jwt_jwks_file == ""


GOOD = {"kty": "OKP", "crv": "Ed25519", "x": encoded(bytes(32)), "kid": "k"}
BAD_FILES: dict[str, Any] = {
    "no JSON": None,
    "no object": [],
    "no list": {"keys": GOOD},
    "no key": {"keys": []},
    "no object in the list": {"keys": ["k"]},
    "no kid": {"keys": [{**GOOD, "kid": None}]},
    "a kid twice": {"keys": [GOOD, GOOD]},
    "a private key": {"keys": [{**GOOD, "d": encoded(bytes(32))}]},
    "a broken key": {"keys": [{**GOOD, "x": "AA"}]},
    "a short RSA key": {"keys": [jwk("r", rsa_key(1024))]},
    "another algorithm's": {"keys": [{**GOOD, "alg": "ES256"}]},
}


@pytest.mark.parametrize("content", BAD_FILES.values(), ids=BAD_FILES.keys())
def test_the_shop_does_not_start_with_keys_that_it_cannot_use(tmp_path: Path, content: Any):
    path = tmp_path / "jwks.json"
    path.write_text("{" if content is None else json.dumps(content))
    settings = TEST | {"JWT_JWKS_FILE": str(path), "JWT_ALGORITHMS": "EdDSA,RS256"}

    with pytest.raises(ConfigurationError, match=r"^JWT_JWKS_FILE "):
        KeySet(read_settings(settings).api)


def test_the_shop_does_not_start_without_the_file_that_it_was_told_of(tmp_path: Path):
    settings = TEST | {"JWT_JWKS_FILE": str(tmp_path / "nowhere.json")}

    with pytest.raises(ConfigurationError, match=r"^JWT_JWKS_FILE can't be read"):
        KeySet(read_settings(settings).api)
