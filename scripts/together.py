"""Runs several programs until one of them ends or someone stops all; nothing is left behind."""

from __future__ import annotations

from collections.abc import Mapping

from honcho.manager import Manager

STOPPED_BY_HAND = (130, 143)  # what honcho returns after SIGINT and SIGTERM


def run_together(commands: Mapping[str, str], environment: Mapping[str, str]) -> int:
    """Run each command under its name; returns 0 when someone stopped them, and never else."""
    manager = Manager()
    for name, command in commands.items():
        manager.add_process(name, f"exec {command}", env=dict(environment))
    manager.loop()
    if manager.returncode in STOPPED_BY_HAND:
        return 0
    print("All was stopped because one of the processes was; the lines above say why.")
    return manager.returncode or 1
