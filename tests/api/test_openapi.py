"""The OpenAPI document: valid, complete, and true of every answer; each example is carried out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from tests.api.caller import Caller
from tests.api.described import Described
from tests.pages.html import checked_page
from tests.security.routes import ROUTES
from tests.shop import ADDRESS

EXAMPLE_ORDER = "order_0123456789ABCDEFGHIJKL"
SECRET = re.compile(r"_secret_|\b[sr]k_(test|live)_|whsec_|fsk_|a key for tests")


def test_the_document_is_valid(described: Described):
    schemathesis.openapi.from_dict(described.document).validate()
    for schema in described.document["components"]["schemas"].values():
        jsonschema_rs.meta.validate(schema | {"$schema": DIALECT})
    broken = described.document | {"paths": {"/v1/cart": {"get": {"responses": []}}}}
    with pytest.raises(jsonschema_rs.ValidationError):
        schemathesis.openapi.from_dict(broken).validate()
    assert described.document["openapi"] == "3.1.0"
    assert described.document["servers"][0]["url"] == ADDRESS


DIALECT = "https://json-schema.org/draft/2020-12/schema"


def test_every_operation_of_the_map_is_described_and_no_other(described: Described):
    described_ = {(method, path) for method, path, _ in described.each()}
    routes = {
        (route.method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.rule))
        for route in ROUTES
        if route.endpoint.startswith("api.")
    }

    assert described_ == routes


def test_every_operation_says_what_a_client_has_to_know(described: Described):
    for method, path, operation in described.each():
        assert operation["summary"].endswith(".")
        assert operation["security"][0].keys() == {"bearer"}
        assert {"401", "429", "500"} <= operation["responses"].keys()
        assert ("requestBody" in operation) <= bool(body_examples(operation))
        names = {each["name"] for each in operation.get("parameters", [])}
        assert ("Idempotency-Key" in names) == (method == "POST"), path
        for response in operation["responses"].values():
            assert "X-Request-ID" in response["headers"]


def test_no_operation_takes_a_query_that_isnt_described(described: Described):
    for operation_id, (method, path) in described.addresses.items():
        answer = described.caller.call(method, f"{path}?surprise=1")

        described.check(operation_id, answer.status_code, answer.json)
        assert answer.status_code == 422, operation_id
        assert answer.json["error"]["details"]["fields"] == {"surprise": ["Unknown field."]}


def body_examples(operation: dict[str, Any]) -> dict[str, Any]:
    body = operation.get("requestBody", {"content": {"application/json": {"examples": {}}}})
    return {
        name: example["value"]
        for name, example in body["content"]["application/json"]["examples"].items()
    }


def test_every_example_of_an_answer_fits_its_schema(described: Described):
    for _, _, operation in described.each():
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                examples = [each["value"] for each in content.get("examples", {}).values()]
                for example in [*examples, *([content["example"]] if "example" in content else [])]:
                    described.validate(content["schema"], example)


def test_every_default_and_example_of_a_field_fits_its_schema(described: Described):
    told = 0
    for schema in schemas_in(described.document):
        for value in (schema[word] for word in ("default", "example") if word in schema):
            described.validate(schema, value)
            told += 1
    assert told > 50
    with pytest.raises(jsonschema_rs.ValidationError):
        described.validate({"type": "string", "format": "uri"}, "https://shop.example/{ID}")


def schemas_in(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every schema of a document, those of fields and of parameters too."""
    if isinstance(part, dict):
        if isinstance(part.get("type"), str | list):
            yield part
        part = [each for name, each in part.items() if name not in {"example", "examples"}]
    if isinstance(part, list):
        for each in part:
            yield from schemas_in(each)


def test_every_example_of_a_body_fits_its_schema(described: Described):
    for _, _, operation in described.each():
        for example in body_examples(operation).values():
            content = operation["requestBody"]["content"]["application/json"]
            described.validate(content["schema"], example)


def test_every_example_of_a_body_is_carried_out(described: Described):
    """As the document shows it; only the ids in it are those of things that exist."""
    carried_out = 0
    for operation_id, operation in described.operations.items():
        for body in body_examples(operation).values():
            product = described.caller.put_into_cart().json["items"][0]["product_id"]
            order = described.caller.pay().json["order_id"]
            if body.get("source_id") == EXAMPLE_ORDER:
                body["source_id"] = order
            told = described.call(operation_id, body, product_id=product, order_id=order)
            assert "error" not in told, (operation_id, body, told)
            carried_out += 1
    assert carried_out == 8


def test_every_answer_holds_what_the_document_lists_and_nothing_else(either: Caller):
    """AP-09: the schemas allow no other field, so nothing leaves that nobody decided on."""
    told = list(a_life(Described(either)))

    secrets = [each for each in told if SECRET.search(str(each))]
    assert len(secrets) == 1
    assert secrets[0]["payment_intent"].pop("client_secret")
    assert not SECRET.search(str(told))


def a_life(described: Described) -> Iterator[Any]:
    """Use every operation, and some of them wrongly; yields every answer."""
    shop, nobody = described.caller.shop, {"payment_id": "pay_1", "order_id": "order_1"}
    product = described.call("listProducts")["data"][0]["id"]
    yield described.call("getProduct", product_id=product)
    yield described.call("putCartItem", {"quantity": 2}, product_id=product)
    yield described.call("getCart")
    started = described.call("createPayment", {"source_type": "cart"})
    yield started
    ids = {"payment_id": started["payment_id"], "order_id": started["order_id"]}
    shop.pay_at_stripe(started["payment_intent"]["id"])
    shop.deliver()
    yield from (described.call(each, **ids) for each in ("getPayment", "getOrder"))
    yield described.call("cancelOrder", **ids)
    yield from (described.call(each) for each in ("listPayments", "listOrders", "emptyCart"))
    yield from (described.call(each, **nobody) for each in ("getPayment", "getOrder"))
    yield described.call("createCheckoutSession", {"source_type": "cart"})
    yield described.call("createPayment", {"source_type": "cart"})


def test_every_link_leads_somewhere(described: Described):
    """What one answer holds is what the next operation needs."""
    product = described.caller.put_into_cart().json["items"][0]["product_id"]
    answers = {"createPayment": described.call("createPayment", {"source_type": "cart"})}
    answers["getOrder"] = described.call("getOrder", order_id=answers["createPayment"]["order_id"])
    answers["getProduct"] = described.call("getProduct", product_id=product)
    for operation_id in ("listProducts", "listPayments", "listOrders"):
        answers[operation_id] = described.call(operation_id)

    for operation_id, told in answers.items():
        for response in described.operations[operation_id]["responses"].values():
            for link in response.get("links", {}).values():
                names = {each["name"] for each in parameters(described, link["operationId"])}
                assert link["parameters"].keys() <= names
                assert all(pointed(each, told) for each in link["parameters"].values())


def parameters(described: Described, operation_id: str) -> list[dict[str, Any]]:
    method, path = described.addresses[operation_id]
    item = described.document["paths"][path]
    return [*item.get("parameters", []), *item[method.lower()].get("parameters", [])]


def pointed(expression: str, told: Any) -> Any:
    """Return what a runtime expression points at."""
    for part in expression.removeprefix("$response.body#/").split("/"):
        told = told[int(part)] if isinstance(told, list) else told[part]
    return told


def test_the_page_for_people_shows_every_operation_and_every_error(described: Described):
    """Without a script, a cookie or anything from elsewhere."""
    page = described.caller.shop.app.test_client().get("/v1/docs")

    assert page.status_code == 200
    for operation_id, operation in described.operations.items():
        assert f'id="{operation_id}"' in page.text
        assert operation["summary"].replace("'", "&#39;") in page.text
    assert "<script" not in page.text
    assert "Set-Cookie" not in page.headers
    assert re.findall(r'(?:src|href)="(https?:[^"]+)"', page.text) == []


def test_the_page_says_how_to_authenticate_and_what_is_taken(described: Described):
    page = described.caller.get("/v1/docs")
    text = " ".join(re.sub(r"<[^>]+>", " ", page.text).split())

    for told in ("Authentication Authorization: Bearer … with an API key",
                 "limit integer, query, 1 to 100, 20 unless given",
                 "quantity integer, required, 0 to 99",
                 "product_id string, path, required, like ^[^/:]+$",
                 "Idempotency-Key string, header, 1 to 255 characters",
                 "metadata object, 0 to 20 pairs"):  # fmt: skip
        assert told in text
    for name in ("PaymentIntent", "OrderItem", "Payment"):
        assert f'<a href="#{name}">{name}</a>' in page.text


def ids(page: Any) -> set[str]:
    return set(re.findall(r'id="([^"]+)"', page.text))


def test_the_page_is_valid_and_leads_nowhere_that_isnt_there(anybody: Caller):
    page = anybody.get("/v1/docs")

    checked_page(page.text)
    assert set(re.findall(r'href="#([^"]+)"', page.text)) <= ids(page)
