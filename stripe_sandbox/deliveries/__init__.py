"""Webhook deliveries: signed, retried with back-off until 2xx, made outside the request.

`queue` knows what has to be sent and what came of it, `lanes` who sends it when, `plans` what the
rules do to it, `hurry` what can't wait, `letters` what is sent, and `courier` how.
"""

from stripe_sandbox.deliveries.courier import Send, send_over_http
from stripe_sandbox.deliveries.letters import roll, signature
from stripe_sandbox.deliveries.queue import Deliveries

__all__ = ["Deliveries", "Send", "roll", "send_over_http", "signature"]
