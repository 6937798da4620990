"""The reach index of a tenant's campaigns: built from two statements, kept until any of them changes.

Every change of campaigns, their targeting, and whether their owners trade raises the tenant's `campaign_revision` in
its own transaction. A request reads that number in its own snapshot and uses the index that was built under the same
number: it is exactly what the request's snapshot holds. An index knows campaigns, nothing of a viewer, a store or a
member.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from sys import getsizeof
from typing import Any
from uuid import UUID
from weakref import ref

from sqlalchemy import BigInteger, ColumnElement, Text, Uuid, bindparam, cast, func, null, select

from domain.campaign import (
    Aim,
    CampaignKind,
    CampaignStatus,
    Condition,
    Dimension,
    Facts,
    Hours,
    Part,
    Participation,
    ReachIndex,
    Value,
)
from domain.channel import OrganizationStatus
from engine.shelf import Shelf
from loaders.base import Loader
from models.campaign import Campaign, CampaignCondition, CampaignRevision
from models.channel import Organization
from models.reading import INSTANT, TENANT, Read, Row, constant, read

log = logging.getLogger(__name__)

PAST = timedelta(days=1)
"""How far back a request may ask what reached."""
AHEAD = timedelta(days=366)
"""How far ahead."""
MAX_AIMS = 10_000
"""The most campaigns of a tenant that run or are to run; those of the lowest rank beyond are not known."""
MAX_CONDITIONS = 200_000
"""The most conditions that an index is built from."""
MAX_INDEXES = 200
"""The most indexes a process keeps, those used last."""
MAX_INDEX_BYTES = 200_000_000
"""And how much memory they may take together."""
MAX_PARTS = 50_000
"""The most parts of stores and skus that a process keeps."""
MAX_PART_BYTES = 64_000_000
"""And how much memory they may take together."""
PART_BYTES = 1_200
"""What one takes beside its bits."""


class RevisionRow(Row):
    """How often a tenant's campaigns have changed."""

    tenant_id: UUID
    revision: int


REVISION = read(
    RevisionRow,
    select(CampaignRevision.tenant_id, CampaignRevision.revision).where(CampaignRevision.tenant_id == TENANT),
)
"""At most one row; a tenant whose campaigns never changed has none."""


class AimRow(Row):
    """What of a campaign decides whom it reaches, beside its conditions."""

    id: UUID
    owner_id: UUID
    kind: str
    participation: str
    starts_at: datetime
    ends_at: datetime
    priority: int
    owner_trades: bool


SINCE = bindparam("since", type_=INSTANT)
"""Campaigns that were over by then are not looked at."""


def of_campaign(table: Any) -> ColumnElement[bool]:
    """The campaign that a row of the table belongs to."""
    campaign: ColumnElement[bool] = (Campaign.tenant_id == TENANT) & (Campaign.id == table.campaign_id)
    return campaign


def to_come() -> ColumnElement[bool]:
    """The campaign is published and not over by `since`."""
    return (Campaign.status == constant(CampaignStatus.PUBLISHED)) & (Campaign.ends_at > SINCE)


AIMS = read(
    AimRow,
    select(
        Campaign.id,
        Campaign.owner_id,
        Campaign.kind,
        Campaign.participation,
        Campaign.starts_at,
        Campaign.ends_at,
        Campaign.priority,
        (Organization.status == constant(OrganizationStatus.ACTIVE)).label("owner_trades"),
    )
    .join(Organization, (Organization.tenant_id == TENANT) & (Organization.id == Campaign.owner_id))
    .where(Campaign.tenant_id == TENANT, to_come())
    .order_by(Campaign.priority.desc(), Campaign.id)
    .limit(constant(MAX_AIMS + 1)),
)


class AimedRow(Row):
    """A condition with its value; of stores and skus one row for all that a clause names, without a value."""

    campaign_id: UUID
    clause: int
    dimension: str
    negated: bool
    key: UUID | None
    word: str | None
    weekdays: int | None
    from_minute: int | None
    until_minute: int | None


def _conditions() -> Read[AimedRow]:
    x = CampaignCondition
    clause = (x.campaign_id, x.clause, x.dimension, x.negated)
    here = (
        select(
            *clause,
            func.coalesce(x.site_id, x.territory_id, x.below_id, x.member_tier_id, x.category_id, x.brand_id).label(
                "key"
            ),
            func.coalesce(x.tag, x.tier, x.mode, x.terminal).label("word"),
            x.weekdays,
            x.from_minute,
            x.until_minute,
        )
        .join(Campaign, of_campaign(x))
        .where(x.tenant_id == TENANT, to_come(), x.store_id.is_(None), x.sku_id.is_(None))
    )
    nothing = cast(null(), BigInteger())
    elsewhere = (
        select(
            *clause,
            cast(null(), Uuid()).label("key"),
            cast(null(), Text()).label("word"),
            nothing.label("weekdays"),
            nothing.label("from_minute"),
            nothing.label("until_minute"),
        )
        .join(Campaign, of_campaign(x))
        .where(x.tenant_id == TENANT, to_come(), x.store_id.is_not(None) | x.sku_id.is_not(None))
        .distinct()
    )
    aimed = here.union_all(elsewhere).subquery("aimed")
    return read(
        AimedRow,
        select(*(aimed.c[name] for name in AimedRow.columns))
        .order_by(aimed.c.campaign_id, aimed.c.clause)
        .limit(constant(MAX_CONDITIONS + 1)),
    )


CONDITIONS = _conditions()


def _value(row: AimedRow) -> Value | None:
    if row.weekdays is not None and row.from_minute is not None and row.until_minute is not None:
        return Hours(row.weekdays, row.from_minute, row.until_minute)
    return row.word if row.key is None else row.key


def built(aims: Sequence[AimRow], conditions: Sequence[AimedRow]) -> ReachIndex:
    """The index of these rows. A campaign whose conditions may not all be there is left out: it would reach too far."""
    cut = None
    if len(conditions) > MAX_CONDITIONS:
        cut = conditions[MAX_CONDITIONS].campaign_id
        log.warning("more than %d conditions of campaigns: those from %s on are not known", MAX_CONDITIONS, cut)
    if len(aims) > MAX_AIMS:
        log.warning("more than %d campaigns: those of a lower rank are not known", MAX_AIMS)
    clauses: dict[UUID, dict[int, list[Condition]]] = {}
    dimensions = {str(dimension): dimension for dimension in Dimension}
    for row in conditions:
        one = Condition(dimensions[row.dimension], row.negated, _value(row))
        clauses.setdefault(row.campaign_id, {}).setdefault(row.clause, []).append(one)
    known = (
        Aim(
            row.id,
            row.owner_id,
            CampaignKind(row.kind),
            CampaignStatus.PUBLISHED,
            Participation(row.participation),
            row.starts_at,
            row.ends_at,
            row.priority,
            clauses.get(row.id, {}),
        )
        for row in aims[:MAX_AIMS]
        if cut is None or row.id < cut
    )
    return ReachIndex(known, {row.owner_id for row in aims if not row.owner_trades})


class KeptParts:
    """Cloud stores and skus as they were put to an index, those asked for last: the same facts need no mentions again.

    Mentions stand in the campaigns' conditions, so one revision has them all, whoever asks and when.
    """

    def __init__(self, size: int = MAX_PART_BYTES) -> None:
        self._known: Shelf[UUID, tuple[ref[ReachIndex], Facts, Part]] = Shelf(MAX_PARTS, size, _weight)

    def __len__(self) -> int:
        return len(self._known)

    @property
    def bytes(self) -> int:
        """Estimated memory."""
        return self._known.weight

    def get(self, index: ReachIndex, one: UUID, facts: Facts) -> Part | None:
        """The part of a store or a sku, if these were its facts when it was put to this very index."""
        known = self._known.get(one)
        return None if known is None or known[0]() is not index or known[1] != facts else known[2]

    def put(self, index: ReachIndex, one: UUID, facts: Facts, part: Part) -> None:
        """Keep a part instead of the one that was kept."""
        self._known.put(one, (ref(index), facts, part))


def _weight(known: tuple[ref[ReachIndex], Facts, Part]) -> int:
    return PART_BYTES + sum(getsizeof(bits) for _, bits in known[2].steps)


class KeptIndexes:
    """The indexes of a process: of each tenant the one built last, with its revision and since when it knows."""

    def __init__(self, entries: int = MAX_INDEXES, size: int = MAX_INDEX_BYTES) -> None:
        self._known: Shelf[UUID, tuple[int, datetime, ReachIndex]] = Shelf(
            entries, size, lambda known: known[2].size, least=1
        )
        self.building: dict[tuple[UUID, int], asyncio.Future[tuple[ReachIndex, datetime] | None]] = {}
        """What comes of building the index of a tenant and revision; None when the reader ended before all was read."""
        self._making: set[asyncio.Task[Any]] = set()  # held here: the loop itself holds tasks only weakly

    def __len__(self) -> int:
        return len(self._known)

    def get(self, tenant: UUID, revision: int, since: datetime) -> ReachIndex | None:
        """The tenant's index if it was built under this revision and knows what was over by then."""
        known = self._known.get(tenant)
        if known is None or known[0] != revision or known[1] > since:
            return None
        return known[2]

    @property
    def bytes(self) -> int:
        """Estimated memory."""
        return self._known.weight

    def last(self, tenant: UUID) -> ReachIndex | None:
        """The tenant's index that was built last: outdated perhaps, but what it asks for will likely be asked for."""
        known = self._known.get(tenant)
        return None if known is None else known[2]

    def put(self, tenant: UUID, revision: int, since: datetime, index: ReachIndex) -> None:
        """Keep an index instead of the tenant's last one, unless that is newer. It stays, whatever its size."""
        known = self._known.get(tenant)
        if known is not None and known[0] > revision:
            return  # a request with an older snapshot was slow
        self._known.put(tenant, (revision, since, index))

    def make(
        self, place: tuple[UUID, int], knows: datetime, aims: list[Any], conditions: list[Any]
    ) -> asyncio.Task[ReachIndex]:
        """Build an index of what was read, keep it, and tell who waits: also where the reader goes meanwhile.

        It may take longer than a request has: what one has begun, the next finds done.
        """
        task = asyncio.ensure_future(self._made(place, knows, aims, conditions))
        self._making.add(task)
        task.add_done_callback(self._making.discard)
        return task

    async def _made(
        self, place: tuple[UUID, int], knows: datetime, aims: list[Any], conditions: list[Any]
    ) -> ReachIndex:
        made = None
        try:
            index = await asyncio.to_thread(built, aims, conditions)
            self.put(*place, knows, index)
            made = index, knows
            return index
        finally:
            self.end(place, made)

    def end(self, place: tuple[UUID, int], made: tuple[ReachIndex, datetime] | None) -> None:
        """Tell who waits what has come of it."""
        self.building.pop(place).set_result(made)


class IndexOf(Loader[UUID, ReachIndex]):
    """The reach index of the request's tenant, as its snapshot has it: one statement, three after a change."""

    async def fetch(self, keys: list[UUID]) -> Mapping[UUID, ReachIndex]:
        """The one tenant's."""
        kept = self.reading.kept.of(KeptIndexes)
        return {tenant: await self._index(kept, tenant) for tenant in keys}

    async def _index(self, kept: KeptIndexes, tenant: UUID) -> ReachIndex:
        rows = await self.reading.fetch(REVISION)
        revision = rows[0].revision if rows else 0
        since, place = since_of(self.reading.now), (tenant, revision)
        while (index := kept.get(tenant, revision, since)) is None:
            building = kept.building.get(place)
            if building is None:
                return await self._built(kept, tenant, revision)
            made = await asyncio.shield(building)  # everybody waits for it: one who goes ends her own waiting alone
            if made is not None and made[1] <= since:
                return made[0]
        return index

    async def _built(self, kept: KeptIndexes, tenant: UUID, revision: int) -> ReachIndex:
        place = tenant, revision
        kept.building[place] = asyncio.get_running_loop().create_future()
        try:
            # Kept for longer than this request may look back: the next ones come later.
            knows = known_since(self.reading.now)
            values: dict[str, Any] = {"since": knows}
            aims = await self.reading.fetch(AIMS, **values)
            conditions = await self.reading.fetch(CONDITIONS, **values)
        except BaseException:  # also where the request ends on the way: one of those who wait reads it then
            kept.end(place, None)
            raise
        return await asyncio.shield(kept.make(place, knows, aims, conditions))


def since_of(now: datetime) -> datetime:
    """How far back a request of this instant may ask; what was over by then does not concern it."""
    return now - PAST


def known_since(now: datetime) -> datetime:
    """What was over by then is not known to an index that a request of this instant builds."""
    return since_of(now) - PAST
