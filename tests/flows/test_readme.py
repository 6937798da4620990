"""What the README prints is what the server answers."""

import pytest

from tests.flows.printed import Example, examples, printed_settings, settings_table
from tests.graph.client import GraphClient

EXAMPLES = list(examples())


def test_the_readme_has_its_examples() -> None:
    assert [example.who for example in EXAMPLES] == [
        None,
        None,
        "member:46",
        "store:2191/clerk",
        "distributor:56/salesperson",
        "partner:1",
        "brand:260/analyst",
    ]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.who or "nobody")
async def test_a_query_of_the_readme_answers_as_printed(graph: GraphClient, example: Example) -> None:
    answered = await graph.ask(example.query, by=example.who)
    assert answered.errors == []
    assert {"data": answered.data} == example.answer


def test_the_readme_lists_every_setting() -> None:
    assert printed_settings() == settings_table()
