"""The demo's settings, made from nothing: no keys to fetch, no `.env` to write.

`python -m scripts.demo_environment COMMAND …` runs a command with them.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
WEBHOOK_PATH = "/v1/webhooks/stripe"
HIGHEST_PORT = 65535

KEPT = (
    *("PATH", "HOME", "LANG", "LC_ALL", "TERM", "TMPDIR", "TZ", "LD_LIBRARY_PATH"),
    *("CURRENCY", "ORDER_HOLD_MINUTES", "LOG_LEVEL", "WEB_CONCURRENCY", "THREADS"),
    *("RATELIMIT_CALLER", "RATELIMIT_ADDRESS", "RATELIMIT_STORAGE_URI"),
    *("RATELIMIT_PAYMENTS", "RATELIMIT_PAYMENTS_ADDRESS"),
)


def demo_environment(*, port: int, sandbox_port: int, var: Path = VAR) -> dict[str, str]:
    """Return the whole environment of the demo's processes, which keep their data in `var`.

    Only the names in KEPT come from the caller, so that neither its STRIPE_… variables nor a
    `.env` can point the demo at a real account.
    """
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {
        "PATH": f"{Path(sys.executable).parent}:{kept.get('PATH', os.defpath)}",
        "PYTHONUNBUFFERED": "1",
        "FLASK_SKIP_DOTENV": "1",
        "PORT": str(port),
        "PUBLIC_BASE_URL": f"http://127.0.0.1:{port}",
        "DATABASE_URL": f"sqlite:///{var / 'storefront.db'}",
        "SECRET_KEY": secret_key(var / "secret_key"),
        "STRIPE_SANDBOX_URL": f"http://127.0.0.1:{sandbox_port}",
        "STRIPE_SECRET_KEY": "sk_test_demo",
        "STRIPE_PUBLISHABLE_KEY": "pk_test_demo",
        "SANDBOX_PORT": str(sandbox_port),
        "SANDBOX_STATE": str(var / "sandbox.json"),
        "WEBHOOK_ENDPOINT": str(var / "webhook_endpoint"),
        **signing_keys(var),
    }


def secret_key(path: Path) -> str:
    """Return the key kept in `path`; makes one, readable by its owner only, the first time."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        keep_secret(path, secrets.token_urlsafe(48))
    return path.read_text()


def signing_keys(var: Path) -> dict[str, str]:
    """Return where the demo's tokens get signed and verified; makes the keys the first time."""
    private, public = var / "token_signing_key.pem", var / "jwks.json"
    if not (private.exists() and public.exists()):
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        x = urlsafe_b64encode(key.public_key().public_bytes_raw()).rstrip(b"=").decode()
        jwk = {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": f"demo-{secrets.token_hex(4)}"}
        keep_secret(private, pem.decode())
        public.write_text(json.dumps({"keys": [jwk]}))
    return {"JWT_SIGNING_KEY_FILE": str(private), "JWT_JWKS_FILE": str(public)}


def keep_secret(path: Path, secret: str) -> None:
    """Write a file that nobody but its owner can read, at no moment."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(secret)


def ports() -> tuple[int, int]:
    """Return the ports of the shop and of the sandbox; leaves with a sentence if one is absurd."""
    shop, sandbox = port_from("PORT", "8000"), port_from("SANDBOX_PORT", "4242")
    if shop == sandbox:
        sys.exit(f"PORT and SANDBOX_PORT are both {shop}. Give each a port of its own.")
    return shop, sandbox


def port_from(name: str, default: str) -> int:
    """Return the port that the variable `name` holds; leaves with a sentence when it holds none."""
    value = os.environ.get(name, default)
    if not (value.isascii() and value.isdecimal()) or not 0 < int(value) <= HIGHEST_PORT:
        sys.exit(f"{name} is {value!r}; it must be a port number, such as {default}.")
    return int(value)


def main() -> None:
    """Become the command given on the command line."""
    port, sandbox_port = ports()
    environment = demo_environment(port=port, sandbox_port=sandbox_port)
    os.execvpe(sys.argv[1], sys.argv[1:], environment)  # noqa: S606  # the developer's own command


if __name__ == "__main__":
    main()
