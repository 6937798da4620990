"""Prices: the lists, and the candidates that could apply to a buyer; the rule that picks one is the domain's."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, cast, column, func, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased

from domain.catalog import PriceAudience, PriceScope
from domain.channel import EdgeKind, OrganizationStatus
from loaders.base import ById, ListByPlace, Reading
from loaders.paging import Paged, each, wanted_keys, wanted_parents
from models.catalog import (
    Price,
    PriceList,
)
from models.channel import CloudStore, Organization, OrganizationEdge, Region
from models.reading import INSTANT, NOW, TENANT, TEXTS, UUIDS, Row, Rows, constant, ids, in_scope, read

HISTORY_LIMIT = 200
"""The most prices that an explanation lists."""


class CandidateRow(Row):
    """A price that could apply: what `domain.catalog.best` chooses from."""

    place: int
    list_id: UUID
    list_name: str
    scope: PriceScope
    min_qty: int
    unit_fen: int
    valid_from: datetime
    valid_until: datetime | None


_edge = aliased(OrganizationEdge)
_buyer, _seller = aliased(Organization), aliased(Organization)
_buyer_store = aliased(CloudStore)
_seller_store = aliased(CloudStore)
_store, _organization = aliased(CloudStore), aliased(Organization)


def _candidates(wanted: Any, audience: PriceAudience, applies: ColumnElement[bool]) -> Rows:
    lists = PriceList
    return (
        select(
            lists.id.label("list_id"),
            lists.name.label("list_name"),
            lists.scope,
            Price.min_qty,
            Price.unit_fen,
            Price.valid_from,
            Price.valid_until,
        )
        .select_from(lists)
        .join(Price, (Price.tenant_id == TENANT) & (Price.price_list_id == lists.id))
        .where(
            lists.tenant_id == TENANT,
            lists.seller_id == wanted.c.seller,
            lists.audience == constant(audience),
            Price.sku_id == wanted.c.sku,
            applies,
        )
    )


def _in_region(parameter: str, place: Any, organization: Any, here: Any) -> ColumnElement[bool]:
    """The list is for a region that the organisation `here` lies in: its own, or one that holds that.

    `here` is one of the array `parameter`; `place` is the table whose `region_code` says where its `organization` is.
    The regions are climbed once for each of the array, in a WITH that is not read unless some list is for a region.
    """
    asked = func.unnest(bindparam(parameter, type_=UUIDS)).table_valued(column("id", Uuid())).render_derived("asked")
    once = select(asked.c.id).distinct().subquery("once")
    up = (
        select(once.c.id, place.region_code)
        .join(place, (place.tenant_id == TENANT) & (organization == once.c.id))
        .where(place.region_code.is_not(None))
        .cte("up", recursive=True)
    )
    # UNION, not UNION ALL: a region that is its own ancestor by mistake ends the climb instead of the server.
    up = up.union(
        select(up.c.id, Region.parent_code)
        .select_from(up)
        .join(Region, Region.code == up.c.region_code)
        .where(Region.parent_code.is_not(None))
    )
    lies_in = (
        select(up.c.id, func.array_agg(up.c.region_code).label("codes"))
        .group_by(up.c.id)
        .cte("lies_in")
        .prefix_with("MATERIALIZED")
    )
    codes = select(lies_in.c.codes).where(lies_in.c.id == here).correlate_except(lies_in).scalar_subquery()
    # Through coalesce it is one array; bare, it would be a subquery of rows.
    return (PriceList.scope == constant(PriceScope.REGION)) & (
        PriceList.region_code == func.any(func.coalesce(codes, cast(array([]), TEXTS)))
    )


def _valid_at(at: ColumnElement[datetime]) -> ColumnElement[bool]:
    # What is not valid cannot win: leaving it out here changes no answer, only the number of rows.
    return (Price.valid_from <= at) & (Price.valid_until.is_(None) | (Price.valid_until > at))


def _consumer() -> Any:
    wanted = wanted_keys("seller", "sku")
    lists = PriceList
    applies = (
        (lists.scope == constant(PriceScope.BASE))
        | _in_region("sellers", _store, _store.organization_id, wanted.c.seller)
        | (lists.site_id == _seller_store.site_id)
    )
    rows = _candidates(wanted, PriceAudience.CONSUMER, applies & _valid_at(NOW)).outerjoin(
        _seller_store, (_seller_store.tenant_id == TENANT) & (_seller_store.organization_id == wanted.c.seller)
    )
    return read(CandidateRow, each(CandidateRow, wanted, rows))


class ConsumerPrices(ListByPlace[tuple[UUID, UUID], CandidateRow]):
    """The prices that could apply now to any shopper of (seller, sku)."""

    statement = _consumer()
    parts = ("sellers", "skus")


def _trade(at: ColumnElement[datetime] | None = None) -> Rows:
    """The prices that could apply to triples of seller, buyer and sku, for the seller or the buyer to see.

    Those valid now; or, with `at`, the history of each triple: those valid then come first, then the latest.
    """
    wanted = wanted_keys("seller", "buyer", "sku")
    lists = PriceList
    # Only between a supplier and whom it supplies: to anyone else these are another tier's prices.
    supplies = (
        select(constant(1))
        .where(
            _edge.tenant_id == TENANT,
            _edge.kind == constant(EdgeKind.SUPPLIES),
            _edge.downstream_id == wanted.c.buyer,
            _edge.upstream_id == wanted.c.seller,
        )
        .correlate_except(_edge)
        .exists()
    )
    applies = (
        (lists.scope == constant(PriceScope.BASE))
        | (lists.buyer_id == wanted.c.buyer)
        | (lists.buyer_tag == _buyer.tags.any_())
        | _in_region("buyers", _organization, _organization.id, wanted.c.buyer)
        | (lists.site_id == _buyer_store.site_id)
        | (lists.buyer_tier == _buyer.tier)
    )
    rows = (
        _candidates(wanted, PriceAudience.TRADE, applies & supplies & in_scope(wanted.c.seller, wanted.c.buyer))
        .join(_buyer, (_buyer.tenant_id == TENANT) & (_buyer.id == wanted.c.buyer))
        .join(
            _seller,
            (_seller.tenant_id == TENANT)
            & (_seller.id == wanted.c.seller)
            & (_seller.status == constant(OrganizationStatus.ACTIVE)),
        )
        .outerjoin(_buyer_store, (_buyer_store.tenant_id == TENANT) & (_buyer_store.organization_id == wanted.c.buyer))
    )
    if at is None:
        return each(CandidateRow, wanted, rows.where(_valid_at(NOW)))
    latest = rows.order_by(_valid_at(at).desc(), Price.valid_from.desc(), PriceList.id).limit(constant(HISTORY_LIMIT))
    return each(CandidateRow, wanted, latest)


class TradePrices(ListByPlace[tuple[UUID, UUID, UUID], CandidateRow]):
    """The prices that could apply now to (seller, buyer, sku), for the two. Another buyer's contract is never there."""

    statement = read(CandidateRow, _trade())
    parts = ("sellers", "buyers", "skus")


TRADE_HISTORY = read(CandidateRow, _trade(bindparam("at", type_=INSTANT)))
"""The prices of triples through time: those valid at an instant, then the latest, at most `HISTORY_LIMIT` of each."""


async def trade_history(reading: Reading, seller: UUID, buyer: UUID, sku: UUID, at: datetime) -> list[CandidateRow]:
    """What could apply, or once did, or will, to a buyer: what an explanation is made of."""
    return await reading.fetch(TRADE_HISTORY, sellers=[seller], buyers=[buyer], skus=[sku], at=at)


class PriceListRow(Row):
    """A price list, for its seller."""

    id: UUID
    seller_id: UUID
    code: str
    name: str
    audience: str
    scope: str
    buyer_id: UUID | None
    buyer_tag: str | None
    buyer_tier: str | None
    region_code: str | None
    site_id: UUID | None
    is_generated: bool


def price_lists() -> Rows:
    """The columns of the viewer's own price lists."""
    x = PriceList
    return select(
        x.id,
        x.seller_id,
        x.code,
        x.name,
        x.audience,
        x.scope,
        x.buyer_id,
        x.buyer_tag,
        x.buyer_tier,
        x.region_code,
        x.site_id,
        x.is_generated,
    ).where(x.tenant_id == TENANT, in_scope(x.seller_id))


class PriceListById(ById[PriceListRow]):
    """Price lists by id."""

    statement = read(PriceListRow, price_lists().where(PriceList.id == ids("ids").any_()))


class PriceListEntry(PriceListRow):
    """A price list on a page, by code."""

    place: int
    by_code: str
    by_id: UUID


def _price_lists() -> Paged[PriceListEntry]:
    wanted = wanted_parents()
    rows = price_lists().where(PriceList.seller_id == wanted.c.parent)
    return Paged(PriceListEntry, wanted, rows, {PriceList.code: str, PriceList.id: UUID})


PRICE_LISTS = _price_lists()
"""The price lists of each seller, for that seller."""


class PriceEntry(Row):
    """A price of a list with its validity, on a page by sku, quantity and start."""

    sku_id: UUID
    min_qty: int
    unit_fen: int
    valid_from: datetime
    valid_until: datetime | None
    place: int
    by_sku: UUID
    by_quantity: int
    by_start: datetime


def _prices() -> Paged[PriceEntry]:
    wanted = wanted_parents()
    x = Price
    rows = (
        select(x.sku_id, x.min_qty, x.unit_fen, x.valid_from, x.valid_until)
        .join(PriceList, (PriceList.tenant_id == TENANT) & (PriceList.id == x.price_list_id))
        .where(x.tenant_id == TENANT, x.price_list_id == wanted.c.parent, in_scope(PriceList.seller_id))
    )
    return Paged(PriceEntry, wanted, rows, {x.sku_id: UUID, x.min_qty: int, x.valid_from: datetime})


PRICES = _prices()
"""The prices of each list through all time, for its seller."""
