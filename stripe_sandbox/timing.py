"""What happens by itself as time goes by."""

from stripe_sandbox.pruning import prune
from stripe_sandbox.resources import checkout_sessions, settlements
from stripe_sandbox.sandbox import Sandbox


def let_happen(sandbox: Sandbox) -> None:
    """Let everything happen whose time has come: sessions expire, debits settle, old things go."""
    checkout_sessions.expire_due(sandbox)
    settlements.settle_due(sandbox)
    prune(sandbox, sandbox.keep_events)
