"""Somebody who wants goods without paying: forged, replayed and foreign events, forged returns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.simulation.invariants import Broken

if TYPE_CHECKING:
    from tests.simulation.world import World

TOLERANCE = 300
# Longer than a request can take, so that a signature is still wrong when it arrives.
WELL_OUTSIDE = 2 * TOLERANCE


def forge(world: World) -> None:
    """Tell the shop that an order is paid, in Stripe's words but without its signature."""
    event = _paid(world)
    if event is None:
        return
    body = json.dumps(event).encode()
    signatures = {
        "no signature": None,
        "an empty one": "",
        "a guessed secret": world.signature(body, secret="whsec_guessed"),
        "that of other bytes": world.signature(body + b" "),
        "an old one": world.signature(body, at=world.now - WELL_OUTSIDE),
        "one of tomorrow": world.signature(body, at=world.now + WELL_OUTSIDE),
        "letters that are none": "t=1,v1=é",
    }
    how = world.schedule.dice.pick(list(signatures))
    world.schedule.forged.add(event["id"])
    answer = world.served(
        f"forges an event with {how}", lambda: world.post(body, signature=signatures[how])
    )
    if answer is not None and answer.status_code != 400:
        raise Broken(f"E3: a forged event is answered {answer.status_code}.")


def replay(world: World) -> None:
    """Send again, byte for byte, what Stripe once sent."""
    made = [row for row in world.sandbox.deliveries.all() if row["attempts"]]
    if not made:
        return
    row = world.schedule.dice.pick(made)
    headers, body = world.sandbox.deliveries.sent(row, row["attempts"][0])  # type: ignore[misc]
    age = world.now - int(row["attempts"][0]["at"])
    answer = world.served(
        "replays a delivery", lambda: world.post(body, signature=headers["Stripe-Signature"])
    )
    if age > TOLERANCE and answer is not None and answer.status_code != 400:
        raise Broken(f"E3: a replayed delivery of {age} s is answered {answer.status_code}.")


def tell_of_another_shop(world: World) -> None:
    """Have Stripe tell this shop, rightly signed, what concerns another one."""
    event = _paid(world)
    if event is None:
        return
    change = world.schedule.dice.pick(("account", "livemode", "store_id", "no words"))
    intent = event["data"]["object"]
    if change == "account":
        event["account"] = "acct_another"
    elif change == "livemode":
        event["livemode"] = intent["livemode"] = True
    else:
        intent["id"] = f"{intent['id']}x"
        intent["metadata"] = (
            {**intent["metadata"], "store_id": "another"} if change == "store_id" else {}
        )
    outcome = _told(world, event, f"tells of another {change}")
    if outcome not in {None, "foreign", "mode_mismatch", "duplicate"}:
        raise Broken(f"E3: an event of another {change} is {outcome}.")


def come_back_as_if_paid(world: World) -> None:
    """Open the way back from Stripe with words that say that it is paid."""
    query = "redirect_status=succeeded&payment_intent=pi_forged"
    for browser in world.browsers:
        for token in browser.orders:
            world.visitor_called("attacker").get(f"/return?order={token}&{query}")
            browser.get(f"/return?order={token}&{query}")
            return


def _told(world: World, event: dict[str, Any], label: str) -> str | None:
    body = json.dumps(event).encode()
    answer = world.served(label, lambda: world.post(body, signature=world.signature(body)))
    if answer is None:
        return None
    outcome = str((answer.json or {}).get("outcome"))
    world.schedule.seen[f"delivery {outcome}"] += 1
    return outcome


def _paid(world: World) -> dict[str, Any] | None:
    """Return the event by which Stripe would tell that some attempt here has succeeded."""
    intents = world.at_stripe("payment_intent")
    if not intents:
        return None
    intent = json.loads(json.dumps(world.schedule.dice.pick(intents)))
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    world.schedule.seen["attacks"] += 1
    return {
        "id": f"evt_made_up_{world.schedule.seen['attacks']}",
        "object": "event",
        "account": None,
        "api_version": "2026-10-28.endive",
        "created": int(world.now),
        "livemode": False,
        "type": "payment_intent.succeeded",
        "data": {"object": intent},
    }
