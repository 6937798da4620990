"""What the README has one type into a shell, the sale and single requests: from `serve` on a database of its own."""

import asyncio
import itertools
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import boot
from embedded import Server
from tests.flows.printed import README, alone
from tests.flows.started import Serving
from tests.templates import run_sql

pytestmark = pytest.mark.timeout(240)
_SALE = re.compile(r"(?<=<!-- sale -->\n).*?(?=<!-- /sale -->)", re.S)
_STEP = re.compile(r"```sh\n(?P<commands>.*?)```\n```json\n(?P<answers>.*?)```", re.S)
_NAMES = re.compile(r"(?<=order_)[0-9a-f]{32}|(?<=/pages/)[\w-]+")
"""What is another each time: printed as …"""
_numbers = itertools.count()


def steps() -> list[tuple[str, list[Any]]]:
    """The commands of each step, and what is printed below them."""
    match = _SALE.search(README.read_text())
    assert match is not None
    return [(step["commands"], list(values(step["answers"]))) for step in _STEP.finditer(match.group())]


def values(text: str) -> Iterator[Any]:
    """JSON values, one after another."""
    decoder, text = json.JSONDecoder(), text.strip()
    while text:
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:].strip()


@pytest.fixture
def database(cluster: Server, full_template: str) -> Iterator[str]:
    """The demo, to be changed."""
    name = f"fresh_{os.getpid()}_sale_{next(_numbers)}"
    asyncio.run(run_sql(cluster, f'CREATE DATABASE "{name}" OWNER "{boot.OWNER}" TEMPLATE "{full_template}"'))
    yield boot.embedded_access(cluster, name).owner
    asyncio.run(run_sql(cluster, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def test_the_sale_of_the_readme_goes_as_printed(database: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    settings = {
        "DATABASE_URL": database,
        "PORT": port,
        "MILLRACE_GATEWAY_SECRETS": "g" * 32,
    }
    serving = Serving(tmp_path, **settings)
    try:
        serving.url()
        told = taken([*steps(), *((command, []) for command in alone())], tmp_path, **settings)
    finally:
        serving.kill(15)
    answered_alone([json.loads(text)["data"] for text in told[len(steps()) :]])
    for (commands, answers), said in zip(steps(), told, strict=False):
        printed = json.loads(json.dumps(answers).replace(":8000", f":{port}"))
        assert list(values(_NAMES.sub("…", said))) == printed, commands


def answered_alone(answers: list[Any]) -> None:
    """The list of stores, the hold, the same list of the other tenant, and an entity as a gateway asks for it."""
    stores, held, others, entities = answers
    assert (stores["stores"]["totalCount"], len(stores["stores"]["nodes"])) == (1_244, 3)
    hold = held["holdStock"]
    assert (hold["state"], [line["quantity"] for line in hold["lines"]]) == ("HELD", [2])
    assert {node["region"]["name"] for node in others["stores"]["nodes"]} == {"西湖区"}
    assert entities == {"_entities": [{"name": "Keokuk Spirits", "city": "KEOKUK"}]}


def taken(steps: list[tuple[str, list[Any]]], home: Path, **settings: str) -> list[str]:
    """What each step says, all of them in one shell. `make` needs the checkout's own environment; this one will do."""
    made = f"""make() {{
        kept="$DATA_DIR/token-$(echo "$3" | tr / -)"
        [ -s "$kept" ] || {sys.executable} -m cli token "${{3#AS=}}" > "$kept"
        cat "$kept"
    }}"""
    script = "\necho ======\n".join([made, *(commands for commands, _ in steps)])
    done = subprocess.run(
        ["sh", "-c", script.replace(":8000", f":{settings['PORT']}")],
        cwd=boot.PROJECT,
        env={**os.environ, "DATA_DIR": str(home), **settings},
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    return done.stdout.split("======\n")[1:]


def test_the_sale_has_its_steps() -> None:
    assert [len(answers) for _, answers in steps()] == [1, 3, 5, 8, 2]
