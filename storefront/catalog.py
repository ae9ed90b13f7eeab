"""What is for sale, at which price, and how many are left."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Row,
    Select,
    Text,
    and_,
    bindparam,
    case,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.orm import Session

from storefront.db import rowcount_of, transaction
from storefront.glances import Glance
from storefront.languages import DEFAULT_LOCALE
from storefront.models import CatalogueVersion, LineItem, Price, Product

SEED = tomllib.loads(Path(__file__).with_name("seed.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A product as a shopper sees it: in one language and one currency, in its minor units."""

    id: str
    slug: str
    category: str
    name: str
    description: str
    image: str
    stock: int
    unit_amount: int
    currency: str
    is_for_sale: bool


@dataclass(frozen=True, slots=True)
class Category:
    """A heading of the catalogue and what stands under it."""

    name: str
    products: tuple[Offer, ...]


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All products, by id, as they are at one version of the catalogue.

    One that isn't for sale has a stock of 0, and stands in no category and under no slug.
    """

    offers: Mapping[str, Offer]
    by_slug: Mapping[str, Offer]
    categories: tuple[Category, ...]


class OutOfStock(Exception):
    """Fewer are left than are wanted; nothing was taken."""

    def __init__(self, product_id: str) -> None:
        super().__init__("Something in your cart sold out just now.")
        self.product_id = product_id


def version() -> str:
    """Return what is another word whenever a product or a price has changed, whoever changed it."""
    [found] = _VERSION()
    return str(found.version)


@lru_cache(maxsize=32)
def catalogue(version: str, currency: str, locale: str) -> Catalogue:  # noqa: ARG001 - it names what is kept
    """Return the catalogue, which is read when its version is a new one, and then remembered.

    Give the version that was just read: then what is shown is never older than the question.
    """
    offers = [_offer(row, locale) for row in _OFFERS(currency=currency)]
    for_sale = [offer for offer in offers if offer.is_for_sale]
    return Catalogue(
        {offer.id: offer for offer in offers},
        {offer.slug: offer for offer in for_sale},
        tuple(
            Category(name, tuple(each for each in for_sale if each.category == name))
            for name in dict.fromkeys(offer.category for offer in for_sale)
        ),
    )


def categories(currency: str, locale: str = DEFAULT_LOCALE) -> tuple[Category, ...]:
    """Return all that is for sale in `currency`, by category, in the shopkeeper's order."""
    return catalogue(version(), currency, locale).categories


def offer_by_id(id_: str, currency: str, locale: str = DEFAULT_LOCALE) -> Offer | None:
    """Return one product; None when it isn't for sale in `currency`."""
    offer = catalogue(version(), currency, locale).offers.get(id_)
    return offer if offer and offer.is_for_sale else None


def offers_by_id(
    session: Session,
    ids: Iterable[str],
    currency: str,
    locale: str = DEFAULT_LOCALE,
) -> dict[str, Offer]:
    """Return the products as they are in this transaction; one not for sale has a stock of 0."""
    rows = session.execute(_offers(literal(currency)).where(Product.id.in_(list(ids))))
    return {row.id: _offer(row, locale) for row in rows}


def take(session: Session, quantities: Iterable[tuple[str, int]]) -> None:
    """Take stock for an order, all of it or none; raises OutOfStock.

    Products are taken in the order of their ids, so that two orders can't wait for each other.
    """
    for product_id, quantity in sorted(quantities):
        statement = (
            update(Product)
            .where(Product.id == product_id, Product.stock >= quantity)
            .values(stock=Product.stock - quantity)
        )
        if rowcount_of(session.execute(statement)) != 1:
            raise OutOfStock(product_id)


def put_back(session: Session, order_id: str) -> None:
    """Release what an order had taken. The caller's compare-and-set makes it happen once."""
    for product_id, quantity in sorted(_taken(session, order_id)):
        session.execute(
            update(Product).where(Product.id == product_id).values(stock=Product.stock + quantity)
        )


def take_again(session: Session, order_id: str) -> bool:
    """Take what an expired order had released; False, and nothing taken, when it sold out."""
    try:
        with session.begin_nested():
            take(session, _taken(session, order_id))
    except OutOfStock:
        return False
    return True


@transaction
def seed(session: Session) -> int:
    """Put the shop's own products on sale where they aren't yet; returns how many were added."""
    known = set(session.scalars(select(Product.slug)))
    new = [each for each in enumerate(SEED["products"]) if each[1]["slug"] not in known]
    for position, found in new:
        columns = {name: value for name, value in found.items() if name != "prices"}
        product = Product(position=position, **columns)
        session.add(product)
        session.flush()
        session.add_all(
            Price(product_id=product.id, currency=currency, unit_amount=unit_amount)
            for currency, unit_amount in found["prices"].items()
        )
    return len(new)


def _offers(currency: ColumnElement[str]) -> Select[Any]:
    is_for_sale = and_(Product.is_active, Price.unit_amount.is_not(None))
    has_price = and_(Price.product_id == Product.id, Price.currency == currency)
    plain = (Product.id, Product.slug, Product.category, Product.name, Product.description)
    return (
        select(
            *plain,
            Product.image,
            case((is_for_sale, Product.stock), else_=0).label("stock"),
            func.coalesce(Price.unit_amount, 0).label("unit_amount"),
            currency.label("currency"),
            is_for_sale.label("is_for_sale"),
        )
        .join(Price, has_price, isouter=True)
        .order_by(Product.position)
    )


_VERSION = Glance(select(CatalogueVersion.version))
_OFFERS = Glance(_offers(bindparam("currency", type_=Text)))


def _offer(row: Row[Any], locale: str) -> Offer:
    return Offer(
        id=row.id,
        slug=row.slug,
        category=_in_language(row.category, locale),
        name=_in_language(row.name, locale),
        description=_in_language(row.description, locale),
        image=row.image,
        stock=row.stock,
        unit_amount=row.unit_amount,
        currency=row.currency,
        is_for_sale=bool(row.is_for_sale),
    )


def _in_language(texts: dict[str, str], locale: str) -> str:
    return texts.get(locale) or texts[DEFAULT_LOCALE]


def _taken(session: Session, order_id: str) -> list[tuple[str, int]]:
    rows = session.execute(
        select(LineItem.product_id, LineItem.quantity).where(LineItem.order_id == order_id)
    )
    return [(row.product_id, row.quantity) for row in rows]
