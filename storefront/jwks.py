"""The public keys that tokens are verified with: a JWKS file, read again when it changes."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from flask import current_app
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from storefront.config import ConfigurationError
from storefront.config.api import ApiSettings

log = logging.getLogger(__name__)

# So that tokens with invented ids can't make us read a file as often as they come.
SECONDS_BETWEEN_LOOKS = 1.0
# https://www.rfc-editor.org/rfc/rfc7518#section-6 and rfc8037: the members that hold the key.
PUBLIC_MEMBERS = {
    "EdDSA": {"kty": "OKP", "members": ("crv", "x")},
    "RS256": {"kty": "RSA", "members": ("n", "e")},
}
SHORTEST_RSA = 2048


class KeySet:
    """The keys of one file by `kid`, no more than a second behind the file.

    A file that can't be used leaves the keys as they were, and a line in the log; at the start it
    raises ConfigurationError. No file is no key.
    """

    def __init__(self, found: ApiSettings) -> None:
        self._path = Path(found.jwt_jwks_file) if found.jwt_jwks_file else None
        self._algorithms = found.jwt_algorithms
        self._keys: Mapping[str, PyJWK] = {}
        self._version: object = None
        self._looked_at = time.monotonic()
        if self._path:
            self._version = _version(self._path)
            self._keys = read_keys(self._path, self._algorithms)

    def current(self) -> Mapping[str, PyJWK]:
        """Return the keys as the file has them."""
        now = time.monotonic()
        if self._path and now - self._looked_at >= SECONDS_BETWEEN_LOOKS:
            self._looked_at = now
            self._look(self._path)
        return self._keys

    def published(self) -> list[dict[str, Any]]:
        """Return the keys as a JWKS lists them: their public members and nothing else."""
        return [
            {"kid": kid, "alg": key.algorithm_name, "use": "sig"} | _public_members(key)
            for kid, key in self.current().items()
        ]

    def _look(self, path: Path) -> None:
        version = _version(path)
        if version == self._version:
            return
        self._version = version
        try:
            self._keys = read_keys(path, self._algorithms)
            log.info("jwks=read keys=%d", len(self._keys))
        except ConfigurationError as error:
            log.warning("jwks=kept keys=%d reason=%s", len(self._keys), error)


def key_set() -> KeySet:
    """Return the running application's keys."""
    return cast("KeySet", current_app.extensions["key_set"])


def read_keys(path: Path, algorithms: tuple[str, ...]) -> Mapping[str, PyJWK]:
    """Return a file's keys for these algorithms; raises ConfigurationError unless it has some."""
    try:
        listed = json.loads(path.read_bytes())["keys"]
        found = [PyJWK(each) for each in listed if _is_for(algorithms, each)]
    except (OSError, ValueError, TypeError, KeyError, PyJWTError) as error:
        raise ConfigurationError(
            f"JWT_JWKS_FILE can't be read as a JWKS: {type(error).__name__}. "
            'It must hold {"keys": […]}.'
        ) from error
    keys = {cast("str", key.key_id): key for key in found}
    if not keys or len(keys) < len(found):
        raise ConfigurationError(
            f"JWT_JWKS_FILE needs keys for {' or '.join(algorithms)}, each with a kid of its own."
        )
    if any(_is_weak(key) for key in found):
        raise ConfigurationError(
            f"JWT_JWKS_FILE has a private key, or an RSA key under {SHORTEST_RSA} bits. Replace it."
        )
    return keys


def _is_for(algorithms: tuple[str, ...], key: Mapping[str, Any]) -> bool:
    """Say whether a key is meant to verify; a set may hold others, which are passed over."""
    kinds = [name for name in algorithms if PUBLIC_MEMBERS[name]["kty"] == key["kty"]]
    is_meant = key.get("alg", kinds[0] if kinds else None) in kinds
    return is_meant and key.get("use", "sig") == "sig" and isinstance(key.get("kid"), str)


def _is_weak(key: PyJWK) -> bool:
    return hasattr(key.key, "private_bytes") or (
        key.algorithm_name == "RS256" and key.key.key_size < SHORTEST_RSA
    )


def _public_members(key: PyJWK) -> dict[str, Any]:
    written = key.Algorithm.to_jwk(key.key, as_dict=True)
    return {name: written[name] for name in ("kty", *PUBLIC_MEMBERS[key.algorithm_name]["members"])}


def _version(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
