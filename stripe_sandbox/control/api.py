"""The verbs of the control API. Each is a button of the page. JSON in, JSON out."""

from flask import Response, json, jsonify, request

from stripe_sandbox.control.blueprint import asked, bp, complaint, field, seconds
from stripe_sandbox.deliveries import roll
from stripe_sandbox.pages.http import current_sandbox
from stripe_sandbox.protocol.masks import masked
from stripe_sandbox.protocol.transport import Call
from stripe_sandbox.resources import checkout_sessions, disputes, events, late_payments, refunds
from stripe_sandbox.rules import MOST_SECONDS
from stripe_sandbox.timing import let_happen

_ONE_DAY = 24 * 3600


@bp.get("/health")
def health() -> Response:
    """Say that the sandbox answers."""
    return jsonify(ok=True)


@bp.get("/deliveries")
def deliveries() -> Response:
    """Return every delivery with its attempts, the oldest first; of one object with `?about=`."""
    sandbox = current_sandbox()
    found = sandbox.deliveries.all(request.args.get("about"))
    return jsonify(held=sandbox.state.is_held, deliveries=found)


@bp.post("/deliveries/hold")
def hold() -> Response:
    """Deliver nothing until released."""
    current_sandbox().deliveries.hold()
    return _what_waits()


@bp.post("/deliveries/release")
def release() -> Response:
    """Deliver again; rules that hold are over."""
    current_sandbox().deliveries.release()
    return _what_waits()


@bp.post("/deliveries/<delivery_id>/release")
def release_one(delivery_id: str) -> Response:
    """Make one delivery now that is held, delayed or waits for its next attempt."""
    return jsonify(current_sandbox().deliveries.release_one(delivery_id))


@bp.post("/deliveries/<delivery_id>/drop")
def drop_one(delivery_id: str) -> Response:
    """Never make a delivery that waits."""
    return jsonify(current_sandbox().deliveries.drop_one(delivery_id))


@bp.post("/events/<event_id>/deliver")
def deliver_again(event_id: str) -> Response:
    """Send an event once more to every endpoint that listens to it: a duplicate."""
    made = events.deliver_again(current_sandbox(), event_id)
    return jsonify(deliveries=made)


@bp.get("/rules")
def rules() -> Response:
    """Return every rule with how often it struck, and all of them as `rules/import` takes them."""
    known = current_sandbox().rules
    return jsonify(rules=known.all(), definitions=known.definitions())


@bp.post("/rules")
def add_rule() -> Response:
    """Make deliveries or API calls go wrong from now on, as `kind` says."""
    fields = asked()
    return jsonify(current_sandbox().rules.add(fields.pop("kind", ""), **fields))


@bp.post("/rules/<rule_id>/remove")
def remove_rule(rule_id: str) -> Response:
    """End a rule."""
    if current_sandbox().rules.remove(rule_id):
        return rules()
    return complaint(f"There is no rule {rule_id}.", 404)


@bp.post("/rules/import")
def import_rules() -> Response:
    """Have the rules in `definitions` and no others, none of them used yet."""
    current_sandbox().rules.replace(field("definitions", list))
    return rules()


@bp.post("/rules/about")
def replace_rules_about() -> Response:
    """Have the rules in `definitions` about one object, `about`, and no others about it."""
    known = current_sandbox().rules
    return jsonify(rules=known.replace_about(field("about", str), field("definitions", list)))


@bp.post("/clock/advance")
def advance_clock() -> Response:
    """Move the sandbox's time forward by `seconds`; what has become due happens."""
    sandbox, by = current_sandbox(), seconds()
    with sandbox.lock:
        if sandbox.state.clock_offset + by > MOST_SECONDS:
            return complaint("The clock can be moved by 20 years in all.")
        sandbox.state.clock_offset += by
        sandbox.changes += 1
    let_happen(sandbox)
    sandbox.deliveries.wake()
    return jsonify(now=sandbox.time())


@bp.post("/objects/<object_id>/pay")
def pay(object_id: str) -> Response:
    """Let somebody pay an intent or a session, once; one that was canceled or has expired, too."""
    return jsonify(masked(late_payments.pay_anyway(current_sandbox(), object_id)))


@bp.post("/webhook_endpoints/<endpoint_id>/roll")
def roll_secret(endpoint_id: str) -> Response:
    """Give an endpoint a new secret; the old one signs as well for `seconds` (a day)."""
    return jsonify(secret=roll(current_sandbox(), endpoint_id, seconds(_ONE_DAY)))


@bp.post("/charges/<charge_id>/dispute")
def dispute(charge_id: str) -> Response:
    """Let the customer's bank ask for a payment back."""
    return jsonify(masked(disputes.open_dispute(current_sandbox(), charge_id)))


@bp.post("/refunds/<refund_id>/fail")
def fail_refund(refund_id: str) -> Response:
    """Let a refund come back, as from a closed account."""
    return jsonify(masked(refunds.fail_refund(current_sandbox(), refund_id)))


@bp.post("/refunds/<refund_id>/ask")
def ask_shopper(refund_id: str) -> Response:
    """Let a pending refund wait for the shopper's bank details."""
    return jsonify(masked(refunds.ask_shopper(current_sandbox(), refund_id)))


@bp.post("/disputes/<dispute_id>/<any(win, lose):outcome>")
def decide_dispute(dispute_id: str, outcome: str) -> Response:
    """Let the bank decide a dispute now."""
    sandbox = current_sandbox()
    return jsonify(masked(disputes.decide(sandbox, dispute_id, is_won=outcome == "win")))


@bp.post("/checkout/sessions/<session_id>/expire")
def expire_session(session_id: str) -> Response:
    """Let the time of a session be over."""
    sandbox = current_sandbox()
    with sandbox.lock:
        return jsonify(masked(checkout_sessions.expire(Call(sandbox, {}), session_id)))


@bp.post("/reset")
def reset() -> Response:
    """Forget everything but the webhook endpoints. With a seed, the series of ids starts over."""
    current_sandbox().reset()
    return jsonify(ok=True)


@bp.get("/requests/<request_id>")
def show_request(request_id: str) -> Response:
    """Return what is remembered of an API request: the page behind an error's request_log_url."""
    known = current_sandbox().requests.get(request_id)
    if known is None:
        return complaint("No such request, or too long ago.", 404)
    text = json.dumps(masked(known), indent=2, ensure_ascii=False, sort_keys=False)
    return Response(text, content_type="application/json")


def _what_waits() -> Response:
    sandbox = current_sandbox()
    return jsonify(held=sandbox.state.is_held, waiting=len(sandbox.deliveries.pending()))
