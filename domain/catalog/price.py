"""What a listing costs a buyer and in which quantities a sku is sold.

Owns price resolution with its explanation, pack units and order steps, and the origins of listings. Does
not own which price lists apply to a buyer: only candidates that could apply to her are passed in, so no answer here
can show another buyer's contract.

    Refused
    ├── StepMismatch       the quantity is not a whole number of steps
    ├── BelowMinimum       less than may be ordered at all
    └── QuantityTooLarge   more base units than one line can hold
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Generic, NamedTuple, Protocol, TypeVar
from uuid import UUID

from domain.base import Refused

MAX_QUANTITY: Final = 2**31 - 1
"""Most base units on one line: a single quantity is a 32-bit integer on the wire."""


class ListingOrigin(StrEnum):
    """Whose goods a shelf listing (货架商品) offers."""

    OWN_STOCK = "OWN_STOCK"
    """自有库存: the store bought them."""
    POOL = "POOL"
    """一盘货: they stay the upstream's until sold."""
    EXTERNAL = "EXTERNAL"
    """外采: a site or store buys them elsewhere."""

    @property
    def is_own_only(self) -> bool:
        """Whether nobody's goods but the seller's own are sold: what it buys elsewhere, the channel has not to give."""
        return self is ListingOrigin.EXTERNAL


class ListingStatus(StrEnum):
    """Whether a listing stands on the shelf."""

    LISTED = "LISTED"
    """上架: shoppers see it."""
    UNLISTED = "UNLISTED"
    """下架: kept, but not shown."""


class AttributeKind(StrEnum):
    """The type of an attribute's (属性) values."""

    TEXT = "TEXT"
    """文本: words."""
    INTEGER = "INTEGER"
    """整数: a whole number in the attribute's unit."""
    BOOLEAN = "BOOLEAN"
    """是否: yes or no."""
    DATE = "DATE"
    """日期: a day."""


class PriceAudience(StrEnum):
    """Who buys at a list's prices."""

    TRADE = "TRADE"
    """订货价: organisations downstream of the seller."""
    CONSUMER = "CONSUMER"
    """零售价: shoppers at the seller's cloud store."""


class PriceScope(StrEnum):
    """To whom a price list (价格体系) speaks."""

    CONTRACT = "CONTRACT"
    """合同价: one buyer."""
    TAG = "TAG"
    """标签价: the organisations that carry a tag."""
    REGION = "REGION"
    """区域价: a region."""
    SITE = "SITE"
    """分站价: a site."""
    TIER = "TIER"
    """层级价: a tier of the channel."""
    BASE = "BASE"
    """基础价: everyone."""


SPECIFICITY: Final[Mapping[PriceScope, int]] = {
    PriceScope.CONTRACT: 0,
    PriceScope.TAG: 1,
    PriceScope.REGION: 2,
    PriceScope.SITE: 2,
    PriceScope.TIER: 3,
    PriceScope.BASE: 4,
}
"""The rank of each scope, the most specific first. Region and site stand on one rank."""


class PriceReason(StrEnum):
    """Why a price was applied or not. Of several reasons the first in this order is given."""

    APPLIED = "APPLIED"
    """采用: this is the price."""
    NOT_YET_VALID = "NOT_YET_VALID"
    """未生效: it starts later."""
    NO_LONGER_VALID = "NO_LONGER_VALID"
    """已失效: it has ended."""
    BREAK_NOT_REACHED = "BREAK_NOT_REACHED"
    """未达阶梯: it needs a larger quantity."""
    LESS_SPECIFIC = "LESS_SPECIFIC"
    """不够专属: a list that speaks more closely to this buyer applies."""
    LOWER_BREAK = "LOWER_BREAK"
    """已达更高阶梯: a higher quantity break is reached."""
    EARLIER_START = "EARLIER_START"
    """已有更新价格: a price that started later applies."""
    LATER_LIST = "LATER_LIST"
    """后列价格表: equal in all the trade looks at; the list with the lower id applies, so the answer never wavers."""


class Candidate(Protocol):
    """What the rule reads of one price of one list that could apply to the buyer; a database row serves as it is."""

    @property
    def list_id(self) -> UUID:
        """The list it stands in."""
        ...

    @property
    def scope(self) -> PriceScope:
        """To whom that list speaks; its plain text serves too."""
        ...

    @property
    def min_qty(self) -> int:
        """Its quantity break, in base units."""
        ...

    @property
    def unit_fen(self) -> int:
        """The price of one base unit, in fen."""
        ...

    @property
    def valid_from(self) -> datetime:
        """The moment from which it holds."""
        ...

    @property
    def valid_until(self) -> datetime | None:
        """The first moment at which it holds no longer; None: open-ended."""
        ...


C = TypeVar("C", bound=Candidate)


class PriceCandidate(NamedTuple):
    """A candidate as a plain value, with the list's name and the sku it prices."""

    list_id: UUID
    list_name: str
    scope: PriceScope
    sku: UUID
    min_qty: int
    unit_fen: int
    valid_from: datetime
    valid_until: datetime | None


@dataclass(frozen=True, slots=True)
class Explanation(Generic[C]):
    """One candidate, whether its price was applied, and why or why not."""

    candidate: C
    applied: bool
    reason: PriceReason


def _hindrance(candidate: Candidate, quantity: int, at: datetime) -> PriceReason | None:
    """Name what keeps a candidate from applying at all, None if nothing does."""
    if at < candidate.valid_from:
        return PriceReason.NOT_YET_VALID
    if candidate.valid_until is not None and candidate.valid_until <= at:
        return PriceReason.NO_LONGER_VALID
    if quantity < candidate.min_qty:
        return PriceReason.BREAK_NOT_REACHED
    return None


def _behind(candidate: Candidate, other: Candidate) -> PriceReason | None:
    """Name why `candidate` stands behind `other`, None if it does not. This is the whole order of precedence."""
    mine, theirs = SPECIFICITY[candidate.scope], SPECIFICITY[other.scope]
    if mine != theirs:
        return PriceReason.LESS_SPECIFIC if mine > theirs else None
    if candidate.min_qty != other.min_qty:
        return PriceReason.LOWER_BREAK if candidate.min_qty < other.min_qty else None
    if candidate.valid_from != other.valid_from:
        return PriceReason.EARLIER_START if candidate.valid_from < other.valid_from else None
    # One list cannot hold two prices that agree so far; should it, the lower one keeps the answer the same.
    mine_last, theirs_last = (candidate.list_id, candidate.unit_fen), (other.list_id, other.unit_fen)
    return PriceReason.LATER_LIST if mine_last > theirs_last else None


def best(candidates: Iterable[C], quantity: int, at: datetime) -> C | None:
    """Pick the candidate whose price applies: the rule behind every price.

    The most specific price list wins; then the highest quantity break reached; then the latest start; then the lower
    list id. The order of the candidates does not matter.

    Args:
        candidates: prices of one sku that could apply to the buyer.
        quantity: base units wanted.
        at: the moment that counts.

    Returns:
        The candidate, None if none applies: the sku has no price for this buyer then.

    Source: docs/domain.md, Shelf.
    """
    winner: C | None = None
    for candidate in candidates:
        if _hindrance(candidate, quantity, at) is None and (winner is None or _behind(winner, candidate) is not None):
            winner = candidate
    return winner


def explain(candidates: Iterable[C], quantity: int, at: datetime) -> list[Explanation[C]]:
    """Say of every candidate whether its price applies and why not, in order of precedence.

    Read from the top, everything above the applied price could not apply, everything below it could not win.

    Args:
        candidates: prices of one sku that could apply to the buyer.
        quantity: base units wanted.
        at: the moment that counts.

    Returns:
        One explanation for each candidate; at most one is applied.

    Source: docs/domain.md, Shelf.
    """
    ranked = sorted(candidates, key=lambda candidate: (candidate.list_id, candidate.unit_fen))
    ranked.sort(key=lambda candidate: candidate.valid_from, reverse=True)
    ranked.sort(key=lambda candidate: (SPECIFICITY[candidate.scope], -candidate.min_qty))
    winner = unclaimed = best(ranked, quantity, at)
    explanations: list[Explanation[C]] = []
    for candidate in ranked:
        if candidate is unclaimed:
            reason, unclaimed = PriceReason.APPLIED, None
        else:
            reason = (
                _hindrance(candidate, quantity, at) or _behind(candidate, winner or candidate) or PriceReason.LATER_LIST
            )
        explanations.append(Explanation(candidate, reason is PriceReason.APPLIED, reason))
    return explanations


class StepMismatch(Refused):
    """The quantity is not a whole number of steps.

    `below` and `above` are the nearest quantities that are (`below` may be 0); `sku` is None where no line is checked.
    """

    code = "STEP_MISMATCH"

    def __init__(self, quantity: int, step_qty: int, sku: UUID | None = None) -> None:
        super().__init__(f"{quantity} is not a multiple of {step_qty}.")
        self.quantity = quantity
        self.step_qty = step_qty
        self.below = quantity // step_qty * step_qty
        self.above = self.below + step_qty
        self.sku = sku


class BelowMinimum(Refused):
    """The quantity is below the least that may be ordered."""

    code = "BELOW_MINIMUM"

    def __init__(self, quantity: int, min_qty: int, sku: UUID | None = None) -> None:
        super().__init__(f"{quantity} is below the minimum of {min_qty}.")
        self.quantity = quantity
        self.min_qty = min_qty
        self.sku = sku


class QuantityTooLarge(Refused):
    """The quantity in base units is above `MAX_QUANTITY`."""

    code = "QUANTITY_TOO_LARGE"

    def __init__(self, quantity: int, sku: UUID | None = None) -> None:
        super().__init__(f"{quantity} is above the maximum of {MAX_QUANTITY}.")
        self.quantity = quantity
        self.max_qty = MAX_QUANTITY
        self.sku = sku


def check_quantity(quantity: int, min_qty: int, step_qty: int, sku: UUID | None = None) -> None:
    """Refuse a quantity that the sku is not sold in.

    Args:
        quantity: base units wanted.
        min_qty: least base units; anything below 1 means 1.
        step_qty: base units of one step, at least 1; steps are counted from 0, not from the minimum.
        sku: named in the refusal, so that an order of many lines says which one it is about.

    Raises:
        BelowMinimum: less than the minimum; said first where both rules are broken.
        StepMismatch: not a multiple of the step.
        QuantityTooLarge: above `MAX_QUANTITY`.

    Source: docs/domain.md, Shelf.
    """
    least = max(min_qty, 1)
    if quantity < least:
        raise BelowMinimum(quantity, least, sku)
    if quantity > MAX_QUANTITY:
        raise QuantityTooLarge(quantity, sku)
    if quantity % step_qty:
        raise StepMismatch(quantity, step_qty, sku)


def to_base_units(packs: int, units_per_pack: int) -> int:
    """Count base units: an order of 1 case of 12 is 12.

    Args:
        packs: whole packs, 0 or more.
        units_per_pack: base units in one pack unit (箱规), at least 1.

    Returns:
        Base units.

    Raises:
        QuantityTooLarge: above `MAX_QUANTITY`.

    Source: docs/domain.md, Shelf.
    """
    units = packs * units_per_pack
    if units > MAX_QUANTITY:
        raise QuantityTooLarge(units)
    return units
