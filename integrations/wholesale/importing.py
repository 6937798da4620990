"""The import: from a file to a new tenant, wholly or not at all.

Owns the order of the steps. A file that cannot be read (`reading`) or kept (`bounds`) is a BrokenFile: the database was
not touched. How a tenant is made, and why it may not be, is `integrations.tenant`'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Final, Protocol

from integrations.bulk import Bulk
from integrations.keys import Keys
from integrations.progress import Progress, Silent
from integrations.tenant import NewTenant, hosts_of, make_tenant, zone_of
from integrations.wholesale import bounds, writing
from integrations.wholesale.channel import Channel, Supply, channel_of
from integrations.wholesale.ledger import Ledger, Report
from integrations.wholesale.prices import PriceBook, TradeKey, cost_prices, trade_prices
from integrations.wholesale.reading import read

ROWS_EXPECTED: Final = 60_000
"""Rows the file alone makes of its 10,000 lines; only the progress bar believes it."""


class Extension(Protocol):
    """Rows that the file does not hold, written with it."""

    @property
    def edges(self) -> Sequence[Supply]:
        """Supply edges beside the file's."""
        ...

    @property
    def shelf_life_days(self) -> Mapping[int, int]:
        """Days a new lot of an item keeps, by item number."""
        ...

    @property
    def rows(self) -> int:
        """How many rows it will write, for the progress bar."""
        ...

    async def write(self, bulk: Bulk, source: writing.Source) -> None:
        """Write them; the file's own rows are there."""
        ...


Extend = Callable[[Ledger, Channel, PriceBook[TradeKey]], Extension]
"""Makes the extension of a ledger."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import did: the file's report, the rows of each table, and the seconds of each step.

    `regions` are the codes of those that the file calls otherwise than the platform does: it shares them between all
    tenants, so the name that was there first stays.
    """

    tenant: NewTenant
    report: Report
    rows: Mapping[str, int]
    regions: tuple[str, ...]
    seconds: Mapping[str, float]


async def import_file(
    owner_dsn: str,
    path: Path,
    tenant: NewTenant,
    *,
    extend: Extend | None = None,
    now: datetime | None = None,
    progress: Progress | None = None,
) -> Imported:
    """Import a wholesale invoice file as a new tenant.

    Args:
        owner_dsn: a login as the owner of the migrated schema.
        path: the file, csv or csv.gz.
        tenant: the tenant to make.
        extend: makes rows beside the file's own; the demo uses it.
        now: the instant of the import.
        progress: where to show how far it is.

    Raises:
        BrokenFile: with every problem and its line; the database was not touched.
        TenantExists: nothing was written.
        ImportBusy: nothing was written.
        ValueError: the tenant's code, currency, time zone or a host cannot be meant, or a host is another tenant's.
    """
    zone, hosts = zone_of(tenant), hosts_of(tenant)
    progress = progress or Silent()
    clock, seconds = perf_counter(), {}
    with progress.step("reading the file", 0) as advance:
        ledger = read(path, advance.to)
    bounds.check(ledger)
    seconds["reading"] = perf_counter() - clock
    clock = perf_counter()
    channel, costs, trade = channel_of(ledger), cost_prices(ledger), trade_prices(ledger)
    extension = None if extend is None else extend(ledger, channel, trade)
    seconds["deciding"] = perf_counter() - clock
    clock = perf_counter()
    source = writing.Source(
        Keys(tenant.code),
        ledger,
        channel,
        costs,
        trade,
        zone,
        tenant.currency,
        now or datetime.now(UTC),
        () if extension is None else extension.edges,
        None if extension is None else extension.shelf_life_days,
    )
    expected = ROWS_EXPECTED + (0 if extension is None else extension.rows)
    with progress.step("writing the rows", expected) as advance:
        rows, regions = await _write(owner_dsn, replace(tenant, hosts=hosts), source, extension, advance.by)
    seconds["writing"] = perf_counter() - clock
    return Imported(tenant, ledger.report, rows, regions, seconds)


async def _write(
    owner_dsn: str,
    tenant: NewTenant,
    source: writing.Source,
    extension: Extension | None,
    advance: Callable[[int], None],
) -> tuple[Mapping[str, int], tuple[str, ...]]:
    async def write(bulk: Bulk) -> None:
        await writing.write(bulk, source)
        if extension is not None:
            await extension.write(bulk, source)

    return await make_tenant(owner_dsn, tenant, writing.shared_rows(source), write, advance)
