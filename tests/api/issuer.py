"""Somebody who issues tokens: its keys, its JWKS file, and whatever a forger would write."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.shop import ADDRESS, START

CLAIMS = {
    "iss": ADDRESS,
    "aud": f"{ADDRESS}/v1",
    "sub": "alice",
    "iat": int(START),
    "exp": int(START) + 600,
    "scope": "orders:read payments:write",
}
Key = Ed25519PrivateKey | rsa.RSAPrivateKey


class Issuer:
    """Writes its public keys to `path`; the first is `k1`, for EdDSA."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.keys: dict[str, Key] = {"k1": Ed25519PrivateKey.generate()}
        self.publish()

    def publish(self, *more: Mapping[str, Any], only: str = "") -> None:
        """Write the file in one move, as the documents advise."""
        keys = [jwk(kid, key) for kid, key in self.keys.items() if not only or kid == only]
        new = self.path.with_suffix(".new")
        new.write_text(json.dumps({"keys": [*keys, *more]}))
        new.replace(self.path)

    def token(self, kid: str = "k1", **claims: Any) -> str:
        """Sign the usual claims with these changes; None takes one away."""
        key = self.keys[kid]
        algorithm = "EdDSA" if isinstance(key, Ed25519PrivateKey) else "RS256"
        return jwt.encode(changed(claims), key, algorithm, headers={"kid": kid})

    def with_header(self, **header: Any) -> str:
        """Sign the usual claims, truly, under a header with these changes."""
        key = self.keys["k1"]
        assert isinstance(key, Ed25519PrivateKey)
        known = {"alg": "EdDSA", "typ": "JWT", "kid": "k1"}
        return written(changed(header, known), CLAIMS, key.sign)


def changed(changes: Mapping[str, Any], known: Mapping[str, Any] = CLAIMS) -> dict[str, Any]:
    """Return what is known with these changes; None takes something away."""
    return {name: value for name, value in {**known, **changes}.items() if value is not None}


def written(
    header: Mapping[str, Any], claims: Mapping[str, Any], sign: Callable[[bytes], bytes]
) -> str:
    """Write a token by hand, for no library would write what forgers do."""
    body = f"{encoded(json.dumps(header).encode())}.{encoded(json.dumps(claims).encode())}"
    return f"{body}.{encoded(sign(body.encode()))}"


def unsigned(algorithm: str) -> str:
    """Write a token with the usual claims and no signature."""
    return written({"alg": algorithm, "typ": "JWT"}, CLAIMS, lambda _: b"")


def hs256(secret: bytes) -> Callable[[bytes], bytes]:
    """Return what signs with a shared secret."""
    return lambda body: hmac.new(secret, body, hashlib.sha256).digest()


def encoded(data: bytes) -> str:
    """Write base64url without padding."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def jwk(kid: str, key: Key) -> dict[str, Any]:
    """Return the public half of a key as a JWKS lists it."""
    if isinstance(key, Ed25519PrivateKey):
        x = encoded(key.public_key().public_bytes_raw())
        return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": kid}
    written_key = jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key(), as_dict=True)
    return {**written_key, "kid": kid, "alg": "RS256"}


@cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    """Return an RSA key; one for all tests, for they take long to make."""
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)
