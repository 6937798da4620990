"""The embedded server, with real processes: who starts it, who shares it, and what is left when any of them is killed.

Covered for whoever runs this suite, root or not: starting, sharing, stopping, every kill, the socket, the settings.
What differs between the two:

- By root, every start drops to another account; the copied programs run a real server. An ordinary user's whole start
  runs as that same account, if it can reach a Python (root's own may lie under /root); without one, only the choice of
  account and the modes of the home are covered.
- By an ordinary user, the account is injected: a closed home and the copy of the programs are covered up to starting,
  which only root could do.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from embedded import EmbeddedPostgres, HomeError, Server, SettingError, StartError, VersionError, default_home
from embedded import server as server_module
from embedded.account import Account, blocking_directory, launch, server_account
from embedded.binaries import MAJOR, PACKAGE, Binaries, locate, reachable
from embedded.home import SOCKET_NAME, Home
from embedded.lease import acquire, is_held, try_acquire
from tests.flows.homes import LINGER_S, is_gone, layout, passable, server_pid, start, wait_until

ROOT = Path(__file__).resolve().parents[2]
CLIENT = """
import sys
from pathlib import Path
from embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), linger_s=0.2).start()
print(server.dsn("postgres", "postgres"), flush=True)
sys.stdin.read()
"""


@pytest.fixture
def place() -> Iterator[Path]:
    with passable() as base:
        yield base


def client(home: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-c", CLIENT, str(home)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )


def first_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().decode().strip()


def supervisor_pid(home: Path) -> int:
    return int(layout(home).supervisor_lock.read_text())


def servers_started(home: Path) -> int:
    return layout(home).log.read_text().count("LOG:  starting PostgreSQL")


def ask(server: Server, *statements: str) -> str:
    """Run the statements through asyncpg; return the last one's first value as text."""

    async def run() -> str:
        connection = await asyncpg.connect(server.dsn("postgres", "postgres"))
        try:
            for statement in statements[:-1]:
                await connection.execute(statement)
            return str(await connection.fetchval(statements[-1]))
        finally:
            await connection.close()

    # A loop of its own that does not become the thread's: the suite's asynchronous tests share theirs.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        return runner.run(run())


def test_cold_start_is_shared_by_a_second_process(place: Path) -> None:
    home = place / "home"
    with start(home) as server:
        pid = server_pid(home)
        other = client(home)
        assert first_line(other) == server.dsn("postgres", "postgres")
        assert server_pid(home) == pid
        other.communicate()
        assert ask(server, "SELECT current_setting('server_version_num')::int / 10000") == str(MAJOR)
        assert ask(server, "SELECT datlocprovider::text || datlocale FROM pg_database LIMIT 1") == "bC.UTF-8"
        for setting in (
            "data_checksums=on", "server_encoding=UTF8", "listen_addresses=", "unix_socket_permissions=0700",
            "max_connections=200", "shared_buffers=256MB", "idle_in_transaction_session_timeout=1min",
        ):  # fmt: skip
            name, _, value = setting.partition("=")
            assert ask(server, f"SHOW {name}") == value
        assert layout(home).data.stat().st_uid == layout(home).server_uid
        assert home.stat().st_uid == os.geteuid()
    wait_until(lambda: is_gone(home))
    assert servers_started(home) == 1
    assert PACKAGE not in sys.modules


def test_address_serves_both_drivers_and_any_name(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPORT", "1")
    with start(place / "home") as server:
        ask(server, 'CREATE ROLE "an owner" LOGIN', 'CREATE DATABASE "a/b" OWNER "an owner"', "SELECT 1")
        url = server.dsn("an owner", "a/b")
        assert url == f"postgresql://an%20owner@/a%2Fb?host={server.socket_dir}&port=5432"

        async def who() -> None:
            engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
            async with engine.connect() as connection:
                found = await connection.execute(text("SELECT current_user, current_database()"))
                assert found.one() == ("an owner", "a/b")
            await engine.dispose()

        with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
            runner.run(who())


def test_server_stops_after_its_killed_client_and_starts_again(place: Path) -> None:
    home = place / "home"
    killed = client(home)
    assert first_line(killed).startswith("postgresql://")
    killed.kill()
    killed.communicate()
    wait_until(lambda: is_gone(home))
    assert "database system is shut down" in layout(home).log_tail()
    with start(home) as server:
        assert ask(server, "SELECT 1") == "1"
    assert servers_started(home) == 2


def test_killed_server_recovers_what_was_committed(place: Path) -> None:
    home = place / "home"
    with start(home) as server:
        ask(server, "CREATE TABLE kept (x int)", "INSERT INTO kept SELECT generate_series(1, 1000)", "SELECT 1")
        os.kill(server_pid(home), signal.SIGKILL)
        with start(home) as again:
            assert ask(again, "SELECT sum(x) FROM kept") == "500500"
    assert "automatic recovery in progress" in layout(home).log.read_text()


def test_killed_supervisor_is_replaced_and_the_server_goes_on(place: Path) -> None:
    home = place / "home"
    with start(home) as server:
        pid, former = server_pid(home), supervisor_pid(home)
        os.kill(former, signal.SIGKILL)
        wait_until(lambda: not is_held(layout(home).supervisor_lock))
        with start(home):
            assert server_pid(home) == pid
            assert supervisor_pid(home) != former
        assert ask(server, "SELECT 1") == "1"
    wait_until(lambda: is_gone(home))
    assert servers_started(home) == 1


def test_everything_killed_at_once_starts_again(place: Path) -> None:
    """The process id in the stale files is another process's by now, as after the restart of a container."""
    home = place / "home"
    killed = client(home)
    first_line(killed)
    for pid in (supervisor_pid(home), server_pid(home)):
        os.kill(pid, signal.SIGKILL)
    killed.kill()
    killed.communicate()
    wait_until(lambda: is_gone(home))
    with (place / "output").open("wb") as output:
        stranger = launch(["/bin/sleep", "60"], server_account(), output=output, keep_open=())
    for file in (layout(home).data / "postmaster.pid", layout(home).socket_dir / f"{SOCKET_NAME}.lock"):
        _, _, rest = file.read_text().partition("\n")
        file.write_text(f"{stranger.pid}\n{rest}")
    with start(home) as server:
        assert ask(server, "SELECT 1") == "1"
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


def test_terminated_supervisor_stops_its_server_at_once(place: Path) -> None:
    home = place / "home"
    with start(home):
        os.kill(supervisor_pid(home), signal.SIGTERM)
        wait_until(lambda: is_gone(home))
        assert "database system is shut down" in layout(home).log_tail()


def test_two_cold_starts_at_once_make_one_server(place: Path) -> None:
    home = place / "home"
    both = [client(home), client(home)]
    assert len({first_line(process) for process in both}) == 1
    assert servers_started(home) == 1
    for process in both:
        process.communicate()


def test_killed_initdb_leaves_nothing_half_made(place: Path) -> None:
    home = place / "home"
    killed = client(home)
    wait_until(lambda: any(home.glob("pg.new-*/base")))
    killed.kill()
    killed.communicate()
    assert not layout(home).data.exists()
    with start(home) as server:
        assert ask(server, "SELECT 1") == "1"
    assert list(home.glob("pg.new-*")) == []
    assert servers_started(home) == 1


def test_leases_exclude_only_the_exclusive(place: Path) -> None:
    path = place / "lock"
    with acquire(path, shared=True, timeout_s=0, purpose="a lease") as first:
        with acquire(path, shared=True, timeout_s=0, purpose="a lease"):
            first.release()
            assert try_acquire(path) is None
        assert not is_held(path)


def test_closed_home_is_refused_by_the_name_of_what_closes_it(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(0o700)
    other = Account("somebody", 4_242, 4_242)
    assert blocking_directory(closed / "home", other) == closed
    assert blocking_directory(closed / "home", Account("owner", closed.stat().st_uid, 4_242)) is None
    with pytest.raises(HomeError, match=f"'somebody', who may not pass {closed} "):
        Home((closed / "home").resolve(), other).prepare()
    assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    if os.geteuid() == 0:
        with pytest.raises(HomeError, match=f"who may not pass {closed} "):
            start(closed / "in" / "home")
        assert list((closed / "in" / "home").iterdir()) == []


def test_unreachable_programs_are_copied_once_and_whole(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    installed, closed, base = locate(), place / "closed", place / "base"
    closed.mkdir(0o700)
    for tree in installed.trees:
        shutil.copytree(tree, closed / tree.relative_to(installed.site))
    source = Binaries(closed, installed.version)
    account = server_account() or Account("somebody", 4_242, 4_242)
    copy = reachable(source, account, base)
    assert copy.site == base / f"postgresql-{MAJOR}-{installed.version}"
    assert copy.files() == source.files() == installed.files()
    made = copy.site.stat().st_ino
    assert reachable(source, account, base).site.stat().st_ino == made
    (copy.root / "share/postgresql/postgres.bki").unlink()
    assert reachable(source, account, base).files() == source.files()
    assert {entry.name for entry in base.iterdir()} == {".postgresql.lock", copy.site.name}
    assert reachable(copy, account, place / "unused") == copy
    version = subprocess.run([copy.bin_dir / "initdb", "--version"], capture_output=True, text=True, check=True).stdout
    assert version.startswith(f"initdb (PostgreSQL) {MAJOR}.")
    if os.geteuid() == 0:
        monkeypatch.setattr(server_module, "locate", lambda: source)
        with EmbeddedPostgres(place / "home", linger_s=LINGER_S, binaries_home=base).start() as server:
            pid = server_pid(place / "home")
            assert Path(f"/proc/{pid}/exe").readlink() == copy.bin_dir / "postgres"
            assert ask(server, "SELECT 1") == "1"


def test_ordinary_user_runs_it_himself(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """See the head of this module for what is covered where."""
    account, home = server_account(), place / "own" / "home"
    home.parent.mkdir()
    if account is None:
        with start(home):
            assert layout(home).data.stat().st_uid == os.geteuid()
        return
    python = python_within_reach(account)
    if python is not None:
        os.chown(home.parent, account.uid, account.gid)
        for _ in range(2):
            assert run_as(account, python, CLIENT, str(home)).stdout.startswith(b"postgresql://postgres@/")
        assert {entry.stat().st_uid for entry in (home, *home.iterdir())} == {account.uid}
    else:
        Home(home.resolve(), None).prepare()
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    monkeypatch.setattr(os, "geteuid", lambda: account.uid)
    assert server_account() is None
    assert default_home(place, "demo") == place.resolve() / ".millrace"


def python_within_reach(account: Account) -> Path | None:
    """A Python of a version this project runs on, which with the project the account can reach."""
    if blocking_directory(ROOT, account) or blocking_directory(locate().site, account):
        return None
    probe = "import sys; sys.exit(sys.version_info < (3, 11))"
    for name in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        python = Path(name).resolve()
        reached = python.is_file() and blocking_directory(python, account) is None
        if reached and run_as(account, python, probe).returncode == 0:
            return python
    return None


def run_as(account: Account, python: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    environment = {"PYTHONPATH": os.pathsep.join((str(ROOT), str(locate().site)))}
    return subprocess.run(
        [python, "-B", "-c", *arguments], cwd="/", env=environment, input=b"", stdout=subprocess.PIPE,
        user=account.uid, group=account.gid, extra_groups=[],
    )  # fmt: skip


def test_root_has_a_home_of_its_own(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    one = default_home(place / "one", "demo")
    assert (one.parent, one.name[:5]) == (Path("/var/lib/millrace"), "demo-")
    assert one == default_home(place / "." / "one", "demo")
    assert one != default_home(place / "two", "demo")


def test_long_path_gets_a_short_private_socket(place: Path) -> None:
    home = place / ("long" * 25)
    short = layout(home).socket_dir
    assert short.parent == Path("/tmp")
    short.symlink_to(place)
    with pytest.raises(StartError, match=f"{short} is in the way of the server's socket"):
        start(home)
    short.unlink()
    with start(home) as server:
        entry = short.stat()
        assert (entry.st_uid, stat.S_IMODE(entry.st_mode)) == (layout(home).server_uid, 0o700)
        assert server.socket_dir == short
        assert ask(server, "SELECT 1") == "1"
    wait_until(lambda: is_gone(home))
    assert not short.exists()


def test_data_of_another_major_version_is_refused(place: Path) -> None:
    data = place / "home" / "pg"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("17\n")
    with pytest.raises(VersionError, match=f"{data} was written by PostgreSQL 17; .* are PostgreSQL {MAJOR}"):
        start(place / "home")
    assert [entry.name for entry in data.iterdir()] == ["PG_VERSION"]


def test_settings_are_the_callers_but_for_what_makes_the_server_ours(place: Path) -> None:
    home = place / "home"
    for settings, named in (
        ({"listen_addresses": "*"}, "'listen_addresses' is set by the embedded server itself"),
        ({"work_mem = '1MB'\nport": "1"}, "is not the name of a PostgreSQL setting"),
        ({"work_mem": "1MB'\nport = 1"}, "The value of 'work_mem' contains a line break"),
    ):
        with pytest.raises(SettingError, match=named):
            EmbeddedPostgres(home, settings=settings)
    with pytest.raises(StartError, match="PostgreSQL ended while starting") as caught:
        EmbeddedPostgres(home, settings={"work_mem": "plenty"}).start()
    assert 'invalid value for parameter "work_mem": "plenty"' in str(caught.value)
    chosen = {"app.odd": r"it's a \ path", "max_connections": "50"}
    with EmbeddedPostgres(home, settings=chosen, linger_s=LINGER_S).start() as server:
        assert ask(server, "SHOW app.odd") == r"it's a \ path"
        assert ask(server, "SHOW max_connections") == "50"
