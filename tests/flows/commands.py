"""The commands as tests run them: in this process, or as one of their own."""

import os
import subprocess
import sys
from dataclasses import dataclass

from typer.testing import CliRunner

import boot
import cli

WAIT_S = 100


@dataclass(frozen=True)
class Done:
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


def run(*words: str, **settings: str) -> Done:
    """A command in this process: a process of its own for each costs a second and shows nothing more."""
    environment = {"NO_COLOR": "1", "COLUMNS": "200", **settings}
    result = CliRunner().invoke(cli.cli, list(words), env=environment)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Done(result.exit_code, result.stdout, result.stderr)


def process(*words: str, **settings: str) -> Done:
    """A command as a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "cli", *words],
        cwd=boot.PROJECT,
        env={**os.environ, "NO_COLOR": "1", "COLUMNS": "200", **settings},
        capture_output=True,
        text=True,
        timeout=WAIT_S,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
