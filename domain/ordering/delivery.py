"""Where an order goes, and how: what a delivery says, and which ways fit who ships.

Refused
└── DeliveryNotPossible    that way does not fit who ships the goods, or how the cloud store sells

It owns no shipment and no carrier: those are of what has left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.base import Refused
from domain.channel import CloudStoreMode, Tier

MAX_RECIPIENT_CHARS: Final = 60
MAX_ADDRESS_CHARS: Final = 200
MAX_DELIVERY_NOTE_CHARS: Final = 200


class DeliveryMethod(StrEnum):
    """How goods of a shopper's order reach her (配送方式).

    Source: docs/domain.md, Shipping and returning.
    """

    STORE_PICKUP = "STORE_PICKUP"
    """门店自提: she fetches them at the store."""
    STORE_DELIVERY = "STORE_DELIVERY"
    """门店配送: a store brings them."""
    DISTRIBUTOR_DELIVERY = "DISTRIBUTOR_DELIVERY"
    """经销商配送: a distributor, an agent or a regional company brings them, or part of them."""
    BRAND_DELIVERY = "BRAND_DELIVERY"
    """品牌直送: the brand sends them, or part of them."""
    SUPPLIER_DIRECT = "SUPPLIER_DIRECT"
    """供应商直发: a supplier from outside the channel sends them, or part of them."""


_BROUGHT_BY: Final[Mapping[Tier, DeliveryMethod]] = {
    Tier.STORE: DeliveryMethod.STORE_DELIVERY,
    Tier.DISTRIBUTOR: DeliveryMethod.DISTRIBUTOR_DELIVERY,
    Tier.AGENT: DeliveryMethod.DISTRIBUTOR_DELIVERY,
    Tier.SUBSIDIARY: DeliveryMethod.DISTRIBUTOR_DELIVERY,
    Tier.BRAND: DeliveryMethod.BRAND_DELIVERY,
    Tier.SUPPLIER: DeliveryMethod.SUPPLIER_DIRECT,
}
_FARTHEST: Final = tuple(DeliveryMethod)
"""The later the farther it comes from."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Where an order goes. `region` is the code of an area; what is picked up has neither that nor an address."""

    method: DeliveryMethod
    recipient: str | None = None
    phone: str | None = None
    region: str | None = None
    address: str | None = None
    note: str | None = None


class DeliveryNotPossible(Refused):
    """The goods cannot reach her that way."""

    code = "DELIVERY_NOT_POSSIBLE"

    def __init__(self, method: DeliveryMethod, possible: Sequence[DeliveryMethod]) -> None:
        self.method, self.possible = method, tuple(possible)
        super().__init__("The goods cannot be delivered that way.")


def ways(mode: CloudStoreMode, seller: UUID, shipping: Mapping[UUID, Tier]) -> tuple[DeliveryMethod, ...]:
    """How goods can reach a shopper who buys them.

    Args:
        mode: how the cloud store sells.
        shipping: who ships any of them, and of which tier.

    Each ships its own part, and who comes from farthest names the way. A store hands over what it ships itself; with
    COMMUNITY_GROUP everything is gathered at the store, and nobody but a distributor brings anything.

    Source: docs/domain.md, Shipping and returning.
    """
    brought = max((_BROUGHT_BY[tier] for tier in shipping.values()), key=_FARTHEST.index)
    if mode is CloudStoreMode.COMMUNITY_GROUP:
        fetched, brings = True, brought is DeliveryMethod.DISTRIBUTOR_DELIVERY
    else:
        fetched, brings = {*shipping} == {seller} and shipping[seller] is Tier.STORE, True
    return (DeliveryMethod.STORE_PICKUP,) * fetched + (brought,) * brings


def check_delivery(method: DeliveryMethod, mode: CloudStoreMode, seller: UUID, shipping: Mapping[UUID, Tier]) -> None:
    """Refuse a way that does not fit. Raises: DeliveryNotPossible."""
    possible = ways(mode, seller, shipping)
    if method not in possible:
        raise DeliveryNotPossible(method, possible)
