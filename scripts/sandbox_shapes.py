"""Write `protocol/shapes.json`: what Stripe's API takes and gives, as the SDK declares it.

    python -m scripts.sandbox_shapes          # write it
    python -m scripts.sandbox_shapes --check  # exit 1 when the committed file differs

The sandbox must not import `stripe`, and a hand-made list of parameters would rot. So the SDK's
typed sources are parsed (never imported) and their essence is kept: the parameters of every
endpoint under `SERVED`, every route that Stripe has, and the nullable and expandable fields of the
objects in `OBJECTS`.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from scripts.sdk_source import annotations, endpoints, object_name, source

OUTPUT = Path(__file__).resolve().parent.parent / "stripe_sandbox" / "protocol" / "shapes.json"
SERVED = (
    "/v1/balance_transactions",
    "/v1/charges",
    "/v1/checkout/sessions",
    "/v1/customers",
    "/v1/disputes",
    "/v1/events",
    "/v1/payment_intents",
    "/v1/payment_methods",
    "/v1/prices",
    "/v1/products",
    "/v1/refunds",
    "/v1/webhook_endpoints",
)
OBJECTS = {
    "BalanceTransaction": "_balance_transaction",
    "Charge": "_charge",
    "Customer": "_customer",
    "Dispute": "_dispute",
    "Event": "_event",
    "LineItem": "_line_item",
    "PaymentIntent": "_payment_intent",
    "PaymentMethod": "_payment_method",
    "Price": "_price",
    "Product": "_product",
    "Refund": "_refund",
    "Session": "checkout/_session",
    "WebhookEndpoint": "_webhook_endpoint",
}
SCALARS = {
    "str": "string",
    "int": "integer",
    "bool": "boolean",
    "float": "number",
    "Decimal": "number",
    "object": "string",
    "Any": "string",
}


def shapes() -> dict[str, Any]:
    """Return everything that the sandbox knows about Stripe's API without importing the SDK."""
    routes = dict(sorted(endpoints()))
    return {
        "endpoints": {
            route: _parameters(params)
            for route, params in routes.items()
            if route.split(" ")[1].startswith(SERVED)
        },
        "objects": {
            path: shape
            for name, module in OBJECTS.items()
            for path, shape in _objects(name, module)
        },
        "routes": [route for route in routes if " /v1/" in route],
    }


def rendered() -> str:
    """Return the file's text: one endpoint or object a line, so that a change reads well."""
    parts = []
    for section, content in shapes().items():
        rows = content if isinstance(content, list) else content.items()
        lines = [
            json.dumps(row) if isinstance(row, str) else f"{json.dumps(row[0])}: {_line(row[1])}"
            for row in rows
        ]
        brackets = "[]" if isinstance(content, list) else "{}"
        parts.append(f'"{section}": {brackets[0]}\n' + ",\n".join(lines) + f"\n{brackets[1]}")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def main() -> int:
    """Write the file, or with --check compare it."""
    text = rendered()
    if "--check" not in sys.argv:
        OUTPUT.write_text(text, encoding="utf-8")
        return 0
    if OUTPUT.read_text(encoding="utf-8") == text:
        return 0
    print(f"{OUTPUT.name} differs from the installed SDK: run python -m scripts.sandbox_shapes")
    return 1


def _parameters(params: tuple[str, str]) -> dict[str, Any]:
    module, name = params
    return _typed_dict(module, name) if name else {}


def _typed_dict(module: str, name: str) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for field, annotation in annotations(source(module).classes[name]):
        inner = _wrapped(annotation, "NotRequired")
        key = field if inner is not None else f"{field}!"
        tree[key] = _parameter(module, annotation if inner is None else inner)
    return _with_raw_cards(tree)


def _with_raw_cards(tree: dict[str, Any]) -> dict[str, Any]:
    """Let `payment_method_data` carry a card: Stripe.js sends one, the typed parameters omit it."""
    data = tree.get("payment_method_data")
    if isinstance(data, dict):
        data["card"] = _typed_dict(
            "params/_payment_method_create_params", "PaymentMethodCreateParamsCard"
        )
        if "type!" in data:
            data["type!"]["=enum"].append("card")
    return tree


def _parameter(module: str, node: ast.expr) -> Any:
    """Return a parameter's type: a word, a {"hash"}, [list], {"=map"} or {"=any"} of them."""
    match node:
        case ast.Constant():
            return _parameter(module, ast.parse(str(node.value), mode="eval").body)
        case ast.Name() if node.id in SCALARS:
            return SCALARS[node.id]
        case ast.Name():
            return _typed_dict(module, node.id)
        case ast.BinOp():
            return _union([_parameter(module, side) for side in (node.left, node.right)])
        case ast.Subscript():
            return _generic(module, ast.unparse(node.value), node.slice)
        case _:
            raise TypeError(f"{module}: cannot read the type {ast.unparse(node)}")


def _generic(module: str, name: str, argument: ast.expr) -> Any:
    members = argument.elts if isinstance(argument, ast.Tuple) else [argument]
    match name:
        case "Literal":
            words = [ast.literal_eval(member) for member in members]
            return "empty" if words == [""] else {"=enum": words}
        case "List":
            return [_parameter(module, argument)]
        case "Union":
            return _union([_parameter(module, member) for member in members])
        case "Dict":
            return {"=map": _parameter(module, members[1])}
        case "UntypedStripeObject":
            return {"=map": _parameter(module, argument)}
        case _:
            return _parameter(module, members[0])


def _union(members: list[Any]) -> Any:
    """Return the alternatives, flat; beside a list of words, "string" is dropped."""
    flat: list[Any] = []
    for member in members:
        inner = member["=any"] if isinstance(member, dict) and "=any" in member else [member]
        flat += [one for one in inner if one not in flat]
    if any(isinstance(one, dict) and "=enum" in one for one in flat):
        flat = [one for one in flat if one != "string"]
    return flat[0] if len(flat) == 1 else {"=any": flat}


def _objects(name: str, module: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield an object's shape and those of the objects inside it, by path: "charge.outcome"."""
    node = source(module).classes[name]
    path = object_name(node)
    yield from _object(module, node, path)


def _object(module: str, node: ast.ClassDef, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    inner = {child.name: child for child in node.body if isinstance(child, ast.ClassDef)}
    fields = {
        name: text
        for name, text in ((n, ast.unparse(a)) for n, a in annotations(node))
        if not text.startswith("ClassVar")
    }
    yield path, {"null": _nullable(fields, inner), "expand": _expandable(module, fields)}
    for field, text in fields.items():
        for word in re.findall(r"\w+", text):
            if word in inner:
                yield from _object(module, inner[word], f"{path}.{field}")


def _nullable(fields: dict[str, str], inner: dict[str, ast.ClassDef]) -> list[str]:
    """Return the fields that are there with null when they have nothing to say.

    Not among them: what appears only when expanded (lists) or deleted, and the hashes of which
    there is one by `type` (a charge's `card`, `klarna`, …).
    """
    hashes = {
        name
        for name, text in fields.items()
        if (match := re.fullmatch(r"Optional\[(\w+)\]", text)) and match[1] in inner
    }
    if "object" in fields:
        alternatives = hashes & set(re.findall(r"'(\w+)'", fields.get("type", "")))
    else:
        alternatives = hashes if "type" in fields or len(hashes) == len(fields) else set()
    return [
        name
        for name, text in fields.items()
        if text.startswith("Optional[")
        and name not in alternatives
        and not text.startswith(("Optional[ListObject", "Optional[Literal[True]"))
    ]


def _expandable(module: str, fields: dict[str, str]) -> dict[str, str]:
    """Return {field: name of the object that its id becomes}; "" where it may be one of several."""
    found = {}
    for name, text in fields.items():
        if match := re.search(r"(?:ExpandableField|^Optional\[ListObject)\[(.*?)\]", text):
            words = re.findall(r"'(\w+)'", match[1])
            found[name] = _named(module, words[0]) if len(words) == 1 else ""
    return found


def _named(module: str, name: str) -> str:
    origin, original = source(module).imports.get(name, (module, name))
    return object_name(source(origin).classes[original])


def _wrapped(node: ast.expr, name: str) -> ast.expr | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        node = ast.parse(node.value, mode="eval").body
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == name:
        return node.slice
    return None


def _line(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True)


if __name__ == "__main__":
    raise SystemExit(main())
