"""A PostgreSQL of one's own, by DATABASE_URL: over TCP with passwords, its owner no superuser; and what is refused."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest

import boot
from demo.iowa import SAMPLE
from embedded.account import launch, server_account
from embedded.binaries import locate, reachable
from embedded.home import ROOT_BASE
from tests.flows.commands import run
from tests.flows.started import WAIT_S, Serving
from tests.given import PRODUCTION
from tests.templates import first_stores

PASSWORD = "p@ss w/ord"
IN_A_URL = "p%40ss%20w%2Ford"
pytestmark = pytest.mark.timeout(240)


@dataclass(frozen=True)
class Plain:
    """A PostgreSQL as an administrator sets it up."""

    port: int

    def url(self, user: str, database: str, options: str = "") -> str:
        return f"postgresql://{user}:{IN_A_URL}@127.0.0.1:{self.port}/{database}{options}"

    def do(self, *statements: str, database: str = "postgres") -> Any:
        """As the superuser; returns what the last one gives."""
        return asyncio.run(self._do(statements, database))

    async def _do(self, statements: tuple[str, ...], database: str) -> Any:
        connection = await asyncpg.connect(self.url("root", database), timeout=WAIT_S)
        try:
            *first, last = statements
            for statement in first:
                await connection.execute(statement)
            return await connection.fetchval(last)
        finally:
            await connection.close()

    def database(self, name: str, owner: str, rights: str = "CREATEROLE", options: str = "") -> str:
        """A database and its owner, who is no superuser; its address."""
        self.do(
            f"CREATE ROLE {owner} LOGIN NOSUPERUSER {rights} PASSWORD '{PASSWORD}'",
            f"CREATE DATABASE {name} OWNER {owner} TEMPLATE template0 {options}",
        )
        return self.url(owner, name)


@pytest.fixture(scope="module")
def plain() -> Iterator[Plain]:
    account = server_account()
    binaries = reachable(locate(), account, ROOT_BASE).bin_dir
    base = Path(tempfile.mkdtemp(prefix="plain-", dir="/tmp"))
    secret, log = base / "password", (base / "log").open("ab")
    secret.write_text(PASSWORD)
    if account is not None:
        for path in (base, secret):
            os.chown(path, account.uid, account.gid)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    data = ["-D", str(base / "data")]
    made = [str(binaries / "initdb"), *data, "-U", "root", "-A", "scram-sha-256", f"--pwfile={secret}", "--no-sync"]
    assert launch([*made, "-E", "UTF8", "--locale=C"], account, output=log, keep_open=()).wait(WAIT_S) == 0
    options = ["-p", str(port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories=", "-c", "fsync=off"]
    server = launch([str(binaries / "postgres"), *data, *options], account, output=log, keep_open=())
    try:
        await_answer(Plain(port), server)
        yield Plain(port)
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait(WAIT_S)
        log.close()
        shutil.rmtree(base)


def await_answer(plain: Plain, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + WAIT_S
    while True:
        assert server.poll() is None
        assert time.monotonic() < deadline
        try:
            plain.do("SELECT 1")
        except (OSError, asyncpg.CannotConnectNowError):
            time.sleep(0.05)
        else:
            return


@pytest.fixture(scope="module")
def ours(plain: Plain, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database with one small tenant in it, made by an owner who may create roles and nothing more."""
    url = plain.database("ours", "owner")
    file = first_stores(SAMPLE, tmp_path_factory.mktemp("plain") / "one.csv", 1)
    imported = run("import", str(file), "--tenant", "acme", DATABASE_URL=f"{url}?sslmode=prefer")
    assert imported.returncode == 0, imported.stderr
    return url


def shops(url: str) -> Any:
    asked = {"query": "{ tenant { code } stores(first: 5) { totalCount } }"}
    return httpx.post(f"{url}/graphql", json=asked, headers={"Millrace-Tenant": "acme"}, timeout=WAIT_S).json()["data"]


def alembic(url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Alembic's own command in the project, as somebody runs it by hand."""
    return subprocess.run(
        [sys.executable, "-m", "alembic.config", *arguments],
        cwd=boot.PROJECT,
        env={**os.environ, "DATABASE_URL": url},
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )


def logins(plain: Plain) -> Any:
    """Who is logged in to serve, under which names; the worker beside it logs in as the owner."""
    return plain.do(
        "SELECT string_agg(DISTINCT usename::text, ' ') FROM pg_stat_activity"
        " WHERE datname = 'ours' AND application_name = 'millrace'"
    )


def test_the_owner_alone_is_enough_and_serves_as_another_role(plain: Plain, ours: str, tmp_path: Path) -> None:
    serving = Serving(tmp_path, DATABASE_URL=ours, **PRODUCTION)
    assert shops(serving.url()) == {"tenant": {"code": "acme"}, "stores": {"totalCount": 1}}
    assert logins(plain) == "owner"
    assert serving.kill(signal.SIGTERM) == 0
    assert logins(plain) is None


def test_the_serving_role_may_have_a_login_of_its_own(plain: Plain, ours: str, tmp_path: Path) -> None:
    plain.do("ALTER ROLE millrace_app LOGIN", f"ALTER ROLE millrace_app PASSWORD '{PASSWORD}'", "SELECT 1")
    app = plain.url("millrace_app", "ours", "?sslmode=prefer")
    serving = Serving(tmp_path, DATABASE_URL=ours, APP_DATABASE_URL=app, **PRODUCTION)
    assert shops(serving.url()) == {"tenant": {"code": "acme"}, "stores": {"totalCount": 1}}
    assert logins(plain) == "millrace_app"
    assert serving.kill(signal.SIGTERM) == 0


def test_the_worker_may_have_a_login_of_its_own(plain: Plain, ours: str, tmp_path: Path) -> None:
    """Then nobody is logged in as the owner once the server runs."""
    for role in ("millrace_app", "millrace_worker"):
        plain.do(f"ALTER ROLE {role} LOGIN", f"ALTER ROLE {role} PASSWORD '{PASSWORD}'", "SELECT 1")
    own = {
        "APP_DATABASE_URL": plain.url("millrace_app", "ours", "?sslmode=prefer"),
        "WORKER_DATABASE_URL": plain.url("millrace_worker", "ours", "?sslmode=prefer"),
    }
    serving = Serving(tmp_path, DATABASE_URL=ours, **own, **PRODUCTION)
    assert shops(serving.url())["tenant"] == {"code": "acme"}
    working = (
        "SELECT string_agg(DISTINCT usename::text, ' ' ORDER BY usename::text) FROM pg_stat_activity"
        " WHERE datname = 'ours' AND application_name = 'millrace worker'"
    )
    deadline = time.monotonic() + WAIT_S
    while plain.do(working) not in ("millrace_worker", "millrace_app millrace_worker"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert logins(plain) == "millrace_app"
    assert serving.kill(signal.SIGTERM) == 0


@pytest.mark.parametrize(
    ("role", "rights", "words"),
    [
        ("owner", None, "has the rights of the owner of the tables"),
        ("root", None, "is a superuser"),
        ("passer", "BYPASSRLS IN ROLE millrace_app", "may bypass row security"),
        ("deputy", "IN ROLE owner", "has the rights of the owner of the tables"),
    ],
)
def test_a_role_the_wall_does_not_hold_never_serves(
    plain: Plain, ours: str, role: str, rights: str | None, words: str
) -> None:
    if rights is not None:
        plain.do(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}' {rights}", "SELECT 1")
    refused = run("serve", DATABASE_URL=ours, APP_DATABASE_URL=plain.url(role, "ours"), PORT="0", **PRODUCTION)
    assert refused.returncode == 1
    assert f"The database role {role} {words}; the server refuses to serve with it." in refused.stderr


@pytest.mark.parametrize("granted", [None, "WITH SET FALSE"], ids=["no member", "a member who may not act"])
def test_an_owner_who_may_not_act_as_the_serving_roles_is_told_what_to_grant(
    plain: Plain, ours: str, granted: str | None
) -> None:
    name = "stranger" if granted is None else "member"
    url = plain.database(name, name, "NOCREATEROLE")
    if granted is not None:
        plain.do(f"GRANT millrace_app, millrace_worker TO {name} {granted}", "SELECT 1")
    refused = run("migrate", DATABASE_URL=url)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "The database cannot be used: the owner may not act as the serving roles" in refused.stderr
    assert "[SQL:" not in refused.stderr
    assert plain.do("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", database=name) == 0
    said = refused.stderr.strip().partition("let a superuser run: ")[2]
    assert said == f"GRANT millrace_app, millrace_worker TO {name} WITH SET TRUE"
    plain.do(said, "SELECT 1")
    assert run("migrate", DATABASE_URL=url).returncode == 0


def test_a_schema_migrated_by_hand_serves(plain: Plain, ours: str, tmp_path: Path) -> None:
    # Whoever makes a role is a member of it who may grant it and not take it on: here the roles are there already.
    by_hand = plain.database("by_hand", "writer")
    plain.do("GRANT millrace_app, millrace_worker TO writer WITH ADMIN TRUE, SET FALSE, INHERIT FALSE", "SELECT 1")
    migrated = alembic(f"{by_hand}?sslmode=prefer", "upgrade", "head")
    assert migrated.returncode == 0, migrated.stderr
    assert "(head)" in alembic(f"{by_hand}?sslmode=disable&application_name=hand", "current").stdout
    for role in ("millrace_app", "millrace_worker"):
        assert plain.do(f"SELECT pg_has_role('writer', '{role}', 'SET')")
    serving = Serving(tmp_path, DATABASE_URL=by_hand, **PRODUCTION)
    assert httpx.get(f"{serving.url()}/health/ready", timeout=WAIT_S).status_code == 200
    assert serving.kill(signal.SIGTERM) == 0


def test_alembic_by_hand_says_what_it_needs() -> None:
    refused = alembic("", "current")
    assert refused.returncode == 1
    assert refused.stderr.endswith("Set DATABASE_URL, or use `make migrate`, which starts the embedded PostgreSQL.\n")


def test_a_schema_of_a_newer_version_is_left_alone(plain: Plain) -> None:
    newer = plain.database("newer", "early", "CREATEROLE")
    plain.do(
        "CREATE TABLE alembic_version (version_num text)",
        "INSERT INTO alembic_version VALUES ('from_the_future')",
        "GRANT ALL ON alembic_version TO early",
        "SELECT 1",
        database="newer",
    )
    refused = run("migrate", DATABASE_URL=newer)
    assert refused.returncode == 1
    assert "from_the_future" in refused.stderr
    assert "newer Millrace" in refused.stderr


def test_what_cannot_be_reached_is_said_in_words(plain: Plain, ours: str) -> None:
    latin = plain.database("latin", "roman", options="ENCODING 'LATIN1'")
    addresses = {
        latin: "must be encoded in UTF8",
        ours.replace(IN_A_URL, "wrong"): "password authentication failed",
        plain.url("owner", "absent"): 'database "absent" does not exist',
        "postgresql://owner:wrong@127.0.0.1:1/ours": "Connect call failed",
    }
    for address, words in addresses.items():
        for command in (["migrate"], ["token", "admin"], ["serve"]):
            if command == ["token", "admin"] and address == latin:
                continue  # it reads and asks nothing of the encoding
            refused = run(*command, DATABASE_URL=address, PORT="0")
            assert (refused.returncode, refused.stdout) == (1, "")
            assert words in refused.stderr
            assert "wrong" not in refused.stderr
