"""What the kernel and the database's own log say of a run: processor time, memory, statements."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg

import boot
from embedded import Server

TICK_S = 1 / os.sysconf("SC_CLK_TCK")
RESET_PEAK = "5"
SENT = re.compile(rb"LOG:  (?:execute [^:]*|statement): (.*)")
BOUNDARY = re.compile(rb"\s*(BEGIN|COMMIT|ROLLBACK|SET |SELECT set_config)", re.I)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/pid/stat from the state on; the name before them may hold anything."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used, its threads together."""
    fields = _stat(pid)
    return (int(fields[11]) + int(fields[12])) * TICK_S


def reset_peak(pid: int) -> None:
    """Forget the most memory that a process has had so far."""
    Path(f"/proc/{pid}/clear_refs").write_text(RESET_PEAK)


def peak_mb(pid: int) -> float:
    """The most resident memory that a process has had."""
    text = Path(f"/proc/{pid}/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", text)
    return int(found[1]) / 1024 if found else 0.0


@dataclass(frozen=True)
class Cluster:
    """The processes and the log of the benchmark's PostgreSQL."""

    server: Server
    home: Path

    def pids(self) -> list[int]:
        """The postmaster and everything it has started."""
        postmaster = int((self.home / "pg" / "postmaster.pid").read_text().split()[0])
        found = [postmaster]
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdecimal() and int(_stat(int(entry.name))[1]) == postmaster:
                    found.append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError):
                continue  # it has just ended
        return found

    def cpu_s(self) -> float:
        """Seconds of processor time of all of them; what has ended counts with the postmaster's children."""
        postmaster, *others = self.pids()
        fields = _stat(postmaster)
        total = sum(int(fields[place]) for place in (11, 12, 13, 14)) * TICK_S
        for pid in others:
            try:
                total += cpu_s(pid)
            except (FileNotFoundError, ProcessLookupError):
                continue
        return total

    def bind(self, cores: set[int]) -> None:
        """Keep them to these cores: what is started later inherits it."""
        for pid in self.pids():
            with suppress(ProcessLookupError):  # it has just ended
                os.sched_setaffinity(pid, cores)

    async def log_statements(self, on: bool) -> None:
        """Have the database write every statement to its log, or stop it."""
        connection = await asyncpg.connect(self.server.dsn(boot.SUPERUSER, boot.SUPERUSER))
        try:
            await connection.execute(
                "ALTER SYSTEM SET log_statement = 'all'" if on else "ALTER SYSTEM RESET log_statement"
            )
            await connection.execute("SELECT pg_reload_conf()")
        finally:
            await connection.close()


@dataclass(frozen=True)
class Log:
    """The database's log, from a place on."""

    path: Path
    start: int

    @classmethod
    def here(cls, path: Path) -> "Log":
        """From its present end on."""
        return cls(path, path.stat().st_size)

    def sent(self) -> tuple[int, int]:
        """How many statements reached the database since, and how many trips it took with BEGIN, SET and COMMIT."""
        with self.path.open("rb") as log:
            log.seek(self.start)
            texts = [found[1] for line in log if (found := SENT.search(line))]
        return sum(not BOUNDARY.match(text) for text in texts), len(texts)
