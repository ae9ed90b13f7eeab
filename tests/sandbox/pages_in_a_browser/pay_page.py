"""A tiny shop page of another origin, under a strict policy, that mounts the Payment Element."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from flask import Flask
from playwright.sync_api import FrameLocator, Page

from stripe_sandbox.app import sandbox_of

PAGE = """<!doctype html><title>Shop</title>
<link rel="icon" href="data:,">
<div id="element"></div><button id="pay">Pay</button>
<script src="{sandbox}/js/endive/stripe.js"></script><script src="/page.js"></script>"""

SCRIPT = """
window.events = [];
window.start = (clientSecret, given = {}) => {
  const {appearance, options, group, key = 'pk_test_x', locale = 'en'} = given;
  window.stripe = Stripe(key, {locale});
  window.elements = stripe.elements(group ?? {clientSecret, appearance});
  const element = elements.create('payment', options);
  for (const type of ['ready', 'change', 'loaderror', 'focus', 'blur', 'escape']) {
    element.on(type, (event) => window.events.push({type, ...event}));
  }
  element.mount('#element');
};
window.until = async (isSo) => {
  const deadline = Date.now() + 5000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`Waited in vain until ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};
window.confirm = (more = {}) => stripe.confirmPayment({
  elements, confirmParams: {return_url: `${location.origin}/return?order=7`}, ...more,
});
"""

POLICY = (
    "default-src 'none'; script-src 'self' {sandbox}; frame-src {sandbox}; connect-src {sandbox}; "
    "img-src data:; style-src 'self'; base-uri 'none'; frame-ancestors 'none'"
)
DECLINED, NEEDS_3DS = "4000000000000002", "4000002760003184"


@contextmanager
def serve_shop(sandbox: str) -> Iterator[str]:
    """Serve the page on a port of its own; yields its origin."""

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_script = self.path == "/page.js"
            body = (SCRIPT if is_script else PAGE.format(sandbox=sandbox)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript" if is_script else "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Content-Security-Policy", POLICY.format(sandbox=sandbox))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Shop)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def choose(frame: FrameLocator | Page, value: str) -> None:
    """Fill the open form by clicking a test card or a test account."""
    frame.locator("summary:visible").click()
    frame.locator(f'[data-value="{value}"] button').click()


def status_of(app: Flask, intent: Any) -> str:
    """Return where an intent stands in the sandbox."""
    return str(sandbox_of(app).get("payment_intent", intent["id"])["status"])
