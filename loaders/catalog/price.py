"""Prices: the lists, and the candidates that could apply to a buyer; the rule that picks one is the domain's."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, bindparam, column, func, select
from sqlalchemy.orm import aliased

from domain.catalog import PriceAudience, PriceScope
from domain.channel import EdgeKind, OrganizationStatus
from loaders.base import ById, Loader, Reading
from loaders.paging import Paged, each, wanted_pairs, wanted_parents
from models.catalog import (
    Price,
    PriceList,
)
from models.channel import CloudStore, Organization, OrganizationEdge
from models.reading import INSTANT, NOW, TENANT, UUIDS, Row, Rows, constant, ids, in_scope, read

HISTORY_LIMIT = 200
"""The most prices that an explanation lists."""


class CandidateRow(Row):
    """A price that could apply; the columns after `place` are those of `domain.catalog.PriceCandidate`, in order."""

    place: int
    list_id: UUID
    list_name: str
    scope: PriceScope
    sku: UUID
    min_qty: int
    unit_fen: int
    valid_from: datetime
    valid_until: datetime | None


_edge = aliased(OrganizationEdge)
_buyer, _seller = aliased(Organization), aliased(Organization)
_buyer_store = aliased(CloudStore)
_seller_store = aliased(CloudStore)


def _candidates(wanted: Any, audience: PriceAudience, applies: ColumnElement[bool]) -> Rows:
    lists = PriceList
    return (
        select(
            lists.id.label("list_id"),
            lists.name.label("list_name"),
            lists.scope,
            Price.sku_id.label("sku"),
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


def _valid_at(at: ColumnElement[datetime]) -> ColumnElement[bool]:
    # What is not valid cannot win: leaving it out here changes no answer, only the number of rows.
    return (Price.valid_from <= at) & (Price.valid_until.is_(None) | (Price.valid_until > at))


def _consumer() -> Any:
    wanted = wanted_pairs("seller", "sku")
    lists = PriceList
    applies = (
        (lists.scope == constant(PriceScope.BASE))
        | (lists.region_code == _seller_store.region_code)
        | (lists.site_id == _seller_store.site_id)
    )
    rows = _candidates(wanted, PriceAudience.CONSUMER, applies & _valid_at(NOW)).outerjoin(
        _seller_store, (_seller_store.tenant_id == TENANT) & (_seller_store.organization_id == wanted.c.seller)
    )
    return read(CandidateRow, each(CandidateRow, wanted, rows))


class ConsumerPrices(Loader[tuple[UUID, UUID], list[CandidateRow]]):
    """The prices that could apply now to any shopper of (seller, sku)."""

    statement = _consumer()

    async def fetch(self, keys: list[tuple[UUID, UUID]]) -> Mapping[tuple[UUID, UUID], list[CandidateRow]]:
        """Candidates of each pair."""
        sellers, wished = zip(*keys, strict=True)
        found: dict[tuple[UUID, UUID], list[CandidateRow]] = {}
        for row in await self.reading.fetch(self.statement, sellers=sellers, skus=wished):
            found.setdefault(keys[row.place - 1], []).append(row)
        return found

    def absent(self) -> list[CandidateRow]:
        """No price."""
        return []


def _trade(at: ColumnElement[datetime] | None = None) -> Rows:
    """The prices that could apply to triples of seller, buyer and sku, for the seller or the buyer to see.

    Those valid now; or, with `at`, the history of each triple: those valid then come first, then the latest.
    """
    three = func.unnest(
        bindparam("sellers", type_=UUIDS), bindparam("buyers", type_=UUIDS), bindparam("skus", type_=UUIDS)
    )
    wanted = three.table_valued(
        column("seller", Uuid()), column("buyer", Uuid()), column("sku", Uuid()), with_ordinality="place"
    ).render_derived(name="wanted")
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
        | (lists.region_code == _buyer.region_code)
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


class TradePrices(Loader[tuple[UUID, UUID, UUID], list[CandidateRow]]):
    """The prices that could apply now to (seller, buyer, sku). Another buyer's contract is never among them."""

    statement = read(CandidateRow, _trade())

    async def fetch(self, keys: list[tuple[UUID, UUID, UUID]]) -> Mapping[tuple[UUID, UUID, UUID], list[CandidateRow]]:
        """Candidates of each triple."""
        sellers, buyers, wished = zip(*keys, strict=True)
        found: dict[tuple[UUID, UUID, UUID], list[CandidateRow]] = {}
        for row in await self.reading.fetch(self.statement, sellers=sellers, buyers=buyers, skus=wished):
            found.setdefault(keys[row.place - 1], []).append(row)
        return found

    def absent(self) -> list[CandidateRow]:
        """No price, or not the viewer's to see."""
        return []


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
