"""AP-02 and AP-03: a token is believed by the shop's configuration, never by its own word."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from storefront import jwks
from storefront.models import User
from tests.api.conftest import api_settings
from tests.api.door import Door
from tests.api.issuer import CLAIMS, Issuer, encoded, jwk, rsa_key, written
from tests.api.test_credentials import refused
from tests.checkout.together import together
from tests.shop import ADDRESS, START, Shop

INVALID = 'Bearer realm="storefront", error="invalid_token"'
Forge = Callable[[Issuer], str]


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    return lambda body: hmac.new(secret, body, hashlib.sha256).digest()


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


def unsigned(algorithm: str) -> Forge:
    return lambda _: written({"alg": algorithm, "typ": "JWT"}, CLAIMS, lambda _: b"")


def header(**changes: Any) -> Forge:
    return lambda issuer: issuer.with_header(**changes)


FORGERIES: dict[str, Forge] = {
    **{f"unsigned, {name}": unsigned(name) for name in ("none", "None", "nOnE", "", "EdDSA")},
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


@pytest.fixture
def rotating(
    sqlite_url: str, issuer: Issuer, monkeypatch: pytest.MonkeyPatch, tmp_path
) -> tuple[Door, Issuer]:
    """A door that looks at its file with every token, and an issuer of its own."""
    monkeypatch.setattr(jwks, "SECONDS_BETWEEN_LOOKS", 0.0)
    own = Issuer(tmp_path / "jwks.json")
    return Door(Shop(sqlite_url, **api_settings(jwt_jwks_file=str(own.path)))), own


def test_keys_are_rotated_without_a_restart(rotating: tuple[Door, Issuer]):
    door, issuer = rotating
    old = issuer.token()
    issuer.keys["k2"] = Ed25519PrivateKey.generate()
    refused(door.knock(issuer.token("k2")))

    issuer.publish()
    assert [door.knock(token).status_code for token in (old, issuer.token("k2"))] == [200, 200]

    issuer.publish(only="k2")
    assert [door.knock(token).status_code for token in (old, issuer.token("k2"))] == [401, 200]


def test_a_file_that_breaks_leaves_the_keys_as_they_were(
    rotating: tuple[Door, Issuer], caplog: pytest.LogCaptureFixture
):
    door, issuer = rotating

    for broken in ("{", "[]", '{"keys": []}', '{"keys": [1]}'):
        issuer.path.write_text(broken)
        assert door.knock(issuer.token()).status_code == 200
    issuer.path.unlink()
    assert door.knock(issuer.token()).status_code == 200

    assert caplog.text.count("jwks=kept") == 5


def test_invented_kids_do_not_make_it_read_the_file_each_time(
    rotating: tuple[Door, Issuer], monkeypatch: pytest.MonkeyPatch
):
    door, issuer = rotating
    monkeypatch.setattr(jwks, "SECONDS_BETWEEN_LOOKS", 3600.0)
    issuer.keys["k2"] = Ed25519PrivateKey.generate()
    issuer.publish()

    refused(door.knock(issuer.token("k2")))


def test_keys_of_other_kinds_in_the_file_are_passed_over(rotating: tuple[Door, Issuer]):
    door, issuer = rotating
    others = [{"kty": "EC", "crv": "P-256", "kid": "e"}, {"kty": "oct", "k": "AAAA", "kid": "o"}]
    for_encryption = {**jwk("enc", Ed25519PrivateKey.generate()), "use": "enc"}

    issuer.publish(*others, for_encryption, jwk("r", rsa_key()))

    assert door.knock(issuer.token()).status_code == 200
    published = door.knock_with([], "/.well-known/jwks.json").json
    assert published == {"keys": [{**jwk("k1", issuer.keys["k1"]), "alg": "EdDSA", "use": "sig"}]}


def test_rs256_is_believed_where_it_is_pinned_and_eddsa_is_not(sqlite_url: str, tmp_path):
    issuer = Issuer(tmp_path / "jwks.json")
    issuer.keys["r1"] = rsa_key()
    issuer.publish()
    pinned = api_settings(jwt_jwks_file=str(issuer.path), jwt_algorithms=("RS256",))
    with Door(Shop(sqlite_url, **pinned)) as door:
        assert door.knock(issuer.token("r1")).status_code == 200
        refused(door.knock(issuer.token("k1")))
        public = (
            rsa_key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        forged = written({"alg": "HS256", "kid": "r1"}, CLAIMS, hs256(public))
        refused(door.knock(forged))


def test_hs256_is_believed_with_the_shared_key_alone(sqlite_url: str):
    secret = "a shared secret of enough bytes!!"
    pinned = api_settings(jwt_hs256_key=secret, jwt_algorithms=("HS256",))
    with Door(Shop(sqlite_url, **pinned)) as door:
        assert door.knock(jwt.encode(CLAIMS, secret, "HS256")).status_code == 200
        for algorithm, key in (("HS256", "z" * 32), ("HS384", secret * 2), ("HS512", secret * 2)):
            refused(door.knock(jwt.encode(CLAIMS, key, algorithm)))
        refused(door.knock(unsigned("none")(None)))  # type: ignore[arg-type]
        assert door.knock_with([], "/.well-known/jwks.json").json == {"keys": []}


def test_a_shop_without_an_issuer_believes_no_token(sqlite_url: str, issuer: Issuer):
    with Door(Shop(sqlite_url)) as door:
        refused(door.knock(issuer.token()))
        refused(door.knock(unsigned("none")(issuer)))
