"""The CLI's resource commands, as a developer types them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.javascript.node import ROOT
from tests.sandbox.stripe_cli.cli import NO_PROXY_LISTENS_HERE, StripeCli, stripe_cli

INTENT = ("payment_intents", "create", "--amount=1000", "--currency=usd")


@pytest.fixture(scope="module")
def cli() -> Iterator[StripeCli]:
    with stripe_cli() as cli:
        yield cli


def test_an_object_is_made_shown_changed_and_listed(cli: StripeCli) -> None:
    made = cli.json(*INTENT, "-d", "metadata[order_id]=7")

    shown = cli.json("get", made["id"], "--expand", "latest_charge")
    changed = cli.json("payment_intents", "update", made["id"], "--description=tea")
    listed = cli.json("get", "/v1/payment_intents", "--limit=1")

    assert shown == made
    assert made["metadata"] == {"order_id": "7"}
    assert changed["description"] == "tea"
    assert [row["id"] for row in listed["data"]] == [made["id"]]


def test_nested_parameters_arrive(cli: StripeCli) -> None:
    session = cli.json(
        *("checkout", "sessions", "create", "--mode=payment", "--success-url=http://shop.test/"),
        *("-d", "line_items[0][price_data][currency]=usd", "-d", "line_items[0][quantity]=2"),
        *("-d", "line_items[0][price_data][unit_amount]=700"),
        *("-d", "line_items[0][price_data][product_data][name]=Tea"),
    )

    items = cli.json("checkout", "sessions", "list_line_items", session["id"])

    assert session["amount_total"] == 1400
    assert [row["description"] for row in items["data"]] == ["Tea"]


def test_an_object_is_deleted(cli: StripeCli) -> None:
    endpoint = cli.json(
        *("webhook_endpoints", "create", "--url=http://127.0.0.1:9/", "--enabled-events=*")
    )

    gone = cli.run("webhook_endpoints", "delete", endpoint["id"], "--confirm")

    assert '"deleted": true' in gone.stdout
    assert cli.json("webhook_endpoints", "list")["data"] == []


def test_an_error_is_shown_as_stripe_words_it(cli: StripeCli) -> None:
    done = cli.run("get", "pi_unknown")

    assert "No such payment_intent: 'pi_unknown'" in done.stdout


def test_make_stripe_runs_the_cli_on_the_sandbox(cli: StripeCli, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(ROOT / "node_modules")
    port = cli.sandbox.public_url.rpartition(":")[2]
    settings = (f"VENV={sys.prefix}", f"SANDBOX_PORT={port}", "ARGS=events list --limit=1")

    done = subprocess.run(
        [
            "make",
            "--no-print-directory",
            "-f",
            ROOT / "Makefile",
            "-o",
            "node_modules/.installed-from",
            "stripe",
            *settings,
        ],
        cwd=tmp_path,
        env=os.environ | {"HTTPS_PROXY": NO_PROXY_LISTENS_HERE},
        capture_output=True,
        text=True,
        check=True,
    )

    assert json.loads(done.stdout)["url"] == "/v1/events"


def test_the_same_idempotency_key_makes_one_object(cli: StripeCli) -> None:
    made = [cli.json(*INTENT, "--idempotency=once")["id"] for _ in range(2)]

    assert made[0] == made[1]
