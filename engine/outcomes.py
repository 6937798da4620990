"""How operations ran: counted for the metrics, and logged where a plan met what nobody knows of."""

from __future__ import annotations

from collections import Counter

import structlog

from engine.plan.run import Shows
from engine.plan.tree import Fallback

log = structlog.get_logger("engine")


class Outcomes(Counter[str]):
    """Operations by how they ran: `planned`, or `reference:` or `fallback:` and the reason."""

    def planned(self) -> None:
        """One ran on its plan."""
        self["planned"] += 1

    def referred(self, reason: str) -> None:
        """One has no plan."""
        self[f"reference:{reason}"] += 1

    def fell_back(self, fallback: Fallback, shows: Shows, query: str) -> None:
        """One's plan gave up. The reference may not meet again what it met, and then nobody else would tell of it."""
        self[f"fallback:{fallback.reason}"] += 1
        cause = fallback.__cause__
        if cause is not None and not shows(cause):
            log.warning("plan.fallback", reason=fallback.reason, query=query, exc_info=cause)
