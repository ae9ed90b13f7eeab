"""The control panel under `/_sandbox/`: watch, and misbehave on request. A page and a JSON API.

`api` has the verbs, `overview` says what there is to see, `page` shows it.
"""

from stripe_sandbox.control import api, page
from stripe_sandbox.control.blueprint import bp

__all__ = ["api", "bp", "page"]
