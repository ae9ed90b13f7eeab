"""What the installed SDK's classes declare, and whether a JSON value fits it.

Read from the live classes, independently of the script that writes the sandbox's shapes.
"""

import ast
import importlib
import inspect
import sys
import typing
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar, Literal, Union, get_args, get_origin

import stripe
from stripe import ListObject, StripeObject
from stripe._object_classes import get_object_class
from stripe._stripe_object import UntypedStripeObject

_SOMETIMES = {("Event.Data", "previous_attributes")}
"""Fields whose documentation says that they are there only sometimes."""


def complaints(value: dict[str, Any]) -> Iterator[str]:
    """Yield where an answer differs from what the SDK declares for its kind of object."""
    if "error" in value:
        told = {**dict.fromkeys(declared(stripe.ErrorObject)), **value["error"]}
        yield from object_misfits(told, stripe.ErrorObject, "error")
    elif value["object"] in _PAGES:
        if value.keys() - {"object"} != _PAGES[value["object"]]:
            yield f"{value['object']}: has {sorted(value)}"
        for row in value["data"]:
            yield from complaints(row)
    elif value.get("deleted"):
        if value != {"id": value["id"], "object": value["object"], "deleted": True}:
            yield f"{value['object']}: deleted, and has {sorted(value)}"
    else:
        yield from object_misfits(value, class_named(value["object"]), value["object"])


_PAGES = {
    "list": {"data", "has_more", "url"},
    "search_result": {"data", "has_more", "next_page", "url"},
}


def misfits(value: Any, kind: Any, path: str) -> Iterator[str]:
    """Yield a sentence for each place where `value` is not what `kind` says."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Union:
        # "One of these words, or a string": Stripe may add words, the sandbox may not.
        if any(get_origin(member) is Literal for member in inner):
            inner = tuple(member for member in inner if member is not str)
        failures = [list(misfits(value, member, path)) for member in inner]
        yield from min(failures, key=_depth)[:1] if all(failures) else ()
    elif origin in {list, ListObject}:
        check = _list_misfits if origin is list else _page_misfits
        yield from check(value, inner[0], path)
    elif _is_hash(kind):
        yield from object_misfits(value, kind, path)
    elif not _fits(value, kind):
        yield f"{path}: {value!r} is no {getattr(kind, '__name__', kind)}"


def object_misfits(value: Any, cls: type, path: str) -> Iterator[str]:
    """Yield what an object lacks, has too much, or has wrong."""
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no {cls.__name__}"
        return
    fields = declared(cls)
    for name in value.keys() - fields.keys():
        yield f"{path}.{name}: {cls.__qualname__} has no such field"
    for name in fields.keys() - value.keys():
        if not may_be_absent(cls, name):
            yield f"{path}.{name}: missing"
    for name in fields.keys() & value.keys():
        yield from misfits(value[name], fields[name], f"{path}.{name}")


def may_be_absent(cls: type, name: str) -> bool:
    """Whether Stripe leaves a nullable field out instead of sending null.

    So are lists, which appear when expanded; `deleted`; and a hash that stands for one `type` of
    many (`card`, `klarna`, …).
    """
    if (cls.__qualname__, name) in _SOMETIMES:
        return True
    fields = declared(cls)
    if type(None) not in get_args(fields[name]):
        return False
    inner = next(arg for arg in get_args(fields[name]) if arg is not type(None))
    if get_origin(inner) is ListObject or get_args(inner) == (True,):
        return True
    if not _is_hash(inner):
        return False
    if "object" in fields:
        return name in words(fields.get("type"))
    return "type" in fields or all(
        any(_is_hash(arg) for arg in get_args(kind)) for kind in fields.values()
    )


@cache
def declared(cls: type) -> dict[str, Any]:
    """Return the annotated fields of a class, their types resolved."""
    module = sys.modules[cls.__module__]
    names = {**_imported(cls.__module__), **vars(module), **_scope(cls)}
    found = {}
    for name, annotation in inspect.get_annotations(cls).items():
        kind = annotation
        if isinstance(annotation, str):
            kind = eval(annotation, names)
        if get_origin(kind) is not ClassVar and not name.startswith("_"):
            found[name] = typing._eval_type(kind, names, names)
    return found


@cache
def class_named(object_name: str) -> type:
    """Return the SDK's class for an object's name, "checkout.session"."""
    return get_object_class("V1", object_name)


@cache
def _imported(module_name: str) -> dict[str, Any]:
    """Return what a module of the SDK imports for its annotations only, under its names there."""
    tree = ast.parse(inspect.getsource(sys.modules[module_name]))
    return {
        alias.asname or alias.name: getattr(importlib.import_module(node.module), alias.name)
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
        if node.module.split(".")[0] == "stripe" and ".params" not in node.module
    }


def _scope(cls: type) -> dict[str, Any]:
    """Return the classes that are visible inside `cls`: its own, and its enclosing classes'."""
    scope: dict[str, Any] = {}
    owner: Any = sys.modules[cls.__module__]
    for part in cls.__qualname__.split("."):
        owner = getattr(owner, part)
        scope |= {name: value for name, value in vars(owner).items() if isinstance(value, type)}
    return scope


def _list_misfits(value: Any, kind: Any, path: str) -> Iterator[str]:
    if not isinstance(value, list):
        yield f"{path}: {value!r} is no list"
        return
    for index, one in enumerate(value):
        yield from misfits(one, kind, f"{path}[{index}]")


def _page_misfits(value: Any, kind: Any, path: str) -> Iterator[str]:
    if not isinstance(value, dict) or set(value) != {"object", "data", "has_more", "url"}:
        yield f"{path}: {value!r} is no list object"
        return
    yield from _list_misfits(value["data"], kind, f"{path}.data")


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value without fields of its own is of a kind."""
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if UntypedStripeObject in {kind, get_origin(kind)}:
        return isinstance(value, dict)
    if kind is Any:
        return True
    if kind in {int, float}:
        return isinstance(value, int | kind) and not isinstance(value, bool)
    if kind is Decimal:
        return isinstance(value, str) and Decimal(value).is_finite()
    return isinstance(value, kind)


def _is_hash(kind: Any) -> bool:
    is_open = UntypedStripeObject in {kind, get_origin(kind)}
    return isinstance(kind, type) and issubclass(kind, StripeObject) and not is_open


def words(kind: Any) -> set[Any]:
    """Return the words that a type lists."""
    if get_origin(kind) is Literal:
        return set(get_args(kind))
    return {word for arg in get_args(kind) for word in words(arg)}


def _depth(failure: list[str]) -> int:
    """Prefer the complaint from deepest inside: it belongs to the alternative that was meant."""
    return -failure[0].split(": ")[0].count(".")
