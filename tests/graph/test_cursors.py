"""A cursor that a connection gave out is one it takes back, whatever script its codes are written in."""

import pytest

import boot
from loaders.paging import AtHand, Keyed, KeyPart
from resolvers.paging import CURSOR_CHARS, cursor_of, page_request
from tests.conftest import TenantFacts
from tests.graph.client import GraphClient
from tests.graph.paging import walk
from tests.graph.scratch import changed

HAN = "汉" * 99
CATEGORIES = """
query ($after: String) { categories(first: 1, after: $after) { nodes { code } pageInfo { endCursor hasNextPage } } }
"""


async def test_codes_of_a_hundred_han_characters_are_paged_through(
    access: boot.Access, iowa: TenantFacts, graph: GraphClient
) -> None:
    wanted = [HAN + mark for mark in ("一", "丁", "七")]  # in the order of their code points
    write = "INSERT INTO category (tenant_id, id, code, name) SELECT $1, gen_random_uuid(), unnest($2::text[]), 'long'"
    undo = "DELETE FROM category WHERE tenant_id = $1 AND code = ANY ($2)"
    async with changed(access, iowa, [(write, [wanted])], [(undo, [wanted])]):
        nodes = await walk(graph, CATEGORIES, ("categories",), None)
    assert [node["code"] for node in nodes if node["code"].startswith(HAN)] == wanted


class Cut(Keyed):
    """An item of two codes."""

    def __init__(self, *key: KeyPart) -> None:
        self._key = key

    @property
    def key(self) -> tuple[KeyPart, ...]:
        return self._key


@pytest.mark.parametrize("character", ["x", "汉", "😀", '"', "\x01"])
def test_the_longest_codes_fit_into_a_cursor(character: str) -> None:
    key = (character * 100, character * 100)
    assert page_request(AtHand(str, str), 1, cursor_of(Cut(*key))).after == key


def test_a_cursor_is_as_long_as_two_codes_need() -> None:
    assert (CURSOR_CHARS, len(cursor_of(Cut("\x01" * 100, "\x01" * 100)))) == (1733, 1610)
