"""How a cloud store wants its orders sourced: what counts first, and into how many packages at most.

Owns the policy as it is kept. Does not own the plan that is made by it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

MAX_PACKAGES: Final = 10
"""The most packages that a policy may allow."""


class SourcingCriterion(StrEnum):
    """What plans to source an order (寻源) are compared by. Source: docs/domain.md, One pool of stock."""

    OWN_FIRST = "OWN_FIRST"
    """自有优先: the store's own goods."""
    MIN_SPLIT = "MIN_SPLIT"
    """最少拆单: few packages."""
    LEVEL_ORDER = "LEVEL_ORDER"
    """层级顺序: near in the channel."""
    NEAREST = "NEAREST"
    """就近发货: near on the ground."""
    LOWEST_COST = "LOWEST_COST"
    """运费最低: low freight."""
    TERRITORY_HOLDER = "TERRITORY_HOLDER"
    """区域优先: goods of who holds the territory."""
    EARLIEST_EXPIRY = "EARLIEST_EXPIRY"
    """临期优先: lots that expire soon."""


@dataclass(frozen=True, slots=True)
class SetSourcingPolicy:
    """The policy of a cloud store; the first criterion counts first."""

    cloud_store: UUID
    criteria: tuple[SourcingCriterion, ...]
    max_packages: int
