"""Imports point one way, and Stripe has one door."""

from __future__ import annotations

import pytest

from tests.architecture.imports import sources, violations

PROGRAMS = ("storefront", "stripe_sandbox", "scripts")


def test_the_code_keeps_the_rules() -> None:
    modules = sources(*PROGRAMS)

    assert {
        "storefront.gateway",
        "stripe_sandbox.protocol.transport",
        "scripts.demo",
    } <= modules.keys()
    assert violations(modules) == []


BROKEN = {
    "a story that imports a view": ("storefront.cart", "from storefront.views import shop"),
    "a model that imports a story": ("storefront.models", "import storefront.checkout"),
    "a ground module that imports the gateway": (
        "storefront.db",
        "def f():\n    from storefront import gateway",
    ),
    "a relative import upwards": ("storefront.models", "from .views import shop"),
    "a story that imports flask": ("storefront.checkout", "from flask import request"),
    "a story that speaks the language of a request": (
        "storefront.cart",
        "from flask_babel import gettext",
    ),
    "a second door to Stripe": ("storefront.events", "import stripe"),
    "a view that imports stripe": ("storefront.views.webhooks", "from stripe import Webhook"),
    "a pure module that reads the database": (
        "storefront.lifecycle",
        "from storefront.db import reading",
    ),
    "a pure module with a library": ("storefront.evidence", "import babel"),
    "money with another library": ("storefront.money", "import requests"),
    "a shop that imports the sandbox": ("storefront.gateway", "from stripe_sandbox import shapes"),
    "a script that imports the sandbox": ("scripts.demo", "import stripe_sandbox.sandbox"),
    "a sandbox that imports the shop": (
        "stripe_sandbox.protocol.keys",
        "from storefront import money",
    ),
    "a sandbox that imports the SDK": (
        "stripe_sandbox.protocol.keys",
        "from stripe.error import Card",
    ),
}


@pytest.mark.parametrize(("name", "source"), BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_rule_is_found(name: str, source: str) -> None:
    modules = dict.fromkeys(("storefront", "storefront.views", "storefront.views.shop"), "")
    known = {**modules, "storefront.checkout": "", "storefront.gateway": "", name: source}

    assert [line for line in violations(known) if line.startswith(f"{name} imports")]


KEPT = {
    "a view that tells a story": ("storefront.views.cart", "from flask import request"),
    "a story that uses the gateway": ("storefront.checkout", "from storefront import gateway"),
    "a story that uses another": ("storefront.checkout", "from .cart import Cart"),
    "money that speaks languages": ("storefront.money", "from babel.numbers import x"),
    "evidence that knows the statuses": ("storefront.evidence", "import storefront.lifecycle"),
    "the gateway": ("storefront.gateway", "import stripe\nfrom flask import current_app"),
    "a script that asks Stripe": ("scripts.with_webhook_secret", "import stripe"),
}


@pytest.mark.parametrize(("name", "source"), KEPT.values(), ids=KEPT.keys())
def test_what_the_rules_allow_is_not_refused(name: str, source: str) -> None:
    known = {"storefront": "", "storefront.cart": "", "storefront.gateway": "", name: source}

    assert violations(known) == []


def test_a_circle_of_imports_is_found() -> None:
    circle = {"storefront.cart": "import storefront.checkout"} | {
        "storefront.checkout": "from storefront import cart"
    }

    assert "in a circle" in violations(circle)[0]
