"""The demo's tokens and the secret of a data directory."""

from __future__ import annotations

import hashlib
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tests.flows.bearer.tokens import (
    AUDIENCE,
    CLERK,
    ISSUER,
    NOW,
    SECRET,
    STORE,
)
from transport import bearer
from transport.bearer import Identity, SecretFileError

# --- the demo's tokens and secret


def test_minted_lifetime_is_limited() -> None:
    for lifetime in (timedelta(0), timedelta(seconds=-1), timedelta(days=30, seconds=1)):
        with pytest.raises(ValueError, match="at most 30 days"):
            bearer.mint(SECRET, CLERK, issuer=ISSUER, audience=AUDIENCE, lifetime=lifetime, now=NOW)


def test_identity_is_checked_when_made() -> None:
    for parts in (
        {"actor": "root"},
        {"actor": "staff"},
        {"actor": "staff", "organization": STORE},
        {"actor": "staff", "organization": STORE, "role": "OWNER"},
        {"actor": "consumer", "organization": STORE},
        {"actor": "consumer", "role": "CLERK"},
    ):
        with pytest.raises(ValueError, match=r"^(actor|org|role)$"):
            Identity(subject="acct-1", **parts)


def test_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "home" / "secret"
    secret = bearer.demo_secret(path)
    assert len(secret) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert bearer.demo_secret(path) == secret
    assert bearer.demo_secret(tmp_path / "other" / "secret") != secret
    assert [entry.name for entry in path.parent.iterdir()] == ["secret"]


def test_secret_of_whoever_was_first_is_never_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "secret"
    secret = bearer.demo_secret(path)
    monkeypatch.setattr(os.path, "lexists", lambda path: False)  # looked before the other process was done
    assert bearer.demo_secret(path) == secret
    assert os.listdir(tmp_path) == ["secret"]


def test_processes_that_race_agree_on_one_secret(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    program = (
        "import sys, hashlib, pathlib; from transport.bearer import demo_secret; sys.stdin.readline(); "
        "print(hashlib.sha256(demo_secret(pathlib.Path(sys.argv[1]))).hexdigest())"
    )
    root = Path(bearer.__file__).parents[2]
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path)],
            cwd=root,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    seen = {racer.communicate(timeout=60)[0].strip() for racer in racers}
    assert seen == {hashlib.sha256(path.read_bytes()).hexdigest()}
    assert os.listdir(tmp_path) == ["secret"]


def damage_short(path: Path) -> None:
    path.write_bytes(b"x")
    path.chmod(0o600)


def damage_long(path: Path) -> None:
    path.write_bytes(bytes(33))
    path.chmod(0o600)


def damage_mode(path: Path) -> None:
    path.write_bytes(bytes(32))
    path.chmod(0o640)


def damage_directory(path: Path) -> None:
    path.mkdir()


def damage_fifo(path: Path) -> None:
    os.mkfifo(path, 0o600)


def damage_link(path: Path) -> None:
    target = path.with_name("elsewhere")
    target.write_bytes(bytes(32))
    target.chmod(0o600)
    path.symlink_to(target)


def damage_dangling_link(path: Path) -> None:
    path.symlink_to(path.with_name("nowhere"))


@pytest.mark.parametrize(
    "damage",
    [damage_short, damage_long, damage_mode, damage_directory, damage_fifo, damage_link, damage_dangling_link],
)
def test_secret_file_that_cannot_be_trusted_is_refused(tmp_path: Path, damage: Callable[[Path], None]) -> None:
    path = tmp_path / "secret"
    damage(path)
    with pytest.raises(SecretFileError, match="remove it, and a new"):
        bearer.demo_secret(path)
