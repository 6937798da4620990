"""The README's promises as data: its queries with their answers, and its table of settings."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import settings

README = Path(settings.__file__).parent / "README.md"
_EXAMPLE = re.compile(
    r"<!-- query(?: as (?P<who>\S+))? -->\n```graphql\n(?P<query>.*?)```\n<!-- answer -->\n```json\n(?P<answer>.*?)```",
    re.S,
)
_SETTINGS = re.compile(r"(?<=<!-- settings -->\n).*?(?=<!-- /settings -->)", re.S)


@dataclass(frozen=True)
class Example:
    """A query of the README, who asks it, and the answer printed below it."""

    who: str | None
    query: str
    answer: Any


def examples() -> Iterator[Example]:
    """Every query that has an answer printed, in the README's order."""
    for match in _EXAMPLE.finditer(README.read_text()):
        yield Example(match["who"], match["query"], json.loads(match["answer"]))


def settings_table() -> str:
    """The table of settings as the README shall show it."""
    rows = [f"| `{name}` | {default} | {words} |" for name, default, words in settings.table()]
    return "\n".join(["| variable | default | what it does |", "| --- | --- | --- |", *rows]) + "\n"


def printed_settings() -> str:
    """The table of settings as the README shows it."""
    match = _SETTINGS.search(README.read_text())
    assert match is not None
    return match.group()
