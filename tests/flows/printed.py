"""What is promised in print, as data: the README's queries, commands and settings, the workbench's worked queries."""

import json
import re
import shlex
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
_ALONE = re.compile(r"^curl -s localhost:8000/.*\n(?: {5}.*\n)*", re.M)
_ASKED = re.compile(r"for who in (?P<people>.*?);|\bask (?P<who>\S+) '(?P<text>(?:[^']|'\$order')*)'")
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


@dataclass(frozen=True)
class Sent:
    """A document that a command of the README sends, and who sends it; an order that it is about is `$order` in it."""

    text: str
    people: tuple[str | None, ...]
    variables: dict[str, Any]
    tenant: str = application.DEMO_TENANT
    address: str = "/graphql"

    @property
    def acts(self) -> bool:
        """Whether it is a mutation."""
        return self.text.startswith("mutation")


def alone() -> list[str]:
    """The requests beside the sale. What names a stored document is not among them: it stands on the line before."""
    return [command for command in _ALONE.findall(README.read_text()) if "$hash" not in command]


def sent_alone() -> Iterator[Sent]:
    """What those requests send."""
    for command in alone():
        words = shlex.split(command)
        body = json.loads(words[words.index("-d") + 1])
        who, tenant = (re.search(pattern, command) for pattern in (r"AS=([^)]+)", r"Millrace-Tenant: (\w+)"))
        yield Sent(
            body["query"],
            (who and who[1],),
            body.get("variables", {}),
            tenant[1] if tenant else application.DEMO_TENANT,
            words[2].removeprefix("localhost:8000"),
        )


def sent_for_the_sale() -> Iterator[Sent]:
    """What the sale sends, in its order; what a loop asks is sent by all whom it goes through."""
    people: tuple[str, ...] = ()
    for match in _ASKED.finditer(README.read_text()):
        if match["people"]:
            people = tuple(match["people"].split())
        else:
            text = match["text"].replace("'$order'", "$order")
            yield Sent(text, people if match["who"] == "$who" else (match["who"],), {})


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
