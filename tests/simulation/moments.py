"""What a schedule's moment is told from others by: everything that its fair end depends on."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.simulation.world import World

# Names that are drawn anew for each request, and by which nothing is ever asked for again.
UNIQUE = re.compile(
    r"req_\w+|\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\bv1=[0-9a-f]{64}\b"
)
# A token that is drawn with each change of the catalogue, and what is kept for people to look at.
BESIDE_THE_POINT = {"catalogue_version", "gateway_calls", "sqlite_sequence"}
TABLES = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name"


def fingerprint(world: World) -> str:
    """Return what two moments have in common from which the same follows.

    Once the actors are done nothing is left to chance: what comes then follows from both programs'
    memories, the time, what is drawn next, and what the browsers have seen.
    """
    breaker = world.app.extensions["gateway"]._breaker
    parts = (
        _rows(world),
        json.dumps(world.sandbox.state.as_json()),
        (world.now, world.urn.drawn, [each.memory for each in world.browsers]),
        (sorted(world.schedule.acknowledged), world.schedule.forged, world.schedule.seen["lost"]),
        {name: value for name, value in vars(breaker).items() if not hasattr(value, "acquire")},
    )
    return hashlib.sha256(UNIQUE.sub("", repr(parts)).encode()).hexdigest()


def _rows(world: World) -> dict[str, list[tuple[Any, ...]]]:
    names = [row[0] for row in world.watch.ask(TABLES)]
    return {
        name: world.watch.ask(f"SELECT * FROM {name}")
        for name in names
        if name not in BESIDE_THE_POINT
    }
