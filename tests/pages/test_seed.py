"""What a new shop sells is complete, priced in every currency, and pictured."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "static" / "products"
SEED = tomllib.loads((ROOT / "storefront" / "seed.toml").read_text(encoding="utf-8"))
PRODUCTS: list[dict[str, Any]] = SEED["products"]
CURRENCIES = {"usd", "eur", "jpy", "twd"}
LOCALES = {"en", "zh_Hant_TW"}

every_product = pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product["slug"])


def test_the_shop_has_a_name_and_about_a_dozen_products_in_three_or_four_categories() -> None:
    assert SEED["shop"]["name"]
    assert len(PRODUCTS) == 12
    assert len({product["slug"] for product in PRODUCTS}) == 12
    assert len({product["category"]["en"] for product in PRODUCTS}) in {3, 4}


def test_a_category_has_one_name_in_each_language() -> None:
    pairs = {tuple(sorted(product["category"].items())) for product in PRODUCTS}

    assert len(pairs) == len({product["category"]["en"] for product in PRODUCTS})


def test_exactly_one_product_is_sold_out_and_one_is_the_last() -> None:
    stocks = [product["stock"] for product in PRODUCTS]

    assert (stocks.count(0), stocks.count(1)) == (1, 1)
    assert min(stocks) == 0


@every_product
def test_a_product_speaks_every_language(product: dict[str, Any]) -> None:
    for field in ("category", "name", "description"):
        assert set(product[field]) == LOCALES
        assert all(text.strip() == text != "" for text in product[field].values())
        assert re.search(r"[\u4e00-\u9fff]", product[field]["zh_Hant_TW"])


@every_product
def test_a_product_has_a_whole_price_in_every_currency(product: dict[str, Any]) -> None:
    prices = product["prices"]

    assert set(prices) == CURRENCIES
    assert all(type(price) is int and price > 0 for price in prices.values())
    assert prices["twd"] % 100 == 0, "New Taiwan dollars are charged whole"


@every_product
def test_prices_of_one_product_agree_roughly_across_currencies(product: dict[str, Any]) -> None:
    prices = product["prices"]

    assert 0.85 <= prices["eur"] / prices["usd"] <= 1.0
    assert 1.4 <= prices["jpy"] / prices["usd"] <= 1.6
    assert 29 <= prices["twd"] / prices["usd"] <= 34


@every_product
def test_a_picture_is_small_and_brings_nothing_from_outside(product: dict[str, Any]) -> None:
    source = (PICTURES / product["image"]).read_bytes()
    elements = list(ET.fromstring(source).iter())
    tags = {element.tag.rpartition("}")[2] for element in elements}
    attributes = {name.rpartition("}")[2] for element in elements for name in element.attrib}

    assert len(source) < 6 * 1024
    assert elements[0].get("viewBox") == "0 0 400 300"
    assert not tags & {"script", "style", "text", "image", "use", "foreignObject", "a"}
    assert not [name for name in attributes if name.startswith("on") or name in {"href", "style"}]


def test_every_picture_belongs_to_a_product() -> None:
    pictures = {path.name for path in PICTURES.iterdir()}

    assert pictures == {product["image"] for product in PRODUCTS}
