"""The integration centre's answers: what other systems call our aggregates, and finding anything by its id."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from domain.access import Audience
from domain.base import BadInput, Fault
from domain.channel import Tier
from loaders.attribution import BindingById, PromoterById, TouchById
from loaders.base import Loader
from loaders.campaign import CampaignById
from loaders.catalog import (
    AssortmentById,
    AttributeById,
    CategoryById,
    ListingById,
    OwnListing,
    PriceListById,
    ProductById,
    SkuById,
)
from loaders.channel import CloudStoreById, OrganizationById, OwnCloudStore, SiteById, StaffById, TerritoryById
from loaders.integration import ReferenceRow, ReferencesOf
from loaders.inventory import ContributionById, LocationById, PoolById, ReservationById, StockDocumentById
from loaders.member import ConsumerById, CouponById, MembershipById, RightById
from loaders.ordering import NoticeById, OrderById, PaymentById, RefundById, ShipmentById
from resolvers.context import Context

MAX_NODES = 100
MAX_ENTITIES = 1_000
"""A gateway asks for all entities at once that another graph's page has led it to; a body holds 100 bytes for each."""

NODE_LOADERS: Final[Mapping[str, type[Loader[UUID, Any]]]] = {
    **{tier.lower(): OrganizationById for tier in Tier},
    "cloudstore": CloudStoreById,
    "site": SiteById,
    "territory": TerritoryById,
    "staff": StaffById,
    "category": CategoryById,
    "attribute": AttributeById,
    "product": ProductById,
    "sku": SkuById,
    "listing": ListingById,
    "assortment": AssortmentById,
    "pricelist": PriceListById,
    "location": LocationById,
    "pool": PoolById,
    "contribution": ContributionById,
    "stockdocument": StockDocumentById,
    "reservation": ReservationById,
    "order": OrderById,
    "payment": PaymentById,
    "paymentnotice": NoticeById,
    "refund": RefundById,
    "shipment": ShipmentById,
    "campaign": CampaignById,
    "customer": ConsumerById,
    "membership": MembershipById,
    "right": RightById,
    "coupon": CouponById,
    "binding": BindingById,
    "touch": TouchById,
    "promoter": PromoterById,
}
"""The kinds of global id, and the loader of each: it carries the viewer's condition."""
OWN_LOADERS: Final[Mapping[str, type[Loader[UUID, Any]]]] = {"cloudstore": OwnCloudStore, "listing": OwnListing}
"""Kinds of which the viewer's own stay hers to see when nobody is shown them any more."""
AUDIENCES: Final[Mapping[str, Audience]] = {
    **dict.fromkeys(("order", "payment", "paymentnotice", "refund", "shipment"), Audience.TRADE),
    **dict.fromkeys(("customer", "membership", "coupon", "binding", "touch", "promoter"), Audience.MEMBER),
}
"""Kinds about one person or one order: whoever reads aggregates only is not told that there is such a row either."""


async def node(roots: Sequence[object], ctx: Context, *, id: tuple[str, UUID]) -> list[Any]:
    """Anything by its id; absent and not the viewer's are one answer."""
    return [(await _nodes(ctx, [id]))[0]] * len(roots)


async def nodes(roots: Sequence[object], ctx: Context, *, ids: list[tuple[str, UUID]]) -> list[list[Any]]:
    """Many by their ids, in the order of the ids; one statement for each kind among them.

    Raises: BadInput for more than `MAX_NODES`.
    """
    if len(ids) > MAX_NODES:
        raise BadInput(f"At most {MAX_NODES} ids.")
    return [await _nodes(ctx, ids)] * len(roots)


async def entities(
    roots: Sequence[object], ctx: Context, *, representations: list[tuple[str, UUID] | Fault]
) -> list[list[Any]]:
    """What a gateway names, in the order of its representations, as `nodes`; a wrong one is an error in its place.

    Raises: BadInput for more than `MAX_ENTITIES`.
    """
    if len(representations) > MAX_ENTITIES:
        raise BadInput(f"At most {MAX_ENTITIES} representations.")
    found = iter(await _nodes(ctx, [each for each in representations if not isinstance(each, Fault)]))
    return [[each if isinstance(each, Fault) else next(found) for each in representations]] * len(roots)


async def _nodes(ctx: Context, ids: Sequence[tuple[str, UUID]]) -> list[Any]:
    found: dict[tuple[str, UUID], Any] = {}
    by_loader: dict[type[Loader[UUID, Any]], list[tuple[str, UUID]]] = {}
    closed = {kind for kind, audience in AUDIENCES.items() if ctx.viewer.actor_class not in audience.admits}
    for wanted in ids:
        if wanted[0] in closed:
            found[wanted] = None
        else:
            by_loader.setdefault(NODE_LOADERS[wanted[0]], []).append(wanted)
    for kind, keys in by_loader.items():
        found.update(zip(keys, await ctx.load(kind).many([key for _, key in keys]), strict=True))
    tiers = frozenset(tier.lower() for tier in Tier)
    return [
        None if row is None or (kind in tiers and not (row.is_active and row.tier.lower() == kind)) else row
        for (kind, _), row in ((wanted, found[wanted]) for wanted in ids)
    ]


def references_to(aggregate: str) -> Any:
    """An edge to other systems' names for the rows of one kind of aggregate."""

    async def references(rows: Sequence[Any], ctx: Context) -> list[list[ReferenceRow]]:
        return await ctx.load(ReferencesOf).many([(aggregate, row.id) for row in rows])

    return references
