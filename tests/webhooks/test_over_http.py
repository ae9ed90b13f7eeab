"""Bodies on a real connection to the real server: chunked, endless, longer than was told."""

from __future__ import annotations

import itertools
import json
import socket
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import psutil
import pytest
import stripe

from tests.processes import LiveShop
from tests.webhooks.test_delivery import UNKNOWN_EVENT

MEGABYTE = 1024 * 1024
HEAD = b"POST /v1/webhooks/stripe HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
CHUNK = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
_numbers = itertools.count(1)
LAST = b"0\r\n\r\n"


@pytest.fixture(scope="module")
def live_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveShop]:
    """The shop behind gunicorn."""
    with LiveShop(tmp_path_factory.mktemp("live")) as running:
        yield running


LIES = {
    "less than is sent": [b"Content-Length: 2\r\n\r\n", b"x" * 100],
    "more than is sent": [b"Content-Length: 2000\r\n\r\n", b"xx"],
    "a negative number": [b"Content-Length: -1\r\n\r\n", b"x"],
    "two numbers": [b"Content-Length: 2\r\nContent-Length: 5\r\n\r\n", b"xxxxx"],
    "a number, and chunks": [b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n", LAST],
    "chunks cut off": [b"Transfer-Encoding: chunked\r\n\r\n", b"10000\r\nxx"],
    "chunks of no size": [b"Transfer-Encoding: chunked\r\n\r\n", b"many\r\nxx"],
}


@pytest.mark.parametrize("name", LIES)
def test_a_body_that_lies_about_its_length_is_refused(live_shop: LiveShop, name: str) -> None:
    """WH-25: and the worker goes on."""
    assert send(live_shop, LIES[name]) in {400, 413}
    assert send(live_shop, signed_chunks(live_shop)) == 200


def test_large_bodies_are_refused_without_being_kept(live_shop: LiveShop) -> None:
    """WH-25: 5 MB each, and memory grows by less than 2."""
    chunked = [b"Transfer-Encoding: chunked\r\n\r\n", *[CHUNK] * 80, LAST]
    told = [b"Content-Length: 5242880\r\n\r\n", *[b"x" * 0x10000] * 80]
    for _ in range(6):  # so that both workers have seen one
        send(live_shop, chunked)
    before = memory(live_shop)

    answers = [send(live_shop, body) for body in (chunked, told) for _ in range(6)]

    assert set(answers) == {413}
    assert memory(live_shop) - before < 2 * MEGABYTE
    assert send(live_shop, signed_chunks(live_shop)) == 200


def signed_chunks(shop: LiveShop) -> list[bytes]:
    """Return a valid delivery whose body tells no length."""
    body = json.dumps({**UNKNOWN_EVENT, "id": f"evt_{next(_numbers)}"}).encode()
    _, secret = Path(shop.environment["WEBHOOK_ENDPOINT"]).read_text().split()
    signature = stripe.WebhookSignature.generate_signature_header(
        body.decode(), secret, int(time.time())
    )
    head = f"Stripe-Signature: {signature}\r\nTransfer-Encoding: chunked\r\n\r\n"
    return [head.encode(), b"%x\r\n%s\r\n" % (len(body), body), LAST]


def send(shop: LiveShop, parts: Iterable[bytes]) -> int:
    """Send a request in parts, as far as the server listens; returns the answer's status."""
    host, port = shop.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        try:
            for part in (HEAD, *parts):
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it answered before it had read everything
        return int(connection.recv(100).split(b" ")[1])


def memory(shop: LiveShop) -> int:
    """Return how many bytes the server's processes hold, all together."""
    assert shop.shop.process
    master = psutil.Process(shop.shop.process.pid)
    return sum(each.memory_info().rss for each in (master, *master.children()))
