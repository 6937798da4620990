"""What an import says: how far it is, what became of every row, what the platform calls otherwise."""

from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from integrations.progress import Shown, Silent
from integrations.wholesale import report
from integrations.wholesale.importing import Imported, import_file
from tests.flows.imports import connected, everything, sample, tenant, written


def said(imported: Imported) -> str:
    out = StringIO()
    report.show(Console(file=out, width=200, force_terminal=False), imported)
    return out.getvalue()


@pytest.mark.parametrize("city", ["[/Le Mars]", "[red]Le Mars", ":smile:"], ids=["closing", "opening", "emoji"])
async def test_a_name_is_shown_as_the_file_has_it(owner_dsn: str, tmp_path: Path, city: str) -> None:
    header, first, second = (list(row) for row in sample()[:3])
    at = header.index("City")
    first[at], second[at] = city.upper(), city
    path = written(tmp_path / "marked.csv", [header, first, second])
    shown = said(await import_file(owner_dsn, path, tenant()))
    assert city.casefold() in shown.casefold()


async def test_a_region_keeps_its_first_name_and_the_report_says_so(owner_dsn: str, tmp_path: Path) -> None:
    first = await import_file(owner_dsn, written(tmp_path / "one.csv", sample()[:3]), tenant("one"))
    again = written(tmp_path / "two.csv", sample()[:3], {"County": "Leigh"})
    other = await import_file(owner_dsn, again, tenant("two"))
    assert (first.regions, other.regions) == ((), ("US-IA-056",))
    assert "Regions that the file calls otherwise" not in said(first)
    assert "keeps its names: 1 (first: US-IA-056)." in said(other)
    async with connected(everything(owner_dsn)) as connection:
        assert await connection.fetchval("SELECT name FROM region WHERE code = 'US-IA-056'") == "Lee"
        wholesales = "SELECT name FROM organization WHERE tier = 'DISTRIBUTOR' AND code = '56' ORDER BY name"
        assert [row["name"] for row in await connection.fetch(wholesales)] == [
            "Lee County Wholesale",
            "Leigh County Wholesale",
        ]


# Progress


@pytest.mark.parametrize("done", [0, 3, 10, 25], ids=["nothing", "less", "all", "more"])
def test_a_bar_ends_full_however_wrong_its_estimate(done: int) -> None:
    out = StringIO()
    with Shown(Console(file=out, width=80, force_terminal=True)).step("writing the rows", 10) as advance:
        advance.by(done)
    last = out.getvalue().rpartition("writing the rows")[2]
    assert "100%" in last


def test_a_bar_of_bytes_follows_its_total() -> None:
    out = StringIO()
    with Shown(Console(file=out, width=80, force_terminal=True)).step("reading the file", 0) as advance:
        advance.to(50, 200)
        advance.to(200, 200)
    assert "100%" in out.getvalue().rpartition("reading the file")[2]


def test_without_a_terminal_a_step_is_one_line() -> None:
    out = StringIO()
    with Shown(Console(file=out, width=80, force_terminal=False)).step("reading the file", 0) as advance:
        advance.to(1, 2)
        advance.by(1)
    assert out.getvalue() == "reading the file …\n"


def test_a_step_that_fails_is_not_shown_as_done() -> None:
    out = StringIO()

    def cut() -> None:
        with Shown(Console(file=out, width=80, force_terminal=True)).step("writing the rows", 10) as advance:
            advance.by(3)
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        cut()
    assert "30%" in out.getvalue()
    assert "100%" not in out.getvalue()


def test_silence_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Silent().step("reading the file", 0) as advance:
        advance.to(1, 2)
        advance.by(1)
    assert capsys.readouterr() == ("", "")
