"""Whose signature counts: a JWKS file that rotates, one algorithm or another, a shared key."""

from __future__ import annotations

from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from storefront import jwks
from tests.api.conftest import api_settings
from tests.api.door import Door
from tests.api.issuer import CLAIMS, Issuer, hs256, jwk, rsa_key, unsigned, written
from tests.api.test_credentials import refused
from tests.shop import Shop


@pytest.fixture
def rotating(
    sqlite_url: str, issuer: Issuer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
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
    answer = door.knock_with([], "/.well-known/jwks.json")
    published = answer.json
    assert published == {"keys": [{**jwk("k1", issuer.keys["k1"]), "alg": "EdDSA", "use": "sig"}]}
    assert answer.headers["Cache-Control"] == "public, max-age=300"


def test_rs256_is_believed_where_it_is_pinned_and_eddsa_is_not(sqlite_url: str, tmp_path: Path):
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
    secret = "a shared secret of enough bytes for every HMAC that anybody could want"
    pinned = api_settings(jwt_hs256_key=secret, jwt_algorithms=("HS256",))
    with Door(Shop(sqlite_url, **pinned)) as door:
        assert door.knock(jwt.encode(CLAIMS, secret, "HS256")).status_code == 200
        for algorithm, key in (("HS256", "z" * 32), ("HS384", secret), ("HS512", secret)):
            refused(door.knock(jwt.encode(CLAIMS, key, algorithm)))
        refused(door.knock(unsigned("none")))
        assert door.knock_with([], "/.well-known/jwks.json").json == {"keys": []}


def test_a_shop_without_an_issuer_believes_no_token(sqlite_url: str, issuer: Issuer):
    with Door(Shop(sqlite_url)) as door:
        refused(door.knock(issuer.token()))
        refused(door.knock(unsigned("none")))
