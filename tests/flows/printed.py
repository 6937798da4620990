"""What is promised in print, as data: the README's queries and settings, and the workbench's worked queries."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import app as application
import settings
from transport.workbench import WorkedQuery, worked_queries

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


QUERIES = worked_queries(README.parent / "graphiql" / "queries")


def written_for(query: WorkedQuery) -> tuple[str, str | None]:
    """The tenant and the person that the comment of a worked query names, as the page reads it."""
    tenant, who = (re.search(rf"^# {word}: (\S+)$", query.query, re.M) for word in ("tenant", "as"))
    return application.DEMO_TENANT if tenant is None else tenant[1], None if who is None else who[1]


def settings_table() -> str:
    """The table of settings as the README shall show it."""
    rows = [f"| `{name}` | {default} | {words} |" for name, default, words in settings.table()]
    return "\n".join(["| variable | default | what it does |", "| --- | --- | --- |", *rows]) + "\n"


def printed_settings() -> str:
    """The table of settings as the README shows it."""
    match = _SETTINGS.search(README.read_text())
    assert match is not None
    return match.group()
