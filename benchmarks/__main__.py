"""`python -m benchmarks [NAME …]`: run every benchmark, or those named, one after the other."""

from __future__ import annotations

import importlib
import pkgutil
import sys

import benchmarks


def main() -> None:
    """Print what each benchmark finds."""
    known = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    for name in sys.argv[1:] or sorted(known):
        module = importlib.import_module(f"benchmarks.{name}")
        if name != "__main__" and hasattr(module, "main"):
            print(f"\n{name}: {module.__doc__.splitlines()[0]}")
            module.main()


if __name__ == "__main__":
    main()
