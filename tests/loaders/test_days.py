"""When a day of a tenant begins."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from domain.access import NOBODY
from domain.base import BadInput
from loaders.base import Reading
from models.session import ReadSession
from tests.loaders.test_batches import NOON, NoPool
from tests.models.here import HERE


def reading(zone: str) -> Reading:
    return Reading(ReadSession(NoPool(), HERE), NOON, NOON.date(), NOBODY, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("zone", "day", "begins"),
    [
        ("Asia/Shanghai", date(2026, 1, 2), datetime(2026, 1, 1, 16, tzinfo=UTC)),
        ("America/Chicago", date(2015, 7, 1), datetime(2015, 7, 1, 5, tzinfo=UTC)),
        ("America/Chicago", date(2015, 1, 1), datetime(2015, 1, 1, 6, tzinfo=UTC)),
        # The clocks went from 23:59 to 1:00: the day began at what would have been its midnight.
        ("America/Sao_Paulo", date(2017, 10, 15), datetime(2017, 10, 15, 3, tzinfo=UTC)),
    ],
)
def test_a_day_begins_at_the_tenant_s_midnight(zone: str, day: date, begins: datetime) -> None:
    assert reading(zone).midnight(day) == begins


@pytest.mark.parametrize(("zone", "day"), [("Asia/Shanghai", date.min), ("Europe/Berlin", date.min)])
def test_a_day_at_the_edge_of_time_has_no_instant(zone: str, day: date) -> None:
    with pytest.raises(BadInput):
        reading(zone).midnight(day)
