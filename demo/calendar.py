"""The days of a demo, told from the day on which it is made. Owns the way from a number of days to an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

DAY_MINUTES: Final = 24 * 60


@dataclass(frozen=True)
class Calendar:
    """The day of the import in the tenant's time zone: everything generated is told from its beginning."""

    today: date
    zone: ZoneInfo

    @cached_property
    def start(self) -> datetime:
        """The instant at which the day began."""
        return self.day(0)

    def day(self, offset: int) -> datetime:
        """The instant at which the day `offset` days from today begins."""
        day = self.today + timedelta(days=offset)
        return datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)

    def minute(self, offset: int) -> datetime:
        """The instant `offset` minutes after the beginning of the day, or before it."""
        return self.start + timedelta(minutes=offset)
