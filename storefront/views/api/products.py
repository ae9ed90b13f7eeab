"""What is for sale."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import abort

from storefront import catalog
from storefront.catalog import Offer
from storefront.config import settings
from storefront.views.api.blueprint import operation
from storefront.views.api.inputs import LocaleQuery
from storefront.views.api.languages import locale
from storefront.views.api.outputs import Product, ProductList
from storefront.views.pages import static_url


@operation("GET /products", scope=None, takes=LocaleQuery, returns=(200, ProductList))
def list_products(query: dict[str, Any]) -> dict[str, Any]:
    """List all that is for sale, in the shop's currency."""
    shelves = catalog.categories(settings().currency, locale(query.get("locale")))
    offers = [_told(offer) for shelf in shelves for offer in shelf.products]
    return {"data": offers, "has_more": False}


@operation("GET /products/<id:product_id>", scope=None, takes=LocaleQuery, returns=(200, Product))
def get_product(query: dict[str, Any], product_id: str) -> dict[str, Any]:
    """Look at one product."""
    offer = catalog.offer_by_id(product_id, settings().currency, locale(query.get("locale")))
    return _told(offer or abort(404))


def _told(offer: Offer) -> dict[str, Any]:
    image = settings().absolute_url(static_url(f"products/{offer.image}"))
    return asdict(offer) | {"image_url": image}
