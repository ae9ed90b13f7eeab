"""AP-20: one strict parser before every operation that takes a body."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator

import pytest

from storefront.views.api.bodies import parse_json
from tests.api.caller import Caller

OPERATIONS = [
    ("POST", "/v1/payments"),
    ("POST", "/v1/payments:createCheckoutSession"),
    ("POST", "/v1/orders/order_1:cancel"),
    ("PUT", "/v1/cart/items/prod_1"),
]
NEEDY = [each for each in OPERATIONS if not each[1].endswith(":cancel")]
each_operation = pytest.mark.parametrize(("method", "path"), OPERATIONS, ids=lambda each: each)

NOT_JSON: dict[str, bytes] = {
    "a key given twice": b'{"quantity": 1, "quantity": 2}',
    "a key given twice inside": b'{"metadata": {"a": "1", "a": "2"}}',
    "the same key, escaped": b'{"quantity": 1, "quantit\\u0079": 2}',
    "a number that no float holds": b'{"quantity": 1e400}',
    "minus infinity": b'{"quantity": -Infinity}',
    "no number": b'{"quantity": NaN}',
    "deep lists": b"[" * 5000 + b"]" * 5000,
    "deep objects": b'{"a":' * 100 + b"1" + b"}" * 100,
    "deep and broken": b"[" * 60000,
    "a byte order mark": b'\xef\xbb\xbf{"quantity": 1}',
    "UTF-16": '{"quantity": 1}'.encode("utf-16"),
    "bytes that are no text": b'{"quantity": "\xff"}',
    "an overlong NUL": b'{"quantity": "\xc0\x80"}',
    "NUL, escaped": b'{"quantity": "\\u0000"}',
    "NUL in a key": b'{"quan\\u0000tity": 1}',
    "half of a surrogate pair": b'{"quantity": "\\ud800"}',
    "a trailing comma": b'{"quantity": 1,}',
    "a comment": b'{"quantity": 1} // one',
    "two documents": b'{"quantity": 1}{"quantity": 2}',
    "single quotes": b"{'quantity': 1}",
    "a number with too many digits": b'{"quantity": ' + b"9" * 5000 + b"}",
    "a leading zero": b'{"quantity": 01}',
    "a raw line break in a string": b'{"quantity": "\n"}',
    "a form": b"quantity=1",
}


@each_operation
@pytest.mark.parametrize("body", NOT_JSON.values(), ids=NOT_JSON)
def test_what_isnt_strict_json_is_refused(anybody: Caller, method: str, path: str, body: bytes):
    answer = anybody.call(method, path, body, Content_Type="application/json")

    assert (answer.status_code, answer.json["error"]["code"]) == (400, "MALFORMED_REQUEST")


@pytest.mark.parametrize(("method", "path"), NEEDY)
def test_nothing_is_refused_where_something_is_needed(anybody: Caller, method: str, path: str):
    answer = anybody.call(method, path, b"", Content_Type="application/json")

    assert (answer.status_code, answer.json["error"]["code"]) == (400, "MALFORMED_REQUEST")


@each_operation
@pytest.mark.parametrize("document", [[], [{}], 1, "x", None, True])
def test_a_document_is_an_object(anybody: Caller, method: str, path: str, document: object):
    body = json.dumps(document).encode()

    answer = anybody.call(method, path, body, Content_Type="application/json")

    assert answer.status_code == 422


@each_operation
def test_unknown_fields_are_refused(anybody: Caller, method: str, path: str):
    answer = anybody.call(method, path, {"surprise": 1})

    assert answer.status_code == 422
    assert "surprise" in answer.json["error"]["details"]["fields"]


TYPES = ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data",
         "application/json; charset=latin-1", "application/xml", "application/jsonp",
         "application/vnd.api+json", "json"]  # fmt: skip


@each_operation
@pytest.mark.parametrize("content_type", TYPES)
def test_another_type_is_refused(anybody: Caller, method: str, path: str, content_type: str):
    answer = anybody.call(method, path, b'{"quantity": 1}', Content_Type=content_type)

    assert (answer.status_code, answer.json["error"]["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@each_operation
def test_a_compressed_body_is_refused(anybody: Caller, method: str, path: str):
    headers = {"Content_Type": "application/json", "Content_Encoding": "gzip"}

    assert anybody.call(method, path, b"{}", **headers).status_code == 415


@each_operation
def test_a_large_body_is_refused(anybody: Caller, method: str, path: str):
    large = b'{"quantity": "' + b"x" * 1_000_000 + b'"}'

    answer = anybody.call(method, path, large, Content_Type="application/json")

    assert (answer.status_code, answer.json["error"]["code"]) == (413, "BODY_TOO_LARGE")


@pytest.mark.parametrize(
    "unit", [b'\\"', b'"\\', b'"', b'"\\\\', b"[", b'{"a":', b"9", b".9", b'"a",'], ids=str
)
def test_reading_takes_time_in_proportion_to_the_body(unit: bytes):
    """A pattern that is tried again from every quote would take 64 times as long, not 8."""
    assert seconds_to_read(unit, 32_000) < 8 * 4 * max(seconds_to_read(unit, 4_000), 0.0001)


def seconds_to_read(unit: bytes, length: int) -> float:
    """Return the least time of a few, so that what else the machine does isn't counted."""

    def once() -> float:
        start = time.thread_time()
        with contextlib.suppress(ValueError):
            parse_json(b"[" + unit * (length // len(unit)))
        return time.thread_time() - start

    return min(once() for _ in range(5))


def test_a_refusal_doesnt_speak_of_the_parser(anybody: Caller):
    body = b'{"quantity": ' + b"9" * 5000 + b"}"

    answer = anybody.call("PUT", "/v1/cart/items/prod_1", body, Content_Type="application/json")

    assert answer.json["error"]["message"] == (
        "The body can't be read as JSON: a number is too large."
    )


def test_what_is_strict_json_is_read_as_it_stands():
    for document in documents():
        assert parse_json(json.dumps(document, ensure_ascii=False).encode()) == document
        assert parse_json(json.dumps(document).encode()) == document


def documents() -> Iterator[object]:
    yield {"a": [1, -2.5, 1e300, True, None, "é\\u0000\\", "😀", '"[{', ""]}
    yield {"a": {"b": [[[[[[[[[[[[[]]]]]]]]]]]]]}}
    yield {"\\": "\\\\", "[": "]", "}": "{" * 1000}
