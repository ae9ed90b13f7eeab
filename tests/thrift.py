"""What thousands of tests needn't do each time anew, on top of what they are about.

Nearly every test makes a shop and a sandbox of its own. Nothing here changes what they do.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import psutil
import pytest
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from werkzeug.routing import Rule

_compile_builder = Rule._compile_builder


def pytest_configure() -> None:
    """Compile each template once, and what builds a route's URLs: it follows from the route."""
    Rule._compile_builder = _compiled_once  # type: ignore[assignment]
    Flask.jinja_options = {"bytecode_cache": _Remembered()}


def pytest_unconfigure() -> None:
    """Let Werkzeug and Flask be as they were."""
    Rule._compile_builder = _compile_builder  # type: ignore[assignment]
    Flask.jinja_options = {}


class _Remembered(BytecodeCache):
    """Keeps compiled templates in memory, by their name and source."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if known := self._known.get((bucket.key, bucket.checksum)):
            bucket.bytecode_from_string(known)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._known[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


def pytest_collection_finish() -> None:
    """Don't look for garbage among modules and collected tests, nor every few objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Let one more run than there are processors: now and then each waits for a program."""
    return (psutil.cpu_count() or 1) + 1


def _compiled_once(rule: Rule, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
    told = (tuple(rule._trace), repr(rule.defaults), append_unknown)
    if told not in _compiled:
        _compiled[told] = _compile_builder(rule, append_unknown)
    return _compiled[told]


_compiled: dict[Any, Callable[..., tuple[str, str]]] = {}
