"""Where a browser is sent, and where events are: whole web addresses, or a 400 that says which."""

import pytest

from tests.sandbox.conftest import World
from tests.sandbox.refusals import refusal

NONE_OF_THE_WEB = [
    "foo",
    "//shop.test/x",
    "javascript:alert(1)",
    "javascript://shop.test/%0aalert(1)",
    "data:text/html,x",
    "http://",
    "http://[",
    "http://shop.test:abc/",
    "http://shop.test:0/",
    "http://shop.test:65536/",
]


@pytest.mark.parametrize("url", NONE_OF_THE_WEB)
def test_what_is_no_web_address_is_refused_everywhere(world: World, url: str) -> None:
    endpoint = {"url": url, "enabled_events": ["*"]}
    confirm = world.stripe.payment_intents.confirm
    paying = {"payment_method": "pm_card_visa", "return_url": url}
    refusals = [
        refusal(lambda: confirm(world.intent().id, paying)),
        refusal(lambda: world.intent(**paying, confirm=True)),
        refusal(lambda: world.checkout(success_url=url)),
        refusal(lambda: world.checkout(cancel_url=url)),
        refusal(lambda: world.stripe.webhook_endpoints.create(endpoint)),
    ]

    assert {(one.status, one.code) for one in refusals} == {(400, "url_invalid")}
    assert [one.param for one in refusals] == [
        "return_url",
        "return_url",
        "success_url",
        "cancel_url",
        "url",
    ]


def test_a_shopper_may_come_back_to_an_app(world: World) -> None:
    paying = {"payment_method": "pm_card_visa", "return_url": "shop-app://paid"}

    assert world.stripe.payment_intents.confirm(world.intent().id, paying).status == "succeeded"
    assert refusal(lambda: world.checkout(success_url="shop-app://paid")).code == "url_invalid"
