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
from sqlalchemy import Engine
from sqlalchemy.engine.default import DefaultDialect
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

MOST_STATEMENTS = 5_000
_patch = pytest.MonkeyPatch()
_compile_builder = Rule._compile_builder


def pytest_configure() -> None:
    """Compile each template and statement once, and what builds a route's URLs.

    Templates follow from their source, URLs from the route, and SQL from the kind of database.
    """
    _patch.setattr(Rule, "_compile_builder", _compiled_once)
    _patch.setattr(Flask, "jinja_options", {"bytecode_cache": _Remembered()})
    _patch.setattr(Engine, "_compiled_cache", _Shared(), raising=False)
    _patch.setattr(DefaultDialect, "__eq__", lambda one, other: _kind_of(one) == _kind_of(other))
    _patch.setattr(DefaultDialect, "__hash__", lambda dialect: hash(_kind_of(dialect)))


def pytest_unconfigure() -> None:
    """Let Werkzeug, Flask and SQLAlchemy be as they were."""
    _patch.undo()


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


class _Shared:
    """The compiled statements of every engine; each finds those of its own kind of database."""

    def __init__(self) -> None:
        self._statements: LRUCache[Any, Any] = LRUCache(MOST_STATEMENTS)

    def __get__(self, engine: Engine, _: type[Engine]) -> LRUCache[Any, Any]:
        return self._statements

    def __set__(self, engine: Engine, _: object) -> None:
        """Let an engine that is made keep none of its own."""


def _kind_of(dialect: object) -> object:
    if not isinstance(dialect, DefaultDialect):
        return dialect
    return type(dialect), dialect.paramstyle
