"""Run the shop, its worker and its reconciler with your Stripe account: `make run`.

The account is the one in the environment or `.env`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from dotenv import load_dotenv

from scripts.answers import require_free
from scripts.demo_environment import ROOT, port_from
from scripts.together import run_together
from storefront.config import ConfigurationError, read_settings

PROCESSES: Mapping[str, str] = {
    "shop": "gunicorn wsgi:app",
    "worker": "python -m flask work --every 60",
    "reconciler": "python -m flask reconcile --every 300",
}


def main() -> int:
    """Check the settings, migrate, and run all until one ends or someone stops them."""
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
    path = f"{bin_dir}:{os.environ.get('PATH', os.defpath)}"
    return run_together(PROCESSES, os.environ | {"PATH": path, "PYTHONUNBUFFERED": "1"})


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
