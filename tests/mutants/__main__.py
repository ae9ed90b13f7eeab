"""`make mutants`: break the shop in each of the ways of the table, and see a test turn red.

First every test that is named must be green as things are: a test that is always red finds
nothing. Each mutant is run in a copy of the project; names given as arguments pick some.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from tests.mutants.table import MUTANTS, Mutant

ROOT = Path(__file__).parents[2]
LEFT_OUT = shutil.ignore_patterns(".*", "node_modules", "var", "__pycache__", "docs", "benchmarks")
PASSED, FAILED = 0, 1  # https://docs.pytest.org/en/stable/reference/exit-codes.html
LONGEST_RUN = 300


def main() -> None:
    """Print a line for each mutant, and leave with the number of those that nobody noticed."""
    words = sys.argv[1:]
    chosen = [one for one in MUTANTS if not words or any(word in one.name for word in words)]
    began = time.monotonic()
    with copied() as intact:
        tests = sorted({mutant.test for mutant in chosen})
        if run(intact, tests) != PASSED:
            sys.exit("Some of these tests are red without any fault; mend that first.")
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        is_caught = list(pool.map(caught, chosen))
    survivors = is_caught.count(False)
    seconds = time.monotonic() - began
    print(f"{len(chosen) - survivors} of {len(chosen)} mutants caught in {seconds:.0f} s.")
    sys.exit(survivors and f"{survivors} of them live: no test can tell.")


def caught(mutant: Mutant) -> bool:
    """Say whether the mutant's test turns red, and print it."""
    with copied() as broken:
        path = broken / mutant.path
        path.write_text(mutated(mutant, path.read_text()))
        code = run(broken, [mutant.test])
    words = {FAILED: "caught", PASSED: "LIVES "}.get(code, f"exit {code}")
    print(f"{words}  {mutant.name}", flush=True)
    return code == FAILED


def mutated(mutant: Mutant, source: str) -> str:
    """Return the source with the fault in it; raises ValueError when its text isn't there once."""
    if source.count(mutant.old) != 1:
        raise ValueError(f"{mutant.path} has {mutant.old!r} {source.count(mutant.old)} times.")
    return source.replace(mutant.old, mutant.new)


@contextmanager
def copied() -> Iterator[Path]:
    """Hand out a copy of the project in which things can be broken."""
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / "storefront"
        shutil.copytree(ROOT, copy, ignore=LEFT_OUT)
        yield copy


def run(project: Path, tests: Sequence[str]) -> int:
    """Run tests on SQLite alone, and return pytest's exit code."""
    options = ["-x", "-p", "no:cacheprovider", "-k", "not postgresql", "--show-capture=no"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *tests],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=LONGEST_RUN * len(tests),
    )
    if done.returncode not in {PASSED, FAILED} or (len(tests) > 1 and done.returncode):
        print(done.stdout[-3000:], done.stderr[-1000:], file=sys.stderr)
    return done.returncode


if __name__ == "__main__":
    main()
