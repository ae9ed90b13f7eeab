"""Every table."""

from storefront.models.callers import ApiAnswer, ApiKey, User
from storefront.models.money_back import Dispute, Refund
from storefront.models.records import (
    Attention,
    Cursor,
    GatewayCall,
    OutboxCall,
    StripeEvent,
    Transition,
)
from storefront.models.shop import (
    Cart,
    CartItem,
    CatalogueVersion,
    LineItem,
    Order,
    Payment,
    Price,
    Product,
)

__all__ = [
    "ApiAnswer",
    "ApiKey",
    "Attention",
    "Cart",
    "CartItem",
    "CatalogueVersion",
    "Cursor",
    "Dispute",
    "GatewayCall",
    "LineItem",
    "Order",
    "OutboxCall",
    "Payment",
    "Price",
    "Product",
    "Refund",
    "StripeEvent",
    "Transition",
    "User",
]
