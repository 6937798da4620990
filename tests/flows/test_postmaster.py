"""A process id that postmaster.pid names: a server's, or by now a stranger's, on machines that tell and that do not."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded import StartError, postmaster
from embedded.account import launch, server_account
from embedded.binaries import locate, reachable
from embedded.home import ROOT_BASE
from embedded.lease import acquire
from tests.flows.homes import WAIT_S, is_gone, layout, passable, server_pid, start, wait_until


@pytest.fixture
def place() -> Iterator[Path]:
    with passable() as base:
        yield base


@pytest.fixture(params=[True, False], ids=["tells", "does not tell"])
def told(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if not request.param:
        monkeypatch.setattr(postmaster, "_tells_place", lambda: False)


@pytest.mark.usefixtures("told")
def test_a_stranger_with_the_number_of_a_server_that_is_gone_is_passed_over(place: Path) -> None:
    home = layout(place / "home")
    with start(home.path):
        recorded = (home.data / "postmaster.pid").read_text()
    wait_until(lambda: is_gone(home.path))
    with (place / "output").open("wb") as output:
        stranger = launch(["/bin/sleep", "60"], server_account(), output=output, keep_open=())
    (home.data / "postmaster.pid").write_text(recorded.replace(recorded.split()[0], str(stranger.pid), 1))
    programs = reachable(locate(), server_account(), ROOT_BASE).bin_dir
    server = postmaster.start(home, programs, acquire(home.server_lock, timeout_s=WAIT_S, purpose="the server"))
    wait_until(lambda: postmaster.answers(home))
    assert server_pid(home.path) == server.pid
    assert server.stop()
    assert stranger.poll() is None
    stranger.kill()
    stranger.wait()


@pytest.mark.usefixtures("told")
def test_a_server_that_was_started_by_other_means_is_left_alone(place: Path) -> None:
    home = layout(place / "home")
    with start(home.path):
        lock = acquire(place / "lock", timeout_s=0, purpose="nothing")
        with pytest.raises(StartError, match="started by other means"), lock:
            postmaster.start(home, place, lock)
        os.kill(server_pid(home.path), 0)
