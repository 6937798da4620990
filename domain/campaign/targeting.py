"""Whom a campaign reaches, as the rule says it: one campaign at a time, condition by condition.

This is the definition. `domain.campaign.index` answers the same for all campaigns of a tenant at once, and is held to
it by tests. It owns no facts: who asks for a reach brings those of the store, the member, the sku and the moment.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Final, NamedTuple
from uuid import UUID

from domain.campaign.offer import CampaignKind, CampaignStatus, Participation, Stance


class Dimension(StrEnum):
    """What a targeting condition (投放条件) looks at."""

    SITE = "SITE"
    """分站: the cloud store's site."""
    TERRITORY = "TERRITORY"
    """区域: a territory that the store's region lies in."""
    TIER = "TIER"
    """组织层级: the tier of the organisation that keeps the cloud store."""
    BELOW = "BELOW"
    """下级: an organisation and everyone it supplies, directly or not."""
    STORE = "STORE"
    """门店: the organisation itself."""
    STORE_TAG = "STORE_TAG"
    """门店标签: a tag of the organisation."""
    MODE = "MODE"
    """云店模式: the cloud store's mode."""
    MEMBER_TIER = "MEMBER_TIER"
    """会员等级: a tier that the member has reached."""
    MEMBER_TAG = "MEMBER_TAG"
    """会员标签: a tag of the member."""
    SKU = "SKU"
    """商品: the sku."""
    CATEGORY = "CATEGORY"
    """类目: a category that the sku lies in, at any depth."""
    BRAND = "BRAND"
    """品牌: the brand of the sku."""
    TERMINAL = "TERMINAL"
    """终端: where the shopper looks or buys."""
    HOURS = "HOURS"
    """时段: days of the week and minutes of the day, in the tenant's time zone."""


STORE_SIDE: Final = (
    Dimension.SITE,
    Dimension.TERRITORY,
    Dimension.TIER,
    Dimension.BELOW,
    Dimension.STORE,
    Dimension.STORE_TAG,
    Dimension.MODE,
)
MEMBER_SIDE: Final = (Dimension.MEMBER_TIER, Dimension.MEMBER_TAG)
ITEM_SIDE: Final = (Dimension.SKU, Dimension.CATEGORY, Dimension.BRAND)


class Weekday(StrEnum):
    """A day of the week (星期). Sets of them are kept as bits, Monday 1 to Sunday 64."""

    MONDAY = "MONDAY"
    """周一: Monday."""
    TUESDAY = "TUESDAY"
    """周二: Tuesday."""
    WEDNESDAY = "WEDNESDAY"
    """周三: Wednesday."""
    THURSDAY = "THURSDAY"
    """周四: Thursday."""
    FRIDAY = "FRIDAY"
    """周五: Friday."""
    SATURDAY = "SATURDAY"
    """周六: Saturday."""
    SUNDAY = "SUNDAY"
    """周日: Sunday."""


def weekdays_of(bits: int) -> list[Weekday]:
    """Name the days of a set of bits, from Monday on."""
    return [day for place, day in enumerate(Weekday) if bits >> place & 1]


class ReachReason(StrEnum):
    """Why a campaign does not reach (未触达原因), in order of precedence: the first that applies.

    Source: docs/domain.md, Campaigns and the promotion fund.
    """

    NOT_PUBLISHED = "NOT_PUBLISHED"
    """未发布: it is a draft, paused or closed."""
    NOT_STARTED = "NOT_STARTED"
    """未开始: it starts later."""
    ENDED = "ENDED"
    """已结束: its time is over."""
    OWNER_NOT_ACTIVE = "OWNER_NOT_ACTIVE"
    """发起方停用: the organisation whose campaign it is does not trade."""
    NOT_BELOW_OWNER = "NOT_BELOW_OWNER"
    """非下级: the store is neither the owner's own nor below it."""
    OPTED_OUT = "OPTED_OUT"
    """已退出: the store said no, and was free to."""
    NOT_OPTED_IN = "NOT_OPTED_IN"
    """未报名: only stores that said yes take part."""
    STORE = "STORE"
    """门店不符: it does not aim at this store."""
    MEMBER = "MEMBER"
    """会员不符: it does not aim at this member."""
    ITEM = "ITEM"
    """商品不符: it does not aim at this sku."""
    TERMINAL = "TERMINAL"
    """终端不符: it does not aim at this terminal."""
    HOURS = "HOURS"
    """时段不符: not at this hour."""


REASON_OF: Final[Mapping[Dimension, ReachReason]] = MappingProxyType(
    {
        **dict.fromkeys(STORE_SIDE, ReachReason.STORE),
        **dict.fromkeys(MEMBER_SIDE, ReachReason.MEMBER),
        **dict.fromkeys(ITEM_SIDE, ReachReason.ITEM),
        Dimension.TERMINAL: ReachReason.TERMINAL,
        Dimension.HOURS: ReachReason.HOURS,
    }
)
"""The reason that a failing dimension is."""


class Hours(NamedTuple):
    """Minutes [from, until) of some days of the week, as bits: the value of an HOURS condition."""

    weekdays: int
    from_minute: int
    until_minute: int

    def contains(self, moment: Moment) -> bool:
        """Whether the moment's day and minute lie within."""
        return bool(self.weekdays & moment.weekday) and self.from_minute <= moment.minute < self.until_minute


class Moment(NamedTuple):
    """An instant, and what a clock on the tenant's wall says then: the day of the week as its bit, and the minute."""

    at: datetime
    weekday: int
    minute: int


def moment_of(at: datetime, zone: tzinfo) -> Moment:
    """Read the tenant's clock. Raises OverflowError at the edges of time."""
    local = at.astimezone(zone)
    return Moment(at, 1 << local.weekday(), local.hour * 60 + local.minute)


Value = UUID | str | Hours


class Condition(NamedTuple):
    """What a clause asks of one dimension. Without a value: one of those that the index does not hold itself."""

    dimension: Dimension
    negated: bool
    value: Value | None


@dataclass(frozen=True, slots=True)
class Aim:
    """What of a campaign decides whom it reaches. Clauses by their numbers; none at all is everything below the owner.

    It runs over [starts_at, ends_at).
    """

    id: UUID
    owner_id: UUID
    kind: CampaignKind
    status: CampaignStatus
    participation: Participation
    starts_at: datetime
    ends_at: datetime
    priority: int = 0
    clauses: Mapping[int, Sequence[Condition]] = field(default_factory=dict)

    @property
    def rank(self) -> tuple[int, UUID]:
        """Its place among campaigns: the highest priority first, then the lower id."""
        return (-self.priority, self.id)


Facts = Mapping[Dimension, Collection[Value]]
"""What is the case, dimension by dimension. A dimension that is missing is not asked about and excludes nothing."""

MAX_CLAUSES: Final = 20
"""The most clauses of a campaign."""

MAX_CONDITIONS_OF_CLAUSE: Final = 10_000
"""The most conditions of a clause: as many stores may be named one by one."""

NOT_ASKED: Final[Facts] = MappingProxyType({})
ANYBODY: Final[Facts] = MappingProxyType(dict.fromkeys(MEMBER_SIDE, frozenset()))
"""A shopper of whom nothing is known: she has reached no tier and bears no tag."""


@dataclass(frozen=True, slots=True)
class Question:
    """Everything a reach depends on: the store with who stands above it, what it said, and whom it is about.

    `above` holds the store's organisation and all above it, `inactive` owners of campaigns that do not trade.
    """

    above: Collection[UUID]
    store: Facts
    moment: Moment
    stances: Mapping[UUID, Stance] = field(default_factory=dict)
    inactive: Collection[UUID] = frozenset()
    member: Facts = field(default_factory=lambda: ANYBODY)
    item: Facts = field(default_factory=lambda: NOT_ASKED)
    terminal: Facts = field(default_factory=lambda: NOT_ASKED)


class Miss(NamedTuple):
    """Why a campaign does not reach; the dimension, where its targeting says so."""

    reason: ReachReason
    dimension: Dimension | None = None


def reach(aim: Aim, question: Question) -> Miss | None:
    """Say why a campaign does not reach, or give None where it does.

    The first reason in the order of `ReachReason` is the answer. Of the clauses the one that gets furthest speaks: its
    first failing dimension, in the order of `Dimension`.

    Source: docs/domain.md, Campaigns and the promotion fund.
    """
    return _closed(aim, question) or _off_target(aim, question)


def _closed(aim: Aim, question: Question) -> Miss | None:
    stance = question.stances.get(aim.id)
    closed = (
        (ReachReason.NOT_PUBLISHED, aim.status is not CampaignStatus.PUBLISHED),
        (ReachReason.NOT_STARTED, question.moment.at < aim.starts_at),
        (ReachReason.ENDED, aim.ends_at <= question.moment.at),
        (ReachReason.OWNER_NOT_ACTIVE, aim.owner_id in question.inactive),
        (ReachReason.NOT_BELOW_OWNER, aim.owner_id not in question.above),
        (ReachReason.OPTED_OUT, aim.participation is not Participation.MANDATORY and stance is Stance.OPTED_OUT),
        (ReachReason.NOT_OPTED_IN, aim.participation is Participation.OPT_IN and stance is not Stance.OPTED_IN),
    )
    return next((Miss(reason) for reason, applies in closed if applies), None)


def _off_target(aim: Aim, question: Question) -> Miss | None:
    furthest = -1
    order = list(Dimension)
    for clause in aim.clauses.values():
        failing = _first_failing(clause, question)
        if failing is None:
            return None
        furthest = max(furthest, order.index(failing))
    return None if furthest < 0 else Miss(REASON_OF[order[furthest]], order[furthest])


def _first_failing(clause: Sequence[Condition], question: Question) -> Dimension | None:
    for dimension in Dimension:
        plain = [_is_so(one, question) for one in clause if one.dimension is dimension and not one.negated]
        negated = [_is_so(one, question) for one in clause if one.dimension is dimension and one.negated]
        if _is_asked(dimension, question) and ((plain and not any(plain)) or any(negated)):
            return dimension
    return None


def _is_asked(dimension: Dimension, question: Question) -> bool:
    return dimension is Dimension.HOURS or any(
        dimension in facts for facts in (question.store, question.member, question.item, question.terminal)
    )


def _is_so(condition: Condition, question: Question) -> bool:
    if isinstance(condition.value, Hours):
        return condition.value.contains(question.moment)
    return any(
        condition.value in facts.get(condition.dimension, ())
        for facts in (question.store, question.member, question.item, question.terminal)
    )
