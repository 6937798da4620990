"""Searching a shelf: the skus of the tenant that a text finds, and the listings of them on each cloud store's shelf.

Owns which way the index is gone. Where few skus of the tenant hold the words, they are found first and looked for on
each shelf; where many do, each shelf is gone along and its skus are looked at. So a search costs a few looks into the
indexes for a rare word and one look for each listing of the shelf for a common one, in any tenant. Which listings there
are is the shelf's own rule; how far one is from the text is `domain.search.distance`, and equal to it by a test.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, ColumnElement, Text, Uuid, bindparam, cast, column, func, select, true

from domain.search import Query, of_tenant
from loaders.base import Loader
from loaders.catalog.shelf import ListingRow, listings
from loaders.paging import Paged, wanted_parents
from models.catalog import Listing, SkuSearch
from models.reading import BIGINTS, TENANT, TEXTS, UUIDS, Row, constant, read

FEW = 200
"""Up to so many skus are looked for on each shelf; where more are found the shelf is gone along."""


class FoundSkuRow(Row):
    """A sku of the tenant that the text finds, and how far it is from it."""

    sku_id: UUID
    distance: int


def _distance() -> ColumnElement[int]:
    """How far the row's tokens are from the query, as `domain.search.distance` says."""
    marks = (
        func.unnest(bindparam("marks", type_=TEXTS), bindparam("weights", type_=BIGINTS))
        .table_valued(column("mark", Text()), column("weight", BigInteger()))
        .render_derived("weighed")
    )
    # Named in a WITH, so that it is unnested once and not for every sku.
    weighed = select(marks.c.mark, marks.c.weight).cte("marks").prefix_with("MATERIALIZED")
    moved = (
        select(func.coalesce(func.sum(weighed.c.weight), constant(0)))
        .where(weighed.c.mark == SkuSearch.tokens.any_())
        .correlate(SkuSearch)
        .scalar_subquery()
    )
    return cast(bindparam("start", type_=BigInteger()) + moved, BigInteger()).label("distance")


def _holds_the_words() -> ColumnElement[bool]:
    return SkuSearch.tokens.contains(bindparam("needed", type_=TEXTS))


FOUND = read(
    FoundSkuRow,
    select(SkuSearch.sku_id, _distance())
    .where(SkuSearch.tenant_id == TENANT, _holds_the_words())
    .limit(constant(FEW + 1)),
)
"""The skus of the tenant that a text finds, one more than few: read by the words, from a table without row security."""


class FoundListingEntry(ListingRow):
    """A listing on a page of what a text finds on a shelf: the nearest first, equals as on the shelf."""

    place: int
    by_distance: int
    by_position: int
    by_id: UUID


def _along_the_words() -> Paged[FoundListingEntry]:
    wanted = wanted_parents()
    skus = (
        func.unnest(bindparam("skus", type_=UUIDS), bindparam("distances", type_=BIGINTS))
        .table_valued(column("sku_id", Uuid()), column("distance", BigInteger()))
        .render_derived("few")
    )
    found = select(skus.c.sku_id, skus.c.distance).cte("found").prefix_with("MATERIALIZED")
    rows = listings(wanted).join(found, found.c.sku_id == Listing.sku_id)
    return Paged(FoundListingEntry, wanted, rows, {found.c.distance: int, Listing.position: int, Listing.id: UUID})


def _along_the_shelf() -> Paged[FoundListingEntry]:
    wanted = wanted_parents()
    seen = (
        select(_distance())
        .where(SkuSearch.tenant_id == TENANT, SkuSearch.sku_id == Listing.sku_id, _holds_the_words())
        .correlate(Listing)
        .offset(constant(0))
        .lateral("seen")
    )
    rows = listings(wanted).join(seen, true())
    return Paged(FoundListingEntry, wanted, rows, {seen.c.distance: int, Listing.position: int, Listing.id: UUID})


ALONG_THE_WORDS = _along_the_words()
"""The listings of a few skus on the shelf of each cloud store."""
ALONG_THE_SHELF = _along_the_shelf()
"""The listings on the shelf of each cloud store whose skus hold the words."""


class Way(NamedTuple):
    """The connection that answers a query, and the values its statements take."""

    connection: Paged[FoundListingEntry]
    values: dict[str, Any]


NOTHING = Way(ALONG_THE_WORDS, {"skus": [], "distances": []})
"""Where nothing can be looked for."""


class WayOf(Loader[Query, Way]):
    """How each query is answered on any shelf of the tenant; a statement for each distinct query of a request."""

    async def fetch(self, keys: list[Query]) -> Mapping[Query, Way]:
        """The few skus a query finds, or the shelf's own way where there are too many."""
        return {query: await self._way(query) for query in keys}

    async def _way(self, query: Query) -> Way:
        # The tenant among the words: else the index would give, for one tenant's rare word, every tenant's skus.
        needed = [of_tenant(self.reading.session.tenant_id), *query.needed]
        values = {"needed": needed, "marks": query.marks, "weights": query.weights, "start": query.start}
        found = await self.reading.fetch(FOUND, **values)
        if len(found) > FEW:
            return Way(ALONG_THE_SHELF, {**values, "needed": query.needed})
        return Way(
            ALONG_THE_WORDS, {"skus": [row.sku_id for row in found], "distances": [row.distance for row in found]}
        )
