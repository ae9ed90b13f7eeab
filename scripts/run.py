"""Run the shop alone, with the Stripe account in the environment or `.env`: `make run`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dotenv import load_dotenv

from scripts.answers import require_free
from scripts.demo_environment import ROOT, port_from
from storefront.config import ConfigurationError, read_settings


def main() -> None:
    """Check the settings, migrate, and become gunicorn."""
    os.chdir(ROOT)
    load_dotenv(ROOT / ".env")
    bin_dir = Path(sys.executable).parent
    try:
        world = read_settings().world
    except ConfigurationError as problem:
        sys.exit(f"{problem} Every setting is listed in .env.example.")
    require_free(port_from("PORT", "8000"), variable="PORT")
    (ROOT / "var").mkdir(mode=0o700, exist_ok=True)
    if subprocess.run([bin_dir / "flask", "db", "upgrade"], check=False).returncode:
        sys.exit('"flask db upgrade" failed; the lines above say why.')
    print(
        f"Stripe world: {world}. An empty catalogue is filled by: {bin_dir}/flask seed", flush=True
    )
    os.execv(bin_dir / "gunicorn", ["gunicorn", "wsgi:app"])  # noqa: S606  # our own program


if __name__ == "__main__":
    main()
