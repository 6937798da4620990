"""Wholesale files of any content: exact fields, irregular rows by one rule each, broken files with line and column."""

from __future__ import annotations

import gzip
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo.iowa import SAMPLE
from integrations.wholesale import fields, reading
from integrations.wholesale.channel import channel_of
from integrations.wholesale.fields import HEADINGS, BadField, Point
from integrations.wholesale.ledger import MEANING, County, Item, Ledger, Rule, Store, Vendor
from integrations.wholesale.reading import BrokenFile, Problem, read

REGULAR = {
    "Invoice/Item Number": "S29198800001",
    "Date": "11/20/2015",
    "Store Number": "2191",
    "Store Name": "Keokuk Spirits",
    "Address": "1013 MAIN",
    "City": "KEOKUK",
    "Zip Code": "52632",
    "Store Location": "1013 MAIN\tKEOKUK 52632\t(40.39978, -91.387531)",
    "County Number": "56.0",
    "County": "Lee",
    "Category": "1031080.0",
    "Category Name": "VODKA 80 PROOF",
    "Vendor Number": "255",
    "Vendor Name": "Wilson Daniels Ltd.",
    "Item Number": "297",
    "Item Description": "Templeton Rye w/Flask",
    "Pack": "6",
    "Bottle Volume (ml)": "750",
    "State Bottle Cost": "$18.09",
    "State Bottle Retail": "$27.14",
    "Bottles Sold": "6",
    "Sale (Dollars)": "$162.84",
    "Volume Sold (Liters)": "4.5",
    "Volume Sold (Gallons)": "1.19",
}
NOTHING_IRREGULAR: dict[Rule, tuple[int, int]] = {}


def row(number: int = 1, **changes: str) -> dict[str, str]:
    """A regular row with another invoice and some columns changed; `_` in a keyword stands for a space."""
    changed = {name.replace("_", " "): value for name, value in changes.items()}
    assert changed.keys() <= REGULAR.keys()
    return REGULAR | {"Invoice/Item Number": f"S{number:06}00001"} | changed


def text_of(*rows: dict[str, str]) -> str:
    def line(values: list[str]) -> str:
        return ";".join('"' + value.replace('"', '""') + '"' for value in values) + "\n"

    return ";".join(HEADINGS) + "\n" + "".join(line(list(values.values())) for values in rows)


@pytest.fixture
def ledger_of(tmp_path: Path) -> Callable[..., Ledger]:
    def of(*rows: dict[str, str]) -> Ledger:
        path = tmp_path / "invoices.csv"
        path.write_text(text_of(*rows), encoding="utf-8")
        return read(path)

    return of


@pytest.fixture
def problems_of(tmp_path: Path) -> Callable[..., list[str]]:
    def of(content: str | bytes, name: str = "invoices.csv") -> list[str]:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        with pytest.raises(BrokenFile) as broken:
            read(path)
        return [str(problem) for problem in broken.value.problems]

    return of


def found(ledger: Ledger) -> dict[Rule, tuple[int, int]]:
    return {finding.rule: (finding.rows, finding.subjects) for finding in ledger.report.findings}


# Fields


@pytest.mark.parametrize(
    ("text", "cents"), [("$18.09", 1_809), ("$0.00", 0), ("$0.07", 7), ("$9999999999.99", 999_999_999_999)]
)
def test_money_is_exact_cents(text: str, cents: int) -> None:
    assert fields.money(text) == cents


@pytest.mark.parametrize(
    "text",
    ["", "18.09", "$18.9", "$18", "$18.095", "$1,018.09", "$-1.00", "-$1.00", "$ 1.00", "$１.00", "$1e3.00", "NaN"],
)
def test_money_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(BadField, match=r"is not an amount of the form \$18\.09"):
        fields.money(text)


def test_sales_may_be_negative() -> None:
    assert [fields.signed_money(text) for text in ("$1.50", "-$1.50", "$-1.50")] == [150, -150, -150]
    with pytest.raises(BadField):
        fields.signed_money("-$-1.50")


@pytest.mark.parametrize("text", ["", "0", "0.0", "-1", "56.5", "56.00", "1e3", "٣", "1234567890", " 56"])
def test_number_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(BadField):
        fields.number(text)


def test_numbers_may_carry_a_spreadsheets_decimal() -> None:
    assert [fields.number("56"), fields.number("56.0"), fields.number_or_none("")] == [56, 56, None]


@pytest.mark.parametrize("text", ["", "2015-11-20", "1/2/2015", "13/01/2015", "02/29/2015", "00/10/2015", "01/01/0000"])
def test_day_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(BadField):
        fields.day(text)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("1013 MAIN\tKEOKUK 52632\t(40.39978, -91.387531)", Point(403_997_800, -913_875_310)),
        ("1013 MAIN\nKEOKUK 52632\n(40.39978, -91.387531)", Point(403_997_800, -913_875_310)),
        ("(-0.00000019, 180)", Point(-1, 1_800_000_000)),
        ("812 S 1ST AVE (REAR)\tIOWA CITY 52240\t", None),
        ("", None),
    ],
)
def test_point_is_exact(text: str, point: Point | None) -> None:
    assert fields.point(text) == point


@pytest.mark.parametrize("text", ["(91.0, 0.0)", "(0.0, 181.0)", "(40.1)", "(a, b)", "(40.1, -91.2", "(NaN, 1)"])
def test_point_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(BadField):
        fields.point(text)


@given(st.integers(0, 10**12 - 1))
def test_every_amount_survives_writing_and_reading(cents: int) -> None:
    assert fields.money(f"${cents // 100}.{cents % 100:02}") == cents


# Irregular rows, one rule each


def test_every_rule_is_stated() -> None:
    assert list(MEANING) == list(Rule)


def test_regular_row_is_counted_nowhere(ledger_of: Callable[..., Ledger]) -> None:
    ledger = ledger_of(row())
    assert found(ledger) == NOTHING_IRREGULAR
    assert ledger.vendors == (Vendor(255, "Wilson Daniels Ltd."),)
    assert ledger.counties == (County(56, "Lee"),)
    assert ledger.items == (Item(297, "Templeton Rye w/Flask", 255, 6, 750, 1_031_080),)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"Store_Name": " Keokuk  Spirits"}, Rule.SPACES_TIDIED),
        ({"Vendor_Name": ""}, Rule.NAME_MISSING),
        ({"Store_Name": "KEOKUK SPIRITS"}, Rule.NAME_CASE_VARIES),
        ({"Address": "1013 MAIN ST"}, Rule.NAME_VARIES),
        ({"Zip_Code": "52633"}, Rule.ATTRIBUTE_VARIES),
        ({"Store_Location": "(40.1, -91.1)"}, Rule.ATTRIBUTE_VARIES),
        ({"Vendor_Number": "256", "Vendor_Name": "Other"}, Rule.ATTRIBUTE_VARIES),
        ({"County_Number": "", "County": ""}, Rule.COUNTY_FROM_STORE),
        ({"Category": "", "Category_Name": ""}, Rule.CATEGORY_FROM_ITEM),
        ({"Category_Name": ""}, Rule.CATEGORY_NAME_MISSING),
        ({"Store_Location": "1013 MAIN\tKEOKUK 52632\t"}, Rule.POINT_MISSING),
        ({"State_Bottle_Cost": "$0.00"}, Rule.ZERO_PRICE),
        ({"State_Bottle_Cost": "$18.10"}, Rule.PRICE_CONTRADICTED),
        ({"Bottles_Sold": "7", "Sale_(Dollars)": "$189.98", "Volume_Sold_(Liters)": "5.25"}, Rule.BROKEN_CASE),
        ({"Sale_(Dollars)": "$162.85"}, Rule.SALE_DIFFERS),
        ({"Volume_Sold_(Liters)": "4.6"}, Rule.VOLUME_DIFFERS),
    ],
)
def test_each_irregularity_is_one_row_of_one_rule(
    ledger_of: Callable[..., Ledger], changes: dict[str, str], rule: Rule
) -> None:
    ledger = ledger_of(row(1), row(2, **changes), row(3))
    assert found(ledger) == {rule: (1, 1)}
    assert ledger.report.rows_kept == 3
    regular = ledger_of(row(1), row(2), row(3))
    assert (ledger.stores, ledger.items) == (regular.stores, regular.items)


def test_city_in_two_cases_is_one_city(ledger_of: Callable[..., Ledger]) -> None:
    ledger = ledger_of(row(1), row(2), row(3, Store_Number="2192", City="Keokuk"))
    assert found(ledger) == {Rule.CITY_CASE_VARIES: (1, 1)}
    assert [shop.city for shop in ledger.stores] == ["KEOKUK", "KEOKUK"]


def test_store_and_item_keep_what_nobody_knows_empty(ledger_of: Callable[..., Ledger]) -> None:
    empty = {"County_Number": "", "County": "", "Category": "", "Category_Name": "", "Store_Location": ""}
    ledger = ledger_of(row(1, **empty, Zip_Code="712-2"))
    assert found(ledger) == {
        Rule.STORE_WITHOUT_COUNTY: (1, 1),
        Rule.CATEGORY_MISSING: (1, 1),
        Rule.POINT_MISSING: (1, 1),
        Rule.ZIP_IRREGULAR: (1, 1),
    }
    assert ledger.stores == (Store(2191, "Keokuk Spirits", "1013 MAIN", "KEOKUK", "712-2", None, None),)
    assert (ledger.items[0].category, ledger.lines[0].county) == (None, None)


def test_most_rows_then_latest_day_then_first_row_wins(ledger_of: Callable[..., Ledger]) -> None:
    def winner(*spellings: tuple[str, str]) -> str:
        rows = (row(i, Store_Name=name, Date=day) for i, (name, day) in enumerate(spellings))
        return ledger_of(*rows).stores[0].name

    late, early = "11/20/2015", "11/19/2015"
    assert winner(("A", early), ("B", late), ("A", early)) == "A"
    assert winner(("A", early), ("B", late)) == "B"
    assert winner(("B", late), ("A", early)) == "B"
    assert winner(("A", late), ("B", late)) == "A"


def test_an_empty_field_has_no_vote(ledger_of: Callable[..., Ledger]) -> None:
    late = {"Date": "12/31/2015"}
    texts = dict.fromkeys(("Store_Name", "Address", "City", "Zip_Code", "Vendor_Name", "Item_Description"), "")
    known = ledger_of(row(1))
    outvoted = ledger_of(row(1), row(2, **late, **texts), row(3, **late, **texts))
    assert (outvoted.stores, outvoted.items, outvoted.vendors) == (known.stores, known.items, known.vendors)
    assert Rule.ATTRIBUTE_VARIES not in found(outvoted)
    (nameless,) = ledger_of(row(1, **texts)).stores
    assert (nameless.number, nameless.zip_code, nameless.address, nameless.city) == (2191, "", "", "")


@pytest.mark.parametrize(
    "credit",
    [
        {"Bottles_Sold": "-6", "Sale_(Dollars)": "$-162.84", "Volume_Sold_(Liters)": "-4.5"},
        {"Bottles_Sold": "0", "Sale_(Dollars)": "$0.00", "Volume_Sold_(Liters)": "0"},
        {"Sale_(Dollars)": "$-0.01"},
        {"Bottles_Sold": "-6"},
    ],
    ids=["bottles come back", "no bottle", "money comes back", "bottles come back for money"],
)
def test_credit_note_is_refused_and_says_nothing(ledger_of: Callable[..., Ledger], credit: dict[str, str]) -> None:
    ledger = ledger_of(row(1), row(2, **credit, Store_Number="2192", Store_Name="Other"))
    assert found(ledger) == {Rule.NOT_A_SALE: (1, 1)}
    assert (ledger.report.rows_read, ledger.report.rows_kept, ledger.report.rows_refused) == (2, 1, 1)
    assert [shop.number for shop in ledger.stores] == [2191]


def test_repeated_line_is_refused(ledger_of: Callable[..., Ledger]) -> None:
    ledger = ledger_of(row(1), row(1), row(1, Store_Number="2192"))
    assert found(ledger) == {Rule.LINE_REPEATED: (2, 1)}
    assert (ledger.report.rows_read, ledger.report.rows_kept, ledger.report.rows_refused) == (3, 1, 2)


def test_invoice_of_two_stores_becomes_two(ledger_of: Callable[..., Ledger]) -> None:
    first, second = row(1), row(1, Store_Number="2192") | {"Invoice/Item Number": "S00000100002"}
    third = row(1) | {"Invoice/Item Number": "S00000100003"}
    ledger = ledger_of(third, first, second)
    assert found(ledger) == {Rule.INVOICE_SPLIT: (1, 1)}
    assert [(invoice.number, invoice.store, invoice.total_cents) for invoice in ledger.invoices] == [
        ("S000001", 2191, 32_568),
        ("S000001/2", 2192, 16_284),
    ]
    assert [line.key for line in ledger.invoices[0].lines] == ["S00000100001", "S00000100003"]


def test_store_that_moved_has_two_distributors_and_one_primary(ledger_of: Callable[..., Ledger]) -> None:
    ledger = ledger_of(row(1), row(2), row(3, County_Number="57", County="Linn"))
    edges = channel_of(ledger).store_edges
    assert found(ledger) == {Rule.ATTRIBUTE_VARIES: (1, 1)}
    assert [(edge.upstream.number, edge.bottles, edge.primary) for edge in edges] == [(56, 12, True), (57, 6, False)]


def test_plain_packed_and_marked_files_read_alike(tmp_path: Path) -> None:
    text = text_of(row(1), row(2))
    plain, packed, misnamed = tmp_path / "a.csv", tmp_path / "a.csv.gz", tmp_path / "b.csv"
    plain.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    packed.write_bytes(gzip.compress(text.encode()))
    misnamed.write_bytes(gzip.compress(text.encode()))
    assert read(plain).lines == read(packed).lines == read(misnamed).lines


# Broken files


def test_each_broken_field_is_named_with_line_and_column(problems_of: Callable[..., list[str]]) -> None:
    bad = row(2, Date="2015-11-20", State_Bottle_Cost="18.09", Bottles_Sold="six")
    assert problems_of(text_of(row(1), bad, row(3, Pack="0"))) == [
        "line 3, Date: '2015-11-20' is not a date of the form MM/DD/YYYY",
        "line 3, State Bottle Cost: '18.09' is not an amount of the form $18.09",
        "line 3, Bottles Sold: 'six' is not a whole number",
        "line 4, Pack: '0' is not a whole number from 1 to 9 digits",
    ]


def test_problems_stop_at_their_limit(problems_of: Callable[..., list[str]]) -> None:
    problems = problems_of(text_of(*(row(number, Pack="x") for number in range(100))))
    assert len(problems) == reading.MAX_PROBLEMS
    assert problems[-1] == "line 21, Pack: 'x' is not a whole number from 1 to 9 digits"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("", "file: The file is empty."),
        (text_of(), "file: The file holds no purchase."),
        (text_of(row(1, Bottles_Sold="0")), "file: The file holds no purchase."),
        (text_of(row(1, **{"Sale_(Dollars)": "$-5.00"})), "file: The file holds no purchase."),
        (
            text_of(row(1)).replace(";", ","),
            "line 1: The header has 1 columns separated by semicolons; 24 are expected.",
        ),
        (text_of(row(1)).replace("City;", "Town;", 1), "line 1, City: Column 6 is headed 'Town'."),
        (text_of(row(1)) + "a;b\n", "line 3: The row has 2 columns instead of 24."),
        (
            text_of(row(1)) + '"never closed\n',
            "line 3: The quotes or separators are broken: unexpected end of data.",
        ),
        (
            text_of(row(1)) + '"never closed' + "\n" * 20,
            "line 3: The row goes over more than 8 lines: a quote is not closed.",
        ),
        (
            text_of(row(1)) + '"a"b;c\n',
            "line 3: The quotes or separators are broken: ';' expected after '\"'.",
        ),
        (text_of(row(1)) + "x" * 9_000, "line 3: The line has more than 8,192 bytes."),
        (text_of(row(1)).encode() + b"\xff\n", "line 3: Byte 1 of the line is not UTF-8."),
        (text_of(row(1)).encode("utf-16"), "line 1: Byte 1 of the line is not UTF-8."),
        (
            text_of(row(1, City="KEO\0KUK")),
            "line 2, City: 'KEO\\x00KUK' holds a control character",
        ),
        (text_of(row(1, City="K" * 201)), f"line 2, City: '{'K' * 40}\\u2026' is longer than 200 characters"),
    ],
)
def test_broken_file_says_what_is_wrong(
    problems_of: Callable[..., list[str]], content: str | bytes, problem: str
) -> None:
    assert problems_of(content) == [problem]


def test_broken_gzip_says_what_is_wrong(problems_of: Callable[..., list[str]]) -> None:
    whole = SAMPLE.read_bytes()
    assert problems_of(text_of(row(1)), "invoices.csv.gz") == ["file: The file is called .gz but is not a gzip file."]
    assert problems_of(whole[:10]) == ["line 1: The gzip file is cut off."]
    assert "The gzip file is damaged: CRC check failed" in problems_of(whole[:-8] + struct.pack("<II", 1, 1))[-1]
    assert "The gzip file is damaged" in problems_of(whole[:5_000] + b"\0" * 64 + whole[5_064:])[-1]


@pytest.mark.parametrize("missing", [1, 8, 100, 100_000, 700_000])
def test_cut_gzip_is_read_up_to_the_line_it_was_cut_in(problems_of: Callable[..., list[str]], missing: int) -> None:
    whole = SAMPLE.read_bytes()[:-missing]
    reached = zlib.decompressobj(wbits=31).decompress(whole).count(b"\n") + 1
    assert problems_of(whole) == [f"line {reached}: The gzip file is cut off."]


def test_what_is_wrong_before_the_cut_is_told_with_it(problems_of: Callable[..., list[str]]) -> None:
    packed = gzip.compress(text_of(row(1, Pack="x"), *(row(number) for number in range(2, 2_000))).encode())
    pack, cut = problems_of(packed[:-9])
    assert pack == "line 2, Pack: 'x' is not a whole number from 1 to 9 digits"
    assert cut.endswith(": The gzip file is cut off.")


def test_missing_file_and_folder_say_so(tmp_path: Path) -> None:
    with pytest.raises(BrokenFile, match="The file cannot be read: No such file or directory"):
        read(tmp_path / "absent.csv")
    with pytest.raises(BrokenFile, match="The file cannot be read: Is a directory"):
        read(tmp_path)


def test_limits_hold(monkeypatch: pytest.MonkeyPatch, problems_of: Callable[..., list[str]]) -> None:
    text = text_of(row(1), row(2))
    monkeypatch.setattr(reading, "MAX_ROWS", 1)
    assert problems_of(text) == ["line 3: The file has more than 1 rows."]
    monkeypatch.setattr(reading, "MAX_TEXT_BYTES", 500)
    assert problems_of(gzip.compress(text.encode())) == ["line 2: The file has more than 500 bytes unpacked."]
    monkeypatch.setattr(reading, "MAX_FILE_BYTES", 100)
    assert problems_of(text) == ["file: The file has more than 100 bytes."]


def test_problem_knows_its_place() -> None:
    assert BrokenFile([Problem(3, "City", "no")]).problems == (Problem(3, "City", "no"),)
