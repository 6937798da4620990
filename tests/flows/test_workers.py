"""The parent of several server processes: who dies is replaced, who is renewed is not missed, nobody is left behind."""

import asyncio
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from time import monotonic

import pytest

import boot
from tests.flows.fakes import COMMAND, QUICK, SECRET, WAIT_S, Family, alive, family, kill, lines, until
from transport.workers import GivenUp, Patience

PARENT = """
import asyncio, fcntl, socket, sys, termios
from transport.logs import configure
from transport.workers import Workers
configure("error", "json")
if sys.argv[1] == "terminal":
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)
async def main():
    listening = socket.create_server(("127.0.0.1", 0))
    workers = Workers(sys.argv[3:], 2, listening, {"moods": sys.argv[2]}, graceful_s=5)
    up = lambda: print(*[place.worker.pid for place in workers._places], flush=True)
    await workers.run(up)
asyncio.run(main())
"""


def command_line(pid: int) -> bytes:
    """What everybody on the machine can read of a process."""
    shown = Path(f"/proc/{pid}/cmdline")
    return (
        shown.read_bytes() if shown.exists() else subprocess.check_output(["ps", "-ww", "-o", "args=", "-p", str(pid)])
    )


async def test_all_share_the_port_and_are_told_secrets_where_nobody_looks(tmp_path: Path) -> None:
    async with family(tmp_path, 3) as made:
        await made.up()
        assert await made.seen(3) == made.pids
        for pid in made.pids.values():
            shown = await asyncio.to_thread(command_line, pid)
            assert b"json.loads" in shown
            assert os.getpgid(pid) == pid  # Ctrl-C in a terminal is the parent's alone
            assert SECRET.encode() not in shown
    assert len(made.ups) == 1
    assert not any(alive(pid) for pid in made.pids.values())


async def test_who_is_killed_is_replaced_and_the_others_go_on(tmp_path: Path) -> None:
    async with family(tmp_path) as made:
        await made.up()
        before = made.pids
        kill(before[1])
        await until(lambda: made.pids.get(1) not in (None, before[1]))
        assert made.pids[2] == before[2]
        assert (await made.seen(2))[1] != before[1]


def test_it_waits_longer_from_failure_to_failure_and_never_longer_than_that() -> None:
    patience = Patience(first_wait_s=0.2, longest_wait_s=1.0)
    assert [patience.before(failures) for failures in range(6)] == [0, 0.2, 0.4, 0.8, 1.0, 1.0]


@pytest.mark.parametrize(
    ("mood", "patience", "why"),
    [
        ("dies", QUICK, "Worker 2 does not start, 3 times in a row: it ended with exit code 7. Giving up."),
        ("mute", Patience(ready_s=0.1, first_wait_s=0.01, attempts=2), "it was not ready in 0.1 s"),
    ],
)
async def test_it_gives_up_at_the_start_though_another_would_serve(
    tmp_path: Path, mood: str, patience: Patience, why: str
) -> None:
    async with family(tmp_path, patience=patience, w2=mood) as made:
        with pytest.raises(GivenUp) as caught:
            await made.running
    assert why in str(caught.value)
    assert made.ups == []
    assert not any(alive(pid) for pid in made.pids.values())


async def test_a_process_that_cannot_be_made_is_a_start_that_failed(tmp_path: Path) -> None:
    async with family(tmp_path, command=[str(tmp_path / "absent")]) as made:
        with pytest.raises(GivenUp, match=r"it could not be started: No such file or directory"):
            await made.running


async def test_it_gives_up_when_all_die_soon_after_they_are_ready(tmp_path: Path) -> None:
    async with family(tmp_path, w1="brief", w2="brief") as made:
        with pytest.raises(GivenUp, match=r"it ended with exit code 7 after \d\.\d s"):
            await made.running


async def test_while_one_serves_it_goes_on_trying_and_a_mended_one_comes_back_at_once(tmp_path: Path) -> None:
    patience = Patience(ready_s=20, first_wait_s=0.001, longest_wait_s=10 * WAIT_S, attempts=2)
    async with family(tmp_path, patience=patience) as made:
        await made.up()
        before = made.pids
        made.behave(w1="dies")
        kill(before[1])
        await until(lambda: made.workers._places[0].failures > 3)
        assert made.pids == {2: before[2]}
        made.workers._places[0].failures = 40  # as after a long night: the attempt after the next one is far away
        await until(lambda: made.workers._places[0].failures > 40)
        made.behave()
        made.workers.renew()
        await made.all_but(before)
        made.behave(w1="dies", w2="dies")
        for pid in made.pids.values():
            kill(pid)
        with pytest.raises(GivenUp):
            await made.running


async def asked_all_the_time(made: Family, answers: list[int]) -> None:
    while True:
        answers.append((await asyncio.to_thread(made.ask))[1])


async def test_renewed_one_after_another_nobody_is_refused_and_asking_again_is_once_more(tmp_path: Path) -> None:
    async with family(tmp_path) as made:
        await made.up()
        before, answers = made.pids, list[int]()
        load = asyncio.create_task(asked_all_the_time(made, answers))
        with lines() as said:
            os.kill(os.getpid(), signal.SIGHUP)
            await until(lambda: any(line["event"] == "workers.renewing" for line in said))
            for _ in range(3):
                made.workers.renew()
            await until(lambda: sum(line["event"] == "workers.renewed" for line in said) == 2)
            await asyncio.sleep(0.05)
        assert not load.done()  # no connection was refused or broken
        load.cancel()
        assert not set(made.pids.values()) & set(before.values())
        events = [(line["event"], line.get("worker")) for line in said]
        once = [("workers.renewing", None), ("worker.ready", 1), ("worker.ready", 2), ("workers.renewed", None)]
        assert events == once * 2
        assert len(set(answers)) > 2
        await until(lambda: not any(alive(pid) for pid in before.values()))


async def test_who_was_started_after_the_wish_is_new_enough(tmp_path: Path) -> None:
    patience = Patience(ready_s=20, first_wait_s=10 * WAIT_S, longest_wait_s=10 * WAIT_S)
    async with family(tmp_path, patience=patience) as made:
        await made.up()
        with lines() as said:
            kill(made.pids[1])
            await until(lambda: any(line["event"] == "worker.died" for line in said))
            made.workers.renew()
            await until(lambda: any(line["event"] == "workers.renewed" for line in said))
        assert [line["worker"] for line in said if line["event"] == "worker.ready"] == [1, 2]


async def test_who_cannot_be_renewed_stays(tmp_path: Path) -> None:
    async with family(tmp_path) as made:
        await made.up()
        before = made.pids
        made.behave(w1="dies")
        with lines() as said:
            made.workers.renew()
            await until(lambda: any(line["event"] == "workers.not_renewed" for line in said))
        assert made.pids == before
        assert (await made.seen(2)) == before


async def test_who_does_not_stop_is_killed_in_time(tmp_path: Path) -> None:
    patience = Patience(margin_s=0.1)
    async with family(tmp_path, patience=patience, graceful_s=0.1, w1="stubborn") as made:
        await made.up()
        before, since = made.pids, monotonic()
        os.kill(os.getpid(), signal.SIGTERM)
        await made.running
    assert monotonic() - since > 0.2
    assert not any(alive(pid) for pid in before.values())


async def test_who_does_not_leave_is_killed_in_time(tmp_path: Path) -> None:
    patience = Patience(leave_s=0.05, margin_s=0.05)
    async with family(tmp_path, patience=patience, graceful_s=0.05, w1="stubborn") as made:
        await made.up()
        before = made.pids
        made.behave()
        made.workers.renew()
        await made.all_but(before)
        await until(lambda: not any(alive(pid) for pid in before.values()))


async def test_asked_to_stop_twice_it_kills(tmp_path: Path) -> None:
    async with family(tmp_path, graceful_s=10 * WAIT_S, w1="stubborn", w2="stubborn") as made:
        await made.up()
        made.workers.stop()
        await asyncio.sleep(0.05)
        made.workers.stop()
        async with asyncio.timeout(WAIT_S):
            await made.running
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


async def test_a_stop_in_the_middle_of_a_start_leaves_nobody(tmp_path: Path) -> None:
    async with family(tmp_path, w1="mute", w2="mute") as made:
        await until(lambda: len(made.workers._all) == 2)
        pids = [worker.pid for worker in made.workers._all]
        made.workers.stop()
        await made.running
    assert made.ups == []
    assert not any(alive(pid) for pid in pids)


@pytest.mark.parametrize("end", ["killed", "terminal"])
def test_a_parent_that_dies_takes_its_workers_along(tmp_path: Path, end: str) -> None:
    (tmp_path / "moods").touch()
    master, slave = pty.openpty()
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, end, str(tmp_path / "moods"), *COMMAND],
        cwd=boot.PROJECT,
        env={**os.environ, "TMPDIR": str(tmp_path)},  # a killed parent leaves its directory to its workers
        stdin=slave,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert parent.stdout is not None
    os.close(slave)
    pids: list[int] = []
    try:
        pids = [int(pid) for pid in parent.stdout.readline().split()]
        assert len(pids) == 2
        if end == "killed":
            parent.kill()
        os.close(master)  # a terminal that is closed hangs up, and that SIGHUP asks for no renewal
        assert parent.wait(WAIT_S) == (-signal.SIGKILL if end == "killed" else 0)
        since = monotonic()
        while any(alive(pid) for pid in pids):
            assert monotonic() - since < WAIT_S
    finally:
        parent.kill()
        parent.wait(WAIT_S)
        parent.stdout.close()
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


async def test_while_all_stop_the_parent_has_closed_the_port(tmp_path: Path) -> None:
    """Nobody waits in its queue for workers that have gone; one that is stubborn may still hold it."""
    async with family(tmp_path, patience=Patience(margin_s=1.0), graceful_s=0.1, w1="stubborn") as made:
        await made.up()
        made.workers.stop()
        await until(lambda: not made.pids.get(2))
        assert not made.running.done()
        assert made.workers._listening.fileno() == -1
        await made.running


async def test_a_directory_that_was_tidied_away_is_made_anew(tmp_path: Path) -> None:
    async with family(tmp_path) as made:
        await made.up()
        place = made.workers._directory
        os.rmdir(place)
        before = made.pids
        kill(before[1])
        await until(lambda: made.pids.get(1) not in (None, before[1]))
        assert os.stat(place).st_mode & 0o777 == 0o700
