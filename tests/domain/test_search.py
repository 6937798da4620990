"""Words and their order: what a sku is found by, what is looked for, and how far one is from the other."""

import unicodedata
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from domain.search import (
    CODE,
    ELSEWHERE,
    FIELD_CHARS,
    MAX_TOKENS,
    TEXT_CHARS,
    WHOLE,
    WORD_CHARS,
    Goods,
    Query,
    ask,
    distance,
    of_tenant,
    tokens,
)
from tests.proof import size

pytestmark = pytest.mark.prove
TENANT = UUID(int=7)
VODKA = Goods(
    "Tito's Handmade Vodka", "Tito's Handmade Vodka 750 ml", "43337", None, "Fifth Generation Inc", "American Vodkas"
)
WATER = Goods("农夫山泉 饮用水", "农夫山泉·饮用水550ml×12", "NF-001", "6 901234 567892", "清泉饮品", "饮用水")
COLA = Goods("Coca-Cola 可口可乐", "可口可乐1.25L", "c3", "", "可乐公司", None)
drawn = settings(derandomize=True, deadline=None, max_examples=size(150, 20_000))
names = st.text(st.sampled_from("可口乐百事水Ab c-'.·75０ｍé") | st.characters(), max_size=40)


def goods(name: str, code: str = "0", brand: str = "brand") -> Goods:
    return Goods(name, name, code, None, brand, None)


def far(text: str, what: Goods) -> int | None:
    query = ask(text)
    assert query is not None
    return distance(query, tokens(TENANT, what))


@pytest.mark.parametrize(
    ("text", "what", "wanted"),
    [
        ("43337", VODKA, 0),
        ("nf-001", WATER, 0),
        ("NF001", WATER, 0),
        ("6901234567892", WATER, 0),
        ("6 901234 567892", WATER, 0),
        ("C3", COLA, 0),
        ("vodka", VODKA, CODE),
        ("VODKA handmade", VODKA, CODE),
        ("titos", VODKA, CODE),
        ("tito's", VODKA, CODE),
        ("750ml", VODKA, CODE),
        ("750 ML", VODKA, CODE),
        ("７５０ｍｌ", VODKA, CODE),
        ("550ml", WATER, CODE),
        ("550 ml", WATER, CODE),
        ("1.25l", COLA, CODE),
        ("1.25 L", COLA, CODE),
        ("1.25", COLA, CODE),
        ("cocacola", COLA, CODE),
        ("coca cola", COLA, CODE),
        ("可口可乐", COLA, CODE),
        ("饮用水", WATER, CODE),
        ("vod", VODKA, CODE + WHOLE),
        ("4333", VODKA, CODE + WHOLE),
        ("vod handmade", VODKA, CODE + WHOLE),
        ("vod hand", VODKA, CODE + 2 * WHOLE),
        ("可乐", COLA, CODE + WHOLE),
        ("可", COLA, CODE + WHOLE),
        ("山泉", WATER, CODE + WHOLE),
        ("农夫山泉饮用水", WATER, CODE + WHOLE),
        ("饮用水550", WATER, CODE),
        ("american", VODKA, CODE + ELSEWHERE),
        ("amer vodka", VODKA, CODE + WHOLE + ELSEWHERE),
        ("清泉饮品", WATER, CODE + 2 * ELSEWHERE),  # the pair over the gap in the name is in it too
        ("饮品", WATER, CODE + WHOLE + ELSEWHERE),
    ],
)
def test_how_far_a_sku_is(text: str, what: Goods, wanted: int) -> None:
    assert far(text, what) == wanted


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("odka", VODKA),  # the middle of a word is no beginning
        ("vodka gin", VODKA),  # every word must be there
        ("vodkas handmadest", VODKA),
        ("7500", VODKA),
        ("乐可", COLA),  # a pair is in order
        ("可乐水", COLA),
        ("百事可乐", COLA),
        ("农夫水", WATER),
        ("農夫", WATER),  # traditional and simplified are two
        ("=vodka x", VODKA),
        ("/0", VODKA),
    ],
)
def test_what_does_not_find_a_sku(text: str, what: Goods) -> None:
    assert far(text, what) is None


@pytest.mark.parametrize(
    "text", ["", " ", "!!!", "。，、", "👨‍👩‍👧", "\u202e\u200b", "\u0301", "-.-", "%_\\", "'\"`", "\0", "\ud800", "🇨🇳"]
)
def test_nothing_to_look_for(text: str) -> None:
    assert ask(text) is None


def test_the_marks_of_a_word_do_not_reach_the_tokens() -> None:
    query = ask("#43337 =vodka ~x /y")
    assert query is not None
    assert query.needed == ("43337", "vodka", "x", "y")


def test_the_parts_of_a_query() -> None:
    assert ask("可口可乐 750ml") == Query(
        needed=("可口", "口可", "可乐", "750ml"),
        marks=("#可口可乐750ml", "=可口可乐", "=750ml", "~可口", "~口可", "~可乐", "~750ml"),
        weights=(-CODE, -WHOLE, -WHOLE, *[ELSEWHERE] * 4),
        start=CODE + 2 * WHOLE,
    )


def test_the_order_of_what_is_found() -> None:
    shelf = {
        "code": goods("某物", code="可乐"),
        "whole": goods("可乐"),
        "whole, in the brand": goods("某物", brand="可乐"),
        "part": goods("可口可乐"),
        "part, in the brand": goods("某物", brand="百事可乐"),
    }
    assert {name: far("可乐", what) for name, what in shelf.items()} == {
        "code": 0,
        "whole": CODE,
        "whole, in the brand": CODE + ELSEWHERE,
        "part": CODE + WHOLE,
        "part, in the brand": CODE + WHOLE + ELSEWHERE,
    }


def test_what_is_kept_of_a_sku() -> None:
    assert tokens(TENANT, Goods("Ab", "可乐 5cl", "9", None, "Ab c", None)) == [
        of_tenant(TENANT),
        "#9",
        *("=ab", "a", "ab"),
        *("=5", "5", "=cl", "c", "cl", "=5cl", "5c", "5cl", "=可乐", "可", "乐", "可乐"),
        *("=9", "9"),
        # The brand's own: its first word and the beginning of its second are in the names already.
        "=c",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Straße", "STRASSE"),
        ("ﬁne", "fine"),
        ("Café", "cafe\u0301"),
        ("Co\u00adla", "cola"),
        ("קולה", "קול"),
        ("كولا زيرو", "زيرو"),
        ("नींबू पानी", "पानी"),
        ("コーラ", "ｺｰﾗ"),
        ("콜라 제로", "제로"),
        ("①号", "1号"),
        ("葛\U000e0100", "葛"),
        ("𠮷野家", "𠮷野"),
    ],
)
def test_words_of_any_script_and_width(name: str, text: str) -> None:
    assert far(text, goods(name)) is not None


def test_a_long_word_is_cut_and_found_by_what_is_left() -> None:
    long = "x" * WORD_CHARS
    assert far(long + "yz", goods(long + "ya")) == CODE
    assert far(long[1:], goods(long + "ya")) == CODE + WHOLE
    assert far("y" + long, goods(long)) is None


def test_only_the_beginning_of_a_name_is_read() -> None:
    name = "a " * (FIELD_CHARS // 2) + "vodka"
    assert far("a", goods(name)) == CODE
    assert far("vodka", goods(name)) is None


def test_a_hundred_of_one_character_are_one_pair() -> None:
    query = ask("水" * TEXT_CHARS)
    assert query is not None
    assert query.needed == ("水水",)
    assert distance(query, tokens(TENANT, goods("水水"))) == CODE + WHOLE


def test_what_normalising_makes_longer_is_cut() -> None:
    query = ask("\ufdfa" * TEXT_CHARS)  # one character that stands for eighteen
    assert query is not None
    assert sum(map(len, query.needed)) < TEXT_CHARS
    assert len(query.marks) == len(query.weights) < TEXT_CHARS


def test_a_sku_of_nothing_but_marks_has_the_tenant_s_token_alone() -> None:
    assert tokens(TENANT, Goods("!!!", "…", "-", "", "。", None)) == [of_tenant(TENANT)]


def test_the_tokens_of_two_tenants_share_all_but_one() -> None:
    ours, theirs = set(tokens(TENANT, WATER)), set(tokens(UUID(int=8), WATER))
    assert ours ^ theirs == {of_tenant(TENANT), of_tenant(UUID(int=8))}


@drawn
@given(*[names] * 6)
def test_tokens_keep_their_limits(product: str, sku: str, code: str, barcode: str, brand: str, category: str) -> None:
    kept = tokens(TENANT, Goods(product, sku, code, barcode, brand, category))
    assert 1 <= len(kept) == len(set(kept)) <= MAX_TOKENS
    # An index entry holds some 2,700 bytes; blanks part the tokens of an import.
    assert max(len(token.encode()) for token in kept) <= 4 * TEXT_CHARS + 1
    assert not [token for token in kept if not token or any(map(str.isspace, token))]


def test_the_most_tokens_that_texts_can_have_are_cut() -> None:
    worst = "".join(f"{chr(97 + place % 26)}{place}" for place in range(FIELD_CHARS))
    kept = tokens(TENANT, Goods(worst, worst[7:], worst[3:], worst[5:], worst[9:], worst[11:]))
    assert len(kept) == MAX_TOKENS
    assert kept[0] == of_tenant(TENANT)


@drawn
@given(names)
def test_a_name_finds_its_sku(name: str) -> None:
    kept = tokens(TENANT, goods(name))
    query = ask(name)
    assume(query is not None and len(kept) < MAX_TOKENS)
    assert query is not None
    found = distance(query, kept)
    assert found is not None
    assert 0 <= found <= CODE + WHOLE * len(query.needed)


@drawn
@given(st.text(st.sampled_from("可口乐百事水"), min_size=1, max_size=30), st.data())
def test_every_part_of_a_chinese_name_finds_it(name: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(name) - 1))
    part = name[start : data.draw(st.integers(start + 1, len(name)))]
    assert far(part, goods(name)) == CODE + (0 if part == name else WHOLE)


@drawn
@given(st.text(st.sampled_from("abcxyz"), min_size=1, max_size=40), st.text(st.sampled_from("abcxyz"), max_size=3))
def test_a_beginning_finds_a_word_and_a_whole_word_stands_above_it(word: str, more: str) -> None:
    kept = word[:WORD_CHARS]
    wanted = CODE if (word + more)[:WORD_CHARS] == kept else CODE + WHOLE
    assert far(word, goods("q " + word + more)) == wanted


@drawn
@given(st.text(max_size=TEXT_CHARS))
def test_any_text_is_a_query_or_none(text: str) -> None:
    query = ask(text)
    letters = [ch for ch in unicodedata.normalize("NFKC", text) if unicodedata.category(ch)[0] in "LN"]
    if query is None:
        assert letters == []
        return
    assert 1 <= len(query.needed) <= TEXT_CHARS
    assert query.start - CODE <= WHOLE * len(query.needed)
    assert all(token and token[0] not in "=~#/" for token in query.needed)
