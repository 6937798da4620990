"""How a wholesale invoice file is opened and read.

Owns the file's form (semicolon-separated, 24 columns, UTF-8, plain or gzip), its limits and the report on a broken
file. What irregular but readable rows mean is decided in `integrations.wholesale.gathering`.

The file is read as a stream and answered as a whole: a `Ledger`, or `BrokenFile` with what is wrong and where. Nothing
is half read.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from integrations.wholesale.fields import COLUMNS, HEADINGS, NAME_POSITIONS, BadField, faults_of, read_row
from integrations.wholesale.gathering import Gathering
from integrations.wholesale.ledger import Ledger

MAX_FILE_BYTES: Final = 1024**3
MAX_TEXT_BYTES: Final = 2 * 1024**3
MAX_LINE_BYTES: Final = 8_192
MAX_LINES_A_ROW: Final = 8
MAX_ROWS: Final = 1_000_000
"""A row takes about 0.8 KB of memory and 30 µs, so a file of this size takes 0.8 GB and half a minute."""
MAX_PROBLEMS: Final = 20
PROGRESS_EVERY_ROWS: Final = 500
_GZIP_MAGIC: Final = b"\x1f\x8b"
_BOM: Final = "\ufeff"

Progress = Callable[[int, int], None]
"""Told (bytes read, bytes of the file) as reading goes on; the last call has both equal."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file. `line` counts from 1, 0 is the file as a whole; `column` is a heading or empty."""

    line: int
    column: str
    message: str

    def __str__(self) -> str:
        """The problem in one line of text."""
        place = f"line {self.line}" if self.line else "file"
        return f"{place}, {self.column}: {self.message}" if self.column else f"{place}: {self.message}"


class BrokenFile(Exception):
    """The file is not of the form; `problems` has the first `MAX_PROBLEMS` things wrong, in the order of the file."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)


class _Stop(Exception):
    """Reading cannot go on behind this problem."""

    def __init__(self, line: int, message: str, column: str = "") -> None:
        super().__init__(message)
        self.problem = Problem(line, column, message)


def _silent(done: int, total: int) -> None:
    """Tell nobody."""


def read(path: Path, progress: Progress = _silent) -> Ledger:
    """Read a whole wholesale invoice file.

    Args:
        path: a `.csv` or `.csv.gz` file of the form; gzip is recognised by its content.
        progress: told how far reading is, in bytes of the file on disk.

    Returns:
        The ledger, with a report of every irregular row.

    Raises:
        BrokenFile: the file cannot be read, is not of the form, or goes beyond a limit named in this module.
    """
    try:
        with path.open("rb") as file:
            total = file.seek(0, io.SEEK_END)
            file.seek(0)
            if total > MAX_FILE_BYTES:
                raise BrokenFile([Problem(0, "", f"The file has more than {MAX_FILE_BYTES:,} bytes.")])
            ledger = _Reading(path.name, file, lambda: progress(file.tell(), total)).ledger()
            progress(total, total)
            return ledger
    except OSError as error:
        raise BrokenFile([Problem(0, "", f"The file cannot be read: {error.strerror or error}.")]) from error


class _Reading:
    """The reading of one open file."""

    def __init__(self, name: str, file: BinaryIO, tick: Callable[[], None]) -> None:
        self._name = name
        self._file = file
        self._tick = tick
        self._line = 0
        self._row_start = 1
        self._problems: list[Problem] = []
        self._gathering = Gathering()

    def ledger(self) -> Ledger:
        """Everything in the file, or `BrokenFile`."""
        try:
            kept = self._read_rows()
            if not kept and not self._problems:
                raise _Stop(0, "The file holds no purchase.")
        except _Stop as stop:
            self._problems.append(stop.problem)
        if self._problems:
            raise BrokenFile(self._problems[:MAX_PROBLEMS])
        return self._gathering.ledger()

    def _read_rows(self) -> bool:
        """Gather every row; whether one was kept."""
        rows = self._split(self._text_lines())
        start, header = next(rows, (0, []))
        _check_header(start, header)
        for count, (start, texts) in enumerate(rows, 1):
            if count > MAX_ROWS:
                raise _Stop(start, f"The file has more than {MAX_ROWS:,} rows.")
            if count % PROGRESS_EVERY_ROWS == 0:
                self._tick()
            self._take(start, texts)
            if len(self._problems) >= MAX_PROBLEMS:
                break
        return self._gathering.any_kept

    def _take(self, start: int, texts: list[str]) -> None:
        if len(texts) != len(COLUMNS):
            self._problems.append(Problem(start, "", f"The row has {len(texts)} columns instead of {len(COLUMNS)}."))
            return
        try:
            row = read_row(texts)
        except BadField:
            self._problems.extend(Problem(start, heading, message) for heading, message in faults_of(texts))
            return
        if not self._problems:
            self._gathering.add(row, any(row[place] != texts[place] for place in NAME_POSITIONS))

    def _split(self, lines: Iterator[str]) -> Iterator[tuple[int, list[str]]]:
        """The rows of the file, each with the number of its first line. Empty lines are no rows."""
        reader = csv.reader(lines, delimiter=";", strict=True)
        while True:
            try:
                texts = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                reason = str(error).partition(" - ")[0]
                raise _Stop(self._row_start, f"The quotes or separators are broken: {reason}.") from error
            if texts:
                yield self._row_start, texts
            self._row_start = self._line + 1

    def _text_lines(self) -> Iterator[str]:
        """The lines of the file as text, unpacked and within the limits."""
        source = self._unpacked()
        read_bytes = 0
        while True:
            raw = self._next_line(source)
            if not raw:
                return
            self._line += 1
            read_bytes += len(raw)
            if self._line - self._row_start >= MAX_LINES_A_ROW:
                raise _Stop(
                    self._row_start, f"The row goes over more than {MAX_LINES_A_ROW} lines: a quote is not closed."
                )
            if len(raw) > MAX_LINE_BYTES:
                raise _Stop(self._line, f"The line has more than {MAX_LINE_BYTES:,} bytes.")
            if read_bytes > MAX_TEXT_BYTES:
                raise _Stop(self._line, f"The file has more than {MAX_TEXT_BYTES:,} bytes unpacked.")
            try:
                text = raw.decode("utf-8")
            except UnicodeDecodeError as error:
                raise _Stop(self._line, f"Byte {error.start + 1} of the line is not UTF-8.") from error
            yield text.removeprefix(_BOM) if self._line == 1 else text

    def _next_line(self, source: BinaryIO | gzip.GzipFile) -> bytes:
        try:
            return source.readline(MAX_LINE_BYTES + 1)
        except EOFError as error:
            raise _Stop(self._line + 1, "The gzip file is cut off.") from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise _Stop(self._line + 1, f"The gzip file is damaged: {error}.") from error

    def _unpacked(self) -> BinaryIO | gzip.GzipFile:
        packed = self._file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
        self._file.seek(0)
        if packed:
            # No buffer around it: filling one would lose the lines that come before the place where the file breaks.
            return gzip.GzipFile(fileobj=self._file)
        if self._name.endswith(".gz"):
            raise _Stop(0, "The file is called .gz but is not a gzip file.")
        return self._file


def _check_header(line: int, texts: list[str]) -> None:
    found = [text.strip() for text in texts]
    if found == list(HEADINGS):
        return
    if not found:
        raise _Stop(0, "The file is empty.")
    if len(found) != len(HEADINGS):
        raise _Stop(line, f"The header has {len(found)} columns separated by semicolons; {len(HEADINGS)} are expected.")
    place = next(i for i, (is_, should) in enumerate(zip(found, HEADINGS, strict=True)) if is_ != should)
    raise _Stop(line, f"Column {place + 1} is headed {found[place][:40]!a}.", HEADINGS[place])
