"""What make hands to the commands: the words as they were given, and a sentence where one is missing."""

import subprocess
from pathlib import Path

import pytest

from boot import PROJECT


@pytest.fixture
def bin_dir(tmp_path: Path) -> Path:
    """In the place of the virtual environment: a python that prints what it is given, a word a line."""
    (tmp_path / "python").write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    (tmp_path / "python").chmod(0o755)
    (tmp_path / "stamp").touch()
    return tmp_path


def make(bin_dir: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = ["make", "-s", "-C", str(PROJECT), f"BIN={bin_dir}", f"STAMP={bin_dir}/stamp", *words]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, env={"PATH": "/usr/bin:/bin"})


@pytest.mark.parametrize(
    ("words", "given"),
    [
        (["token", "AS=store:2191/clerk"], ["token", "--", "store:2191/clerk"]),
        (["token", "AS=admin", "TENANT=acme"], ["token", "--tenant", "acme", "--", "admin"]),
        (["token", 'AS=it\'s; $$(touch x) "y"'], ["token", "--", 'it\'s; $(touch x) "y"']),
        (["token", "AS=-x y", "TENANT=o'neill's"], ["token", "--tenant", "o'neill's", "--", "-x y"]),
        (["import", "FILE=joe's file.csv", "TENANT=acme"], ["import", "--tenant", "acme", "--", "joe's file.csv"]),
        (
            ["import", "FILE=a.csv", "TENANT=acme", 'OPTIONS=--name "Joe\'s bar" --demo'],
            ["import", "--tenant", "acme", "--name", "Joe's bar", "--demo", "--", "a.csv"],
        ),
        (["token", "AS=member:1", "CLIENT=shop web"], ["token", "--client", "shop web", "--", "member:1"]),
        (["tenant", "CODE=acme"], ["tenant", "--", "acme"]),
        (
            ["tenant", "CODE=acme", "NAME=Joe's", "REGIONS=a b.csv", "OPTIONS=--currency USD"],
            ["tenant", "--name", "Joe's", "--regions", "a b.csv", "--currency", "USD", "--", "acme"],
        ),
        (["documents", "DIR=joe's shop"], ["documents", "--", "joe's shop"]),
        (["documents", "DIR=web", "TENANT=acme"], ["documents", "--tenant", "acme", "--", "web"]),
        (["stored-only", "CLIENT=it's"], ["stored-only", "--", "it's"]),
        (
            ["stored-only", "CLIENT=web", "TENANT=acme", "OFF=1"],
            ["stored-only", "--tenant", "acme", "--off", "--", "web"],
        ),
        (["stored-only", "CLIENT=web", "OFF=0"], ["stored-only", "--", "web"]),
    ],
)
def test_make_hands_on_what_it_is_given(bin_dir: Path, words: list[str], given: list[str]) -> None:
    done = make(bin_dir, *words)
    assert (done.returncode, done.stdout.splitlines()) == (0, ["-m", "cli", *given])


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["token"], "A token for whom? make -s token AS=store:2191/clerk\n"),
        (["token", "TENANT=acme"], "A token for whom?"),
        (["import"], "Which file, as which tenant? make import FILE=invoices.csv.gz TENANT=acme\n"),
        (["import", "TENANT=acme"], "Which file"),
        (["import", "FILE=a.csv"], "as which tenant?"),
        (["tenant", "NAME=Acme"], "Which tenant? make tenant CODE=acme NAME=Acme\n"),
        (["documents"], "Which folder? make documents DIR=storefront TENANT=acme\n"),
        (["stored-only", "TENANT=acme"], "Which client? make stored-only CLIENT=web TENANT=acme\n"),
    ],
)
def test_make_says_what_is_missing(bin_dir: Path, words: list[str], says: str) -> None:
    done = make(bin_dir, *words)
    assert done.returncode != 0
    assert done.stdout == ""
    assert says in done.stderr


def test_workers_given_to_make_reach_the_server(bin_dir: Path) -> None:
    (bin_dir / "python").write_text('#!/bin/sh\necho "$@ $WORKERS"\n')
    assert make(bin_dir, "serve", "WORKERS=2").stdout == "-m cli serve 2\n"
