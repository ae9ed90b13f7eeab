"""AP-02 and AP-03: a token is believed by the shop's configuration, never by its own word."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from storefront.models import User
from tests.api.conftest import api_settings
from tests.api.door import Door
from tests.api.issuer import CLAIMS, Issuer, encoded, hs256, jwk, rsa_key, unsigned, written
from tests.api.test_credentials import refused
from tests.checkout.together import together
from tests.shop import ADDRESS, START, Shop

INVALID = 'Bearer realm="storefront", error="invalid_token"'
Forge = Callable[[Issuer], str]


def public_forms(issuer: Issuer) -> list[bytes]:
    """Return what a forger could take for a secret: the public key, as it is written down."""
    key = issuer.keys["k1"].public_key()
    raw = key.public_bytes(Encoding.Raw, PublicFormat.Raw)
    pem = key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return [raw, pem, pem.strip(), encoded(raw).encode()]


def confused(form: int) -> Forge:
    header = {"alg": "HS256", "typ": "JWT", "kid": "k1"}
    return lambda issuer: written(header, CLAIMS, hs256(public_forms(issuer)[form]))


def with_own_key(issuer: Issuer) -> str:
    own = Ed25519PrivateKey.generate()
    header = {"alg": "EdDSA", "kid": "k1", "jwk": jwk("k1", own)}
    return written(header, CLAIMS, own.sign)


def another_signature(issuer: Issuer) -> str:
    body, _, signature = issuer.token().rpartition(".")
    return f"{body}.{signature[:-4]}{signature[-4:].swapcase()}"


def another_body(issuer: Issuer) -> str:
    header, _, signature = issuer.token().split(".")
    claims = json.dumps({**CLAIMS, "sub": "root"}).encode()
    return f"{header}.{encoded(claims)}.{signature}"


def header(**changes: Any) -> Forge:
    return lambda issuer: issuer.with_header(**changes)


FORGERIES: dict[str, Forge] = {
    **{
        f"unsigned, {name}": lambda _, name=name: unsigned(name)
        for name in ("none", "None", "nOnE", "", "EdDSA")
    },
    **{f"the public key as a secret, {form}": confused(form) for form in range(4)},
    "HS512 with an empty key": lambda _: jwt.encode(CLAIMS, b"x" * 64, "HS512"),
    "RS256 where EdDSA is pinned": lambda _: jwt.encode(
        CLAIMS, rsa_key(), "RS256", headers={"kid": "k1"}
    ),
    "somebody else's key": lambda _: jwt.encode(
        CLAIMS, Ed25519PrivateKey.generate(), "EdDSA", headers={"kid": "k1"}
    ),
    "a key of its own in the header": with_own_key,
    "another signature": another_signature,
    "another body": another_body,
    "its header says HS256": header(alg="HS256"),
    "its header says ES256": header(alg="ES256"),
    "no algorithm": header(alg=None),
    "an unknown extension is critical": header(crit=["exp"]),
    "b64 is critical": header(crit=["b64"], b64=False),
    "nothing is critical": header(crit=[]),
    "keys are elsewhere (jku)": header(jku="https://evil.example/jwks.json"),
    "keys are elsewhere (x5u)": header(x5u="https://evil.example/cert.pem"),
    "a chain of its own (x5c)": header(x5c=["MIIB"]),
    "compressed": header(zip="DEF"),
    "no kid": header(kid=None),
    "another kid": header(kid="k2"),
    "kid is a path": header(kid="../../../../dev/null"),
    "kid is SQL": header(kid="k1' UNION SELECT 'k'--"),
    "kid is a command": header(kid="k1; cat /etc/passwd"),
    "kid is a list": header(kid=["k1"]),
    "kid is a number": header(kid=1),
    "kid is an object": header(kid={"k1": 1}),
    "kid is empty": header(kid=""),
    "a token for logging out": header(typ="logout+jwt"),
    "a proof of possession": header(typ="dpop+jwt"),
    "typ is a list": header(typ=["JWT"]),
    "two parts": lambda issuer: issuer.token().rpartition(".")[0],
    "four parts": lambda issuer: issuer.token() + ".x",
    "a header that nests": lambda _: encoded(b'{"alg":' + b"[" * 4000) + ".e30.e30",
    "a header that is a list": lambda _: f"{encoded(b'[]')}.e30.e30",
    "a header that isn't UTF-8": lambda _: f"{encoded(b'{%c}' % 255)}.e30.e30",
    "nothing at all": lambda _: "..",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_token_is_refused_in_the_same_words(door: Door, issuer: Issuer, forge: Forge):
    """AP-02."""
    assert refused(door.knock(forge(issuer))) == INVALID


NOW = int(START)
CLAIMS_REFUSED: dict[str, dict[str, Any]] = {
    **{f"no {name}": {name: None} for name in ("exp", "iat", "iss", "aud", "sub")},
    "it has ended": {"iat": NOW - 600, "exp": NOW - 31},
    "it lives a hundred years": {"exp": NOW + 100 * 365 * 86_400},
    "it lives a second too long": {"exp": NOW + 3601},
    "it ends before it begins": {"iat": NOW, "exp": NOW - 10},
    "it ends as it begins": {"exp": NOW},
    "issued in the future": {"iat": NOW + 31, "exp": NOW + 600},
    "not valid yet": {"nbf": NOW + 31},
    "exp is text": {"exp": str(NOW + 600)},
    "exp is a truth": {"exp": True},
    "exp is infinite": {"exp": float("inf")},
    "exp is no number": {"exp": float("nan")},
    "exp has no end": {"exp": 10**400},
    "iat is a list": {"iat": [NOW]},
    "nbf is text": {"nbf": "now"},
    "another issuer": {"iss": "https://evil.example"},
    "an issuer that begins so": {"iss": f"{ADDRESS}/"},
    "issuers": {"iss": [ADDRESS]},
    "another audience": {"aud": "https://other.example"},
    "an audience that begins so": {"aud": f"{ADDRESS}/v1/"},
    "no audience in the list": {"aud": []},
    "a number for an audience": {"aud": 1},
    "an empty subject": {"sub": ""},
    "a long subject": {"sub": "a" * 256},
    "a subject with a NUL": {"sub": "alice\0"},
    "a subject with a line break": {"sub": "alice\nroot"},
    "a subject that is a surrogate": {"sub": "\ud800"},
    "a subject that is a number": {"sub": 1},
    "a subject that is a list": {"sub": ["alice"]},
}


@pytest.mark.parametrize("claims", CLAIMS_REFUSED.values(), ids=CLAIMS_REFUSED.keys())
def test_true_tokens_with_wrong_claims_are_refused_in_the_same_words(
    door: Door, issuer: Issuer, claims: dict[str, Any]
):
    """AP-03."""
    key = issuer.keys["k1"]
    assert isinstance(key, Ed25519PrivateKey)
    known = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}

    token = written({"alg": "EdDSA", "kid": "k1"}, known, key.sign)

    assert refused(door.knock(token)) == INVALID


REASONS: dict[str, Forge] = {
    "token-expired": lambda issuer: issuer.token(iat=NOW - 600, exp=NOW - 31),
    "token-time": lambda issuer: issuer.token(nbf=NOW + 31),
    "token-aud": lambda issuer: issuer.token(aud="https://other.example"),
    "token-iss": lambda issuer: issuer.token(iss="https://evil.example"),
    "token-sub": lambda issuer: issuer.token(sub=""),
    "token-claims": lambda issuer: issuer.token(sub=None),
    "token-kid": header(kid="k9"),
    "token-header": header(typ="logout+jwt"),
    "token-signature": another_body,
    "token-alg": header(alg="ES256"),
    "token-shape": lambda _: "a.b.c",
}


@pytest.mark.parametrize("reason", REASONS)
def test_why_a_token_is_refused_is_in_the_log_and_the_token_is_not(
    door: Door, issuer: Issuer, reason: str, caplog: pytest.LogCaptureFixture
):
    """WS-18."""
    token = REASONS[reason](issuer)

    answer = door.knock(token)

    name = answer.headers["X-Request-ID"]
    assert f"request={name} endpoint=probe.anybody refused={reason}" in caplog.text
    assert not any(part in caplog.text for part in token.split(".") if len(part) > 1)


ACCEPTED: dict[str, dict[str, Any]] = {
    "as usual": {},
    "a clock that is behind": {"iat": NOW - 600, "exp": NOW - 29},
    "a clock that is ahead": {"iat": NOW + 29},
    "the longest life": {"exp": NOW + 3600},
    "several audiences": {"aud": ["https://other.example", f"{ADDRESS}/v1"]},
    "a fraction of a second": {"iat": NOW + 0.5},
    "claims that we don't know": {"email": "a@example.com", "admin": True},
}


@pytest.mark.parametrize("claims", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_is_within_the_rules_is_believed(door: Door, issuer: Issuer, claims: dict[str, Any]):
    assert door.knock(issuer.token(**claims)).status_code == 200


@pytest.mark.parametrize("typ", ["JWT", "jwt", "at+jwt", "application/at+jwt", None])
def test_the_types_of_access_tokens_are_believed(door: Door, issuer: Issuer, typ: str | None):
    assert door.knock(issuer.with_header(typ=typ)).status_code == 200


def test_the_scope_claim_is_what_the_token_may_do(door: Door, issuer: Issuer):
    for scope, status in (
        ("orders:read", 200),
        ("orders:write", 403),
        ("", 403),
        (["orders:read"], 403),
    ):
        assert door.knock(issuer.token(scope=scope), "/v1/probe/orders").status_code == status


def test_the_name_in_a_key_and_in_a_token_is_the_same_user(door: Door, issuer: Issuer):
    assert door.who(issuer.token(sub="erin")) == door.who(door.key("erin"))
    assert door.who(issuer.token(sub="Erin")) != door.who(door.key("erin"))


def test_a_token_costs_one_query(door: Door, issuer: Issuer):
    door.who(issuer.token())

    with door.queries() as queries:
        door.who(issuer.token())
    assert len(queries) == 1


def test_a_first_sight_makes_the_user_once_however_many_come_together(
    database_url: str, issuer: Issuer
):
    with Door(Shop(database_url, **api_settings(jwt_jwks_file=str(issuer.path)))) as door:
        token = issuer.token(sub="新客")

        found = together(*[lambda: door.who(token)] * 8)

        assert len(set(found)) == 1
        assert len(door.shop.all(User, User.subject == "新客")) == 1
