"""A shop of one process that a browser can open: any state of an order, without playing it out.

Time, deliveries and the database are the test's own, as everywhere in the suites of one process;
the browser gets the visitor's cookie and sees what the visitor would.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from playwright.sync_api import BrowserContext
from werkzeug.serving import make_server

from tests.processes import free_ports
from tests.sandbox.served import running
from tests.shop import Shop, Visitor


@contextmanager
def served_shop(database_url: str) -> Iterator[Shop]:
    """Serve a shop and its sandbox on free ports of this machine."""
    port, sandbox_port = free_ports(2)
    settings = {
        "public_base_url": f"http://127.0.0.1:{port}",
        "sandbox_url": f"http://127.0.0.1:{sandbox_port}",
    }
    with (
        Shop(database_url, **settings) as shop,
        serving(shop.app, port),
        serving(shop.sandbox_app, sandbox_port),
    ):
        yield shop


@contextmanager
def serving(app: Flask, port: int) -> Iterator[None]:
    """Serve an application from threads of this process."""
    with running(make_server("127.0.0.1", port, app, threaded=True)):
        yield


def become(browser: BrowserContext, visitor: Visitor) -> None:
    """Let a browser go on as the visitor, with the cookie that the visitor has."""
    address = visitor.shop.settings.public_base_url
    cookie = visitor.client.get_cookie("store", domain="127.0.0.1")
    assert cookie
    browser.add_cookies([{"name": "store", "value": cookie.value, "url": address}])
