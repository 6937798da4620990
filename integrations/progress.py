"""How far an import is: bars on a terminal, plain lines elsewhere, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars


class Advance(Protocol):
    """The running step's own counter."""

    def to(self, done: int, total: int) -> None:
        """So much is done, of so much in all."""
        ...

    def by(self, amount: int) -> None:
        """So much more is done."""
        ...


class Progress(Protocol):
    """Where steps are shown."""

    def step(self, words: str, total: int) -> AbstractContextManager[Advance]:
        """Enter a step of `total` units."""
        ...


class _Unseen:
    def to(self, done: int, total: int) -> None:
        """Nobody looks."""

    def by(self, amount: int) -> None:
        """Nobody looks."""


class Silent:
    """Shows nothing."""

    @contextmanager
    def step(self, words: str, total: int) -> Iterator[Advance]:
        """A step nobody sees."""
        yield _Unseen()


class _Bar:
    def __init__(self, bars: Bars, words: str, total: int) -> None:
        self._bars, self._task = bars, bars.add_task(words, total=total)

    def to(self, done: int, total: int) -> None:
        """Move the bar."""
        self._bars.update(self._task, completed=done, total=total)

    def by(self, amount: int) -> None:
        """Move the bar on."""
        self._bars.advance(self._task, amount)

    def finish(self) -> None:
        """The total was an estimate: what is done is all."""
        done = self._bars.tasks[self._task].completed
        self._bars.update(self._task, total=max(done, 1), completed=max(done, 1))


class Shown:
    """Bars on `console`, one a step; a line a step where the console is no terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def step(self, words: str, total: int) -> Iterator[Advance]:
        """Show a step until it ends."""
        if not self._console.is_terminal:
            self._console.print(f"{words} …", highlight=False)
            yield _Unseen()
            return
        columns = (TextColumn("{task.description:<18}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
        with Bars(*columns, console=self._console) as bars:
            bar = _Bar(bars, words, total)
            yield bar
            bar.finish()
