"""Who may sell what: authorisations in force, followed up to where their chain begins, and the bands along it.

It owns the rule by which an authorisation holds, said once: for shelves, listings, prices, trade terms and coverage.
One holds while whoever grants it may sell the sku itself: the chain goes up to a brand, or to a supplier, whom nobody
has to let. So what is taken back above ends below at once, and holds again with it; nothing is written for that.

Source: docs/domain.md, Shelf.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Uuid, and_, case, cast, func, literal_column, null, or_, select, true
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import CTE, LateralFromClause

from domain.catalog import CHAIN_HEADS
from domain.channel import EdgeKind, OrganizationStatus
from loaders.base import LIST_LIMIT, ListByPlace
from loaders.paging import each, wanted_keys
from models.catalog import Assortment, AssortmentSku, Authorization
from models.channel import Organization, OrganizationEdge
from models.reading import BIGINTS, NOW, TENANT, UUIDS, Row, constant, in_scope, read

_grant, _grantor, _whose = aliased(Authorization), aliased(Organization), aliased(Organization)
_given, _item = aliased(Assortment), aliased(AssortmentSku)
_listed = aliased(AssortmentSku)


def _valid(grant: Any) -> ColumnElement[bool]:
    return and_(grant.valid_from <= NOW, grant.valid_until.is_(None) | (grant.valid_until > NOW))


def in_force(grant: Any, grantor_status: Any) -> ColumnElement[bool]:
    """The authorisation is valid now, and its grantor trades."""
    return and_(_valid(grant), grantor_status == constant(OrganizationStatus.ACTIVE))


def status_of_grantor(assortment: Any) -> ColumnElement[str]:
    """Whether who grants the assortment trades: two short looks for each, which the planner cannot make a join."""
    return (
        select(_grantor.status)
        .select_from(_given)
        .join(_grantor, (_grantor.tenant_id == TENANT) & (_grantor.id == _given.grantor_id))
        .where(_given.tenant_id == TENANT, _given.id == assortment)
        .correlate_except(_given, _grantor)
        .scalar_subquery()
    )


def _begins(tier: Any) -> ColumnElement[bool]:
    return or_(*(tier == constant(head) for head in sorted(CHAIN_HEADS)))


def _assortments_of(holder: Any, outer: Any, name: str) -> LateralFromClause:
    """The assortments in force that `holder` has: of `heads`, with whom a chain begins, and of `others`, with whom.

    LIMIT 1 keeps its looks short: from a grant to its assortment to who grants it, however few of these there are.
    """
    granted = (
        select(_given.grantor_id, _grantor.tier)
        .select_from(_given)
        .join(_grantor, (_grantor.tenant_id == TENANT) & (_grantor.id == _given.grantor_id))
        .where(
            _given.tenant_id == TENANT,
            _given.id == _grant.assortment_id,
            _grantor.status == constant(OrganizationStatus.ACTIVE),
        )
        .limit(constant(1))
        .correlate(_grant)
        .lateral("granted")
    )
    begins = _begins(granted.c.tier)
    return (
        select(
            func.array_agg(_grant.assortment_id).filter(begins).label("heads"),
            func.array_agg(_grant.assortment_id).filter(~begins).label("others"),
            func.array_agg(granted.c.grantor_id).filter(~begins).label("grantors"),
        )
        .select_from(_grant)
        .join(granted, true())
        .where(_grant.tenant_id == TENANT, _grant.grantee_id == holder, _valid(_grant))
        .correlate(outer)
        .lateral(name)
    )


def chains(seller: Any, outer: Any) -> tuple[tuple[LateralFromClause, ...], tuple[ColumnElement[Any], ...]]:
    """What a seller's rights are made of, found once for all its skus: what to join, and the columns for `right`.

    `heads`: the assortments that brands have given it; `passed`: those of another, and `above`: what brands have given
    that one; `each`: all of these. `is_short`: there is no more to its chains, as with most; else they are climbed.
    """
    own = _assortments_of(seller, outer, "own")
    via = own.c.grantors[constant(1)]
    up = _assortments_of(via, own, "up")
    one_at_most = func.coalesce(via == own.c.grantors.all_(), constant(True))
    columns = (
        own.c.heads.label("heads"),
        own.c.others.label("passed"),
        up.c.heads.label("above"),
        func.array_cat(func.array_cat(own.c.heads, own.c.others), up.c.heads, type_=UUIDS).label("each"),
        (one_at_most & up.c.others.is_(None)).label("is_short"),
    )
    return (own, up), columns


def _given_to(holder: Any, sku: Any) -> LateralFromClause:
    """What lets `holder` sell `sku`, one row for each authorisation in force: by whom, in which band.

    `begins`: nobody has to let the grantor sell. One look for all assortments of the holder and two for each that has
    the sku, however many there are of either; OFFSET 0 keeps it that.
    """
    given = (
        select(_grant.assortment_id)
        .where(_grant.tenant_id == TENANT, _grant.grantee_id == holder, _valid(_grant))
        .correlate_except(_grant)
        .scalar_subquery()
    )
    among = _listed.assortment_id == func.any(func.array(given))
    # The index alone says which of them have the sku; only those are read.
    has = (
        select(_listed.assortment_id)
        .where(_listed.tenant_id == TENANT, _listed.sku_id == sku, among)
        .offset(constant(0))
        .correlate_except(_listed)
        .lateral("has")
    )
    return (
        select(
            _item.assortment_id, _item.min_fen, _item.max_fen, _given.grantor_id, _begins(_grantor.tier).label("begins")
        )
        .select_from(has)
        .join(_item, (_item.tenant_id == TENANT) & (_item.assortment_id == has.c.assortment_id) & (_item.sku_id == sku))
        .join(_given, (_given.tenant_id == TENANT) & (_given.id == has.c.assortment_id))
        .join(_grantor, (_grantor.tenant_id == TENANT) & (_grantor.id == _given.grantor_id))
        .where(_grantor.status == constant(OrganizationStatus.ACTIVE))
        .offset(constant(0))
        .correlate_except(has, _item, _given, _grantor)
        .lateral("given")
    )


def _within(
    band: tuple[ColumnElement[Any], ColumnElement[Any]], other: Any
) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """What two bands have in common, as `domain.catalog.common_band` says: what is null bounds nothing."""
    floor, ceiling = band
    return (
        func.greatest(floor, other.min_fen, type_=BigInteger()).label("min_fen"),
        func.least(ceiling, other.max_fen, type_=BigInteger()).label("max_fen"),
    )


def _climb(start: Any, sku: Any, outer: Iterable[Any]) -> CTE:
    """Every way up by which `start` may sell `sku`, with the band that is common to its grants so far.

    A way is whole where it `begins`. Two ways that are equal in all of this are one, so a circle, too, comes to an end.
    """
    nothing = cast(null(), BigInteger())
    up = (
        select(cast(start, Uuid()).label("holder"), nothing.label("min_fen"), nothing.label("max_fen"))
        .add_columns(constant(False).label("begins"))
        .correlate(*outer)
        .cte("up", recursive=True, nesting=True)
    )
    given = _given_to(up.c.holder, sku)
    return up.union(
        select(given.c.grantor_id, *_within((up.c.min_fen, up.c.max_fen), given.c), given.c.begins)
        .select_from(up.join(given, true()))
        .where(~up.c.begins)
    )


def may_sell(seller: Any, sku: Any, *outer: Any) -> ColumnElement[bool]:
    """Somebody lets `seller` sell `sku`, who may sell it, too; `outer` are the tables that the two belong to."""
    up = _climb(seller, sku, outer)
    found: ColumnElement[bool] = select(constant(True)).where(up.c.begins).limit(constant(1)).scalar_subquery()
    return found


def _common(up: CTE) -> Any:
    """The band that is common to all whole ways, as [floor, ceiling]; null where there is none."""
    ends = array([func.max(up.c.min_fen), func.min(up.c.max_fen)])
    return select(ends).where(up.c.begins).having(func.count() > constant(0)).scalar_subquery()


def _of_short_chains(seller: Any, sku: Any) -> ColumnElement[Any]:
    """The band of a sku in chains that are short: by its brand, by another whom its brand lets, or by both at once."""
    x, at = _item, _item.assortment_id
    heads, passed, above = (
        at == assortments.any_() for assortments in (seller.c.heads, seller.c.passed, seller.c.above)
    )
    directly, whole = func.bool_or(heads), func.bool_or(passed) & func.bool_or(above)
    lowest, highest = func.max(x.min_fen), func.min(x.max_fen)
    of_chain = or_(passed, above)
    ends = (
        func.greatest(lowest.filter(heads), case((whole, lowest.filter(of_chain))), type_=BigInteger()),
        func.least(highest.filter(heads), case((whole, highest.filter(of_chain))), type_=BigInteger()),
    )
    return (
        select(array(ends))
        .where(x.tenant_id == TENANT, x.sku_id == sku, at == seller.c.each.any_())
        .having(or_(directly, whole))
        .correlate_except(x)
        .scalar_subquery()
    )


def right(seller: Any, sku: Any, *outer: Any) -> LateralFromClause:
    """Whether a seller may sell a sku now: `band` is null where it may not, else [floor, ceiling], null for any price.

    Args:
        seller: has an `id`, and the columns of its `chains`.
        outer: the tables that the seller and the sku belong to.
    """
    climbed = _common(_climb(seller.c.id, sku, outer))
    band = case((seller.c.is_short, _of_short_chains(seller, sku)), else_=climbed)
    return select(band.label("band")).offset(constant(0)).correlate(*outer).lateral("may_be_sold")


def floor_and_ceiling(right: Any) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """The two ends of the band of a `right`, null where it has none."""
    return right.c.band[constant(1)].label("min_fen"), right.c.band[constant(2)].label("max_fen")


class BandRow(Row):
    """The band within which one authorisation, with those above it, lets a grantee sell a sku; and who granted it."""

    place: int
    grantor_id: UUID
    min_fen: int | None
    max_fen: int | None


def _bands() -> Any:
    wanted = wanted_keys("grantee", "sku")
    edge = OrganizationEdge
    given = _given_to(wanted.c.grantee, wanted.c.sku)
    up = _climb(given.c.grantor_id, wanted.c.sku, (given, wanted))
    above = _common(up)
    way = (
        select(case((given.c.begins, literal_column("'{}'::bigint[]", BIGINTS)), else_=above).label("band"))
        .offset(constant(0))
        .correlate(given, wanted)
        .lateral("way")
    )
    rows = (
        select(given.c.grantor_id, *_within(floor_and_ceiling(way), given.c))
        .select_from(given)
        .join(way, true())
        .join(Assortment, (Assortment.tenant_id == TENANT) & (Assortment.id == given.c.assortment_id))
        .join(_whose, (_whose.tenant_id == TENANT) & (_whose.id == given.c.grantor_id))
        .outerjoin(
            edge,
            (edge.tenant_id == TENANT)
            & (edge.kind == constant(EdgeKind.SUPPLIES))
            & (edge.downstream_id == wanted.c.grantee)
            & (edge.upstream_id == given.c.grantor_id),
        )
        .where(way.c.band.is_not(None), in_scope(wanted.c.grantee))
        # Who does not supply the grantee has no edge, and stands last.
        .order_by(edge.is_primary.desc().nulls_last(), _whose.code, _whose.id, Assortment.code)
        .limit(constant(LIST_LIMIT))
    )
    return read(BandRow, each(BandRow, wanted, rows))


class BandsOf(ListByPlace[tuple[UUID, UUID], BandRow]):
    """The bands within which (grantee, sku) may be sold now, for the viewer's own organisations.

    One for each authorisation that holds: the primary supplier's first, then those of others who supply, then those of
    who only grants.
    """

    statement = _bands()
    parts = ("grantees", "skus")
