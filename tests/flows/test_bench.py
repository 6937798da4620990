"""The benchmark's variants answer alike, and it runs; how long anything takes is for `make bench` to say."""

import asyncio
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import pytest

import boot
from embedded import Server
from models.session import set_tenant
from tests.bench import aims, database, report
from tests.bench.documents import documents, growing
from tests.bench.holds import report as holds_report
from tests.bench.holds import running as holds
from tests.bench.load import Job, drive, post
from tests.bench.peers.variants import functions
from tests.bench.processes import COMMANDS
from tests.bench.running import Client, Figures, Plan, Shown, Wrong, bench, difference, measured
from tests.bench.sizes import FULL, TENANT, TINY, Size, key

pytestmark = pytest.mark.timeout(240)

PLAN = Plan(seconds=0.05, rounds=1, connections=2, pinned=False, counted=1)
STOP_S = 20.0
PAGE = boot.PROJECT / "docs" / "performance.md"


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that the database's account may pass."""
    place = Path("/tmp", f"bench-{os.getpid()}")
    place.mkdir()
    place.chmod(0o755)
    yield place
    deadline = time.monotonic() + STOP_S
    while any(place.rglob("postmaster.pid")) and time.monotonic() < deadline:
        time.sleep(0.05)  # it stops by itself a while after the last lease
    shutil.rmtree(place, ignore_errors=True)


def reasons(answer: bytes) -> set[str | None]:
    data: Any = orjson.loads(answer)["data"]
    return {right["reason"] for right in data["viewer"]["customer"]["rights"]}


def reached(answer: bytes) -> int:
    data: Any = orjson.loads(answer)["data"]
    return sum(len(edge["node"]["campaigns"]) for edge in data["store"]["shelf"]["edges"])


async def rows(owner: str, table: str, where: str = "true") -> int:
    connection = await asyncpg.connect(owner)
    try:
        async with connection.transaction():
            await connection.execute(set_tenant(TENANT))
            return int(await connection.fetchval(f'SELECT count(*) FROM "{table}" WHERE {where}'))  # noqa: S608 - the test's own names
    finally:
        await connection.close()


async def promised(superuser: str, store: UUID) -> list[tuple[str, int | None, int]]:
    """What the functions that PostGraphile is given say of the first twenty of a shelf: sku, price, sellable."""
    await functions(superuser)
    connection = await asyncpg.connect(superuser)
    try:
        found = await connection.fetch(
            "SELECT k.code, peers.listing_price(l), peers.listing_sellable(l)"
            " FROM organization o, peers.organization_shelf(o) l"
            " JOIN sku k ON k.tenant_id = l.tenant_id AND k.id = l.sku_id"
            " WHERE o.id = $1 ORDER BY l.position, l.id LIMIT 20",
            store,
        )
        return [tuple(row) for row in found]
    finally:
        await connection.close()


def shown_on_the_shelf(answer: bytes) -> list[tuple[str, int | None, int]]:
    data: Any = orjson.loads(answer)["data"]
    nodes = [edge["node"] for edge in data["store"]["shelf"]["edges"]]
    return [(node["sku"]["code"], node["price"], node["sellable"]) for node in nodes]


def holds_add_up(server: Server, home: Path) -> None:
    """Holds are taken every way, each way's by every account, and the table finds its place."""
    plan = holds.HoldPlan(seconds=0.2, rounds=1, callers=20, connections=4, wire=4, pinned=False)
    found = holds.run(plan, server, home, TINY)
    assert list(found) == ["together", "alone", "plain", "wire"]
    assert all(taken.holds > 0 for taken in found.values())
    assert "group ÷ plain" in holds_report.plain(found)
    page = home / "performance.md"
    page.write_text(PAGE.read_text())
    report.put(page, holds_report.markdown(found, plan), holds_report.BEGIN, holds_report.END)
    assert page.read_text().count("| group ÷ plain |") == 1


def test_all_variants_answer_alike_and_are_measured(home: Path) -> None:
    with database.start(home, linger_s=0.0) as server:
        access, seconds = asyncio.run(database.ready(server, TINY))
        assert seconds is not None
        assert asyncio.run(database.ready(server, TINY)) == (access, None)  # it is kept
        for table, where, wanted in (
            ("listing", "true", TINY.listings),
            ("customer", "true", TINY.members),
            ("campaign", "true", TINY.campaigns),
            ("campaign_condition", "true", 1_402),
            ("pool_contribution_sku", "true", 880),
            ("pool_contribution_sku", "held > 0", 820),
            ("pool_contribution_sku", "cap IS NOT NULL", 295),
        ):
            assert asyncio.run(rows(access.owner, table, where)) == wanted
        with bench(PLAN, server, home, access) as (made, client):
            every = (*documents(TINY, asked=2), growing()[0])
            answers = {document.name: made.compared(document) for document in every}
            assert list(answers) == ["Q1", "Q2", "Q3", "Q4", "G20"]
            assert [list(answers[name]) for name in ("Q1", "G20")] == [list(COMMANDS), ["ours", "core"]]
            assert all(map(reached, answers["Q1"]["ours"]))
            assert set().union(*map(reasons, answers["Q1"]["ours"])) > {None}
            superuser = server.dsn(boot.SUPERUSER, database.name_of(TINY))
            for number, answer in enumerate(answers["Q1"]["ours"]):
                there = asyncio.run(promised(superuser, key("STORE", number)))
                assert len(there) == 20
                assert there == shown_on_the_shelf(answer)
            found = []
            for document in (*every[:2], every[-1]):
                shown = Shown(document, 1, 1, {variant: Figures() for variant in answers[document.name]})
                made.count(document, shown)
                measured(made, client, shown, answers[document.name], False)
                found.append(shown)
            request = found[1].document.requests(made.issuer, "floor")[:1]
            with pytest.raises(Wrong, match="not those that were compared"):
                client.do(Job(made.ports["floor"], request, [b"something else"], 1, 0.05))
        holds_add_up(server, home)
    for shown in found:
        for figures in shown.figures.values():
            assert figures.answers > 0
            assert figures.trips > figures.statements > 0
            assert figures.server_cpu_s >= 0
            assert figures.peak_mb > 10
    said = report.plain(found)
    assert "baseline ÷ ours" in said
    assert [row[:2] for row in report.growth(found)] == [("ours", "20"), ("core", "20")]
    assert "server CPU µs an item" in said
    assert "server CPU µs an item" in report.markdown(found, PLAN)


def test_the_first_difference_is_named() -> None:
    one: Any = {"a": [{"b": 1}, {"b": 2}]}
    assert difference(one, {"a": [{"b": 1}, {"b": 3}]}) == ("$.a[1].b", "2", "3")
    assert difference(one, {"a": []})[0] == "$.a"
    assert difference(one, {"c": 1})[0] == "$"


def test_the_page_has_a_place_for_the_figures(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(PAGE.read_text())
    shown = Shown(documents(TINY)[1], 3, 104, {variant: Figures(answers=10, seconds=2.0) for variant in COMMANDS})
    report.put(page, report.markdown([shown], PLAN))
    report.put(page, report.markdown([shown], PLAN))
    assert page.read_text().count("### Q2: one product by id (3 leaves, 0.1 kB)") == 1
    page.write_text("no place")
    with pytest.raises(ValueError, match="has no"):
        report.put(page, "")


def test_there_are_as_many_campaigns_as_the_page_says() -> None:
    campaigns, conditions, answers = aims.rows(FULL)
    assert (len(campaigns), len(conditions), len(answers)) == (1_000, 25_102, 20_000)
    assert (
        "1,000 live campaigns of all kinds and tiers, two clauses each, 25,102 conditions, 20,000 stores'"
        in " ".join(PAGE.read_text().split())
    )


async def test_an_answer_that_never_comes_is_wrong() -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(hang_up, "127.0.0.1", 0) as server:
        done = await drive(Job(server.sockets[0].getsockname()[1], [post({}, {})], [b"{}"], 2, 0.05))
    assert (done.answers, done.wrong) == (0, 2)


def test_a_client_that_ends_is_told_in_words() -> None:
    client = Client(None)
    with pytest.raises(Wrong, match="the client ended"):
        client.do(Job(1, [b""], [b""], 1, 0.05))  # nobody listens there
    client.stop()


def test_only_variants_that_there_are_can_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BENCH_VARIANTS", "floor,ours")
    assert Plan.of_environment().variants == ("ours", "floor")
    monkeypatch.setenv("BENCH_VARIANTS", "our")
    with pytest.raises(SystemExit, match="BENCH_VARIANTS is 'our'; it takes of ours, core, baseline, floor, commas"):
        Plan.of_environment()


@pytest.mark.parametrize("size", [FULL, TINY])
def test_sizes_fit_together(size: Size) -> None:
    assert size.wide * size.wide_length + size.middle * size.middle_length < size.listings
    assert size.wide_length > 100  # more than a page of the longest document
    assert size.members >= size.stores
    assert size.skus % 2 == 0
    assert size.skus % 17 != 0  # a shelf's skus differ: they are 17 apart
