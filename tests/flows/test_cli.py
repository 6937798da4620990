"""The commands as an operator types them: what they print, what they refuse, and in which words."""

import asyncio
import gzip
import os
import re
import subprocess
from pathlib import Path

import asyncpg
import httpx
import pytest

import boot
import schema
from app import SECRET_FILE
from demo.iowa import SAMPLE
from tests.flows.commands import WAIT_S, process, run
from tests.flows.conftest import Real
from tests.given import PRODUCTION


@pytest.mark.parametrize(
    ("who", "actor"),
    [
        ("store:2191/clerk", "STORE_CLERK"),
        ("store:2191/manager", "STORE_MANAGER"),
        ("distributor:56/salesperson", "DISTRIBUTOR_SALESPERSON"),
        ("distributor:56/operator", "DISTRIBUTOR_OPERATOR"),
        ("brand:260/operator", "BRAND_OPERATOR"),
        ("brand:260/analyst", "BRAND_ANALYST"),
        ("member:1", "CONSUMER"),
        ("member:20000", "CONSUMER"),
        ("partner:1", "PARTNER"),
        ("admin", "PLATFORM_ADMIN"),
    ],
)
def test_a_token_is_one_line_and_is_believed(real: Real, here: dict[str, str], who: str, actor: str) -> None:
    made = run("token", who, **here)
    assert (made.returncode, made.stderr) == (0, "")
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", made.stdout)
    headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
    asked = httpx.post(real.graphql, json={"query": "{ viewer { actorClass } }"}, headers=headers)
    assert asked.json() == {"data": {"viewer": {"actorClass": actor}}}


@pytest.mark.parametrize(
    "who", ["store:1/clerk", "store:2191/king", "store:2191", "member:20001", "partner:9", "nobody", ""]
)
def test_nobody_gets_a_token_for_who_is_not_there(here: dict[str, str], who: str) -> None:
    made = run("token", who, **here)
    assert (made.returncode, made.stdout) == (1, "")
    assert "Try store:2191/clerk" in made.stderr
    assert "Traceback" not in made.stderr


def test_a_secret_that_cannot_be_trusted_is_said_in_words(here: dict[str, str], tmp_path: Path) -> None:
    for content, mode in ((b"short", 0o600), (b"x" * 32, 0o644)):
        secret = tmp_path / SECRET_FILE
        secret.write_bytes(content)
        secret.chmod(mode)
        for command in (["token", "admin"], ["serve"]):
            refused = run(*command, **{**here, "DATA_DIR": str(tmp_path), "PORT": "0"})
            assert (refused.returncode, refused.stdout) == (1, "")
            assert str(secret) in refused.stderr
            assert "remove it" in refused.stderr


def test_tokens_are_not_made_in_production(here: dict[str, str]) -> None:
    refused = run("token", "admin", **here, **PRODUCTION)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "your issuer" in refused.stderr


def test_make_prints_the_token_alone(here: dict[str, str]) -> None:
    made = subprocess.run(
        ["make", "-s", "token", "AS=store:2191/clerk"],
        cwd=boot.PROJECT,
        env={**os.environ, **here},
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=True,
    )
    assert made.stdout.count("\n") == 1
    assert made.stdout.count(".") == 2


def test_bare_make_explains_every_target() -> None:
    listed = subprocess.run(
        ["make"], cwd=boot.PROJECT, capture_output=True, text=True, timeout=WAIT_S, check=True
    ).stdout
    targets = re.search(r"^\.PHONY: (.+)$", (boot.PROJECT / "Makefile").read_text(), re.M)
    assert targets is not None
    assert {"serve", "test", "prove", "check", "bench", "sdl", "migrate", "token"} <= set(targets[1].split())
    assert re.findall(r"^  make ([\w-]+) +\w", listed, re.M) == targets[1].split()


def test_sdl_prints_the_committed_schema() -> None:
    assert run("sdl").stdout == (boot.PROJECT / "schema.graphql").read_text()


def test_sdl_prints_what_a_gateway_composes() -> None:
    assert run("sdl", "--subgraph").stdout == schema.federation.composed_of(schema.subgraph()) + "\n"


def test_reference_prints_the_committed_page() -> None:
    page = run("reference").stdout
    assert page == (boot.PROJECT / "docs" / "schema.md").read_text()
    assert re.findall(r"^## (.+)$", page, re.M) == [
        "Query",
        "Mutation",
        "Acts",
        "Attribution",
        "Campaign",
        "Catalog",
        "Channel",
        "Integration",
        "Inventory",
        "Member",
        "Ordering",
        "Pages, nodes and scalars",
        "Enums",
        "Scalars",
    ]
    sellable = next(line for line in page.splitlines() if line.startswith("| `sellable` |"))
    assert "| `Count` | PUBLIC |" in sellable


def tenants(dsn: str) -> list[str]:
    async def read() -> list[str]:
        connection = await asyncpg.connect(dsn)
        try:
            return [row["code"] for row in await connection.fetch("SELECT code FROM tenant ORDER BY code")]
        finally:
            await connection.close()

    return asyncio.run(read())


with gzip.open(SAMPLE, "rt") as sample:
    HEADER, ROW = sample.readline(), sample.readline()


def broken(kind: str, folder: Path) -> Path:
    path = folder / f"{kind.replace(' ', '-')}.csv"
    if kind == "another header":
        path.write_text("a;b;c\n1;2;3\n")
    elif kind == "a cut archive":
        path = path.with_suffix(".csv.gz")
        path.write_bytes(SAMPLE.read_bytes()[:300_000])
    elif kind == "no archive":
        path = path.with_suffix(".csv.gz")
        path.write_text("this is text")
    elif kind == "a bad price":
        path.write_text(HEADER + ROW + ROW.replace("$18.09", "eighteen"))
    elif kind == "a short row":
        path.write_text(HEADER + ROW + "1;2;3\n")
    elif kind == "no rows":
        path.write_text(HEADER)
    elif kind == "not text":
        path.write_bytes(b"\xff\xfe\x00" * 100)
    elif kind == "a folder":
        path.mkdir()
    return path


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("another header", "header"),
        ("a cut archive", "gzip"),
        ("no archive", "gzip"),
        ("a bad price", "line 3"),
        ("a short row", "line 3"),
        ("no rows", "no "),
        ("not text", "UTF-8"),
        ("a folder", "cannot be read"),
        ("a missing file", "cannot be read"),
    ],
)
def test_a_broken_file_is_reported_and_nothing_is_imported(
    access: boot.Access, here: dict[str, str], tmp_path: Path, kind: str, words: str
) -> None:
    before = tenants(access.owner)
    done = run("import", str(broken(kind, tmp_path)), "--tenant", "acme", **here)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert words.lower() in done.stderr.lower()
    assert "othing was imported" in done.stderr
    assert tenants(access.owner) == before


@pytest.mark.parametrize(
    "options",
    [
        ["--tenant", "iowa"],
        ["--tenant", "Not A Code"],
        ["--tenant", "acme", "--currency", "dollars"],
        ["--tenant", "acme", "--time-zone", "Mars/Olympus"],
        ["--tenant", "acme", "--host", "iowa.example"],
    ],
)
def test_a_tenant_that_cannot_be_made_is_refused(
    access: boot.Access, here: dict[str, str], tmp_path: Path, options: list[str]
) -> None:
    file = tmp_path / "one.csv"
    file.write_text(HEADER + ROW)
    before = tenants(access.owner)
    done = run("import", str(file), *options, **here)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "othing was imported" in done.stderr
    assert tenants(access.owner) == before


async def test_a_file_of_the_form_becomes_a_tenant(owner_dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "one.csv"
    file.write_text(HEADER + ROW)
    words = ("import", str(file), "--tenant", "acme", "--name", "Acme", "--host", "acme.example")
    done = await asyncio.to_thread(process, *words, DATABASE_URL=owner_dsn)
    assert done.returncode == 0, done.stderr
    assert "1 rows read, 1 kept, 0 refused" in done.stderr
    assert await asyncio.to_thread(tenants, owner_dsn) == ["acme"]


async def test_the_owner_of_the_tables_does_not_serve(owner_dsn: str) -> None:
    settings = {"DATABASE_URL": owner_dsn, "APP_DATABASE_URL": owner_dsn, "PORT": "0"}
    done = await asyncio.to_thread(process, "serve", **settings)
    assert done.returncode == 1
    assert "refuses to serve" in done.stderr
    assert "Traceback" not in done.stderr
    assert await asyncio.to_thread(tenants, owner_dsn) == []
