"""Reading a body: one strict JSON parser, so that no two readers can understand it differently."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Never

from flask import request

from storefront.views.api.errors import ApiError, ErrorCode
from storefront.views.security import LARGEST_FORM, read_body

DEEPEST = 16
# Also a string that never ends: a pattern that can fail is tried again from every quote.
STRING = re.compile(r'"(?:[^"\\]|\\.)*"?', re.DOTALL)
NO_TEXT = re.compile("[\0\ud800-\udfff]")


def read_json() -> object:
    """Return the document that was sent.

    Raises ApiError: 415 for anything but JSON in UTF-8, 413 for too much, 400 for a document
    that isn't strict JSON, or that two parsers could read in two ways.
    """
    body = read_body(LARGEST_FORM)
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    is_plain = request.headers.get("Content-Encoding", "identity") == "identity"
    if request.mimetype != "application/json" or charset != "utf-8" or not is_plain:
        raise ApiError(ErrorCode.UNSUPPORTED_MEDIA_TYPE)
    try:
        return parse_json(body)
    except ValueError as error:
        reason = "it isn't UTF-8" if isinstance(error, UnicodeError) else str(error)
        raise ApiError(
            ErrorCode.MALFORMED_REQUEST, f"The body can't be read as JSON: {reason}."
        ) from error


def parse_json(body: bytes) -> object:
    """Return the one thing that `body` can mean; raises ValueError.

    Refused beside what isn't JSON: a key given twice, NaN and Infinity, a number that no float
    holds, deep nesting, a byte order mark, NUL and halves of surrogate pairs.
    """
    text = body.decode()
    if _depth(text) > DEEPEST:
        raise ValueError(f"it is nested more than {DEEPEST} deep")
    try:
        document = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_refuse,
            parse_float=_finite,
            parse_int=_whole,
        )
    except json.JSONDecodeError as error:
        reason = error.msg.removesuffix(" at")
        raise ValueError(f"{reason} at character {error.pos}") from error
    if any(NO_TEXT.search(each) for each in _texts(document)):
        raise ValueError("a string holds a character that isn't text")
    return document


def _depth(text: str) -> int:
    """Return how deep it is nested, or would be if it went on after a mistake; in linear time."""
    depth = deepest = 0
    for character in STRING.sub("", text):
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("an object has the same key twice")
    return found


def _refuse(_: str) -> Never:
    raise ValueError("NaN and Infinity aren't JSON")


def _finite(number: str) -> float:
    value = float(number)
    if not math.isfinite(value):
        raise ValueError("a number is too large")
    return value


def _whole(number: str) -> int:
    _finite(number)
    return int(number)


def _texts(value: object) -> Iterator[str]:
    """Yield every string, keys too; nothing here is deep, that was seen to."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            yield key
            yield from _texts(each)
