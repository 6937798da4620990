"""The comparison with the peers, as far as it needs neither Node nor a run: documents, spelling, ratios, the page."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson
import pytest
from graphql import FieldNode, OperationDefinitionNode, SelectionSetNode, parse, validate

import boot
import schema
from tests.bench.issuer import Issuer
from tests.bench.peers import documents as peers
from tests.bench.peers import report
from tests.bench.peers.variants import VARIANTS, starts
from tests.bench.report import put
from tests.bench.running import Figures, Plan, Shown
from tests.bench.sizes import FULL, TENANT, TINY, key

PAGE = boot.PROJECT / "docs" / "performance.md"
DOCUMENTS = peers.documents(TINY)
Shape = dict[str, Any]


def shape(selection: SelectionSetNode | None) -> Shape | None:
    """The keys of the answer, level by level."""
    if selection is None:
        return None
    fields = [field for field in selection.selections if isinstance(field, FieldNode)]
    assert len(fields) == len(selection.selections)
    return {(field.alias or field.name).value: shape(field.selection_set) for field in fields}


def shape_of(text: str) -> Shape | None:
    operation = parse(text).definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return shape(operation.selection_set)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_every_schema_is_asked_for_the_same_keys(document: peers.PeerDocument) -> None:
    assert shape_of(document.text) == shape_of(peers.POSTGRAPHILE[document.name])
    assert not validate(schema.build()._schema, parse(document.text))


def test_the_first_document_is_as_big_as_the_storefront_query() -> None:
    def leaves(there: Shape | None, name: str = "") -> int:
        times = 20 if name == "nodes" else 1
        return times * sum(leaves(below, key) for key, below in there.items()) if there else 1

    assert leaves(shape_of(peers.P1)) == 314


def test_ids_are_spelled_as_the_server_spells_them() -> None:
    store, product = key("STORE", 0), key("product", 0)
    one, two, three = (document.asked[0][0] for document in DOCUMENTS)
    bodies = {
        variant: [d.body(variant, v) for d, v in zip(DOCUMENTS, (one, two, three), strict=True)] for variant in VARIANTS
    }
    assert [body.get("variables") for body in bodies["ours"]] == [
        {"store": f"store_{store.hex}"},
        {"id": f"product_{product.hex}"},
        None,
    ]
    assert bodies["ours-open"] == bodies["ours"]
    assert [body.get("variables") for body in bodies["mercurius"]] == [
        {"store": str(store)},
        {"id": str(product)},
        None,
    ]
    assert [body["query"] for body in bodies["mercurius"]] == [peers.P1, peers.P2, peers.P3]
    assert [body["variables"] for body in bodies["postgraphile"]] == [
        {"tenant": str(TENANT), "store": str(store)},
        {"tenant": str(TENANT), "id": str(product)},
        {"tenant": str(TENANT)},
    ]
    assert bodies["postgraphile-open"] == bodies["postgraphile"]


def test_every_request_names_the_tenant_and_nobody() -> None:
    for document in peers.documents(FULL):
        requests = document.requests(Issuer(), "postgraphile")
        assert len(requests) == (1 if document.name == "P3" else 20)
        assert all(b"millrace-tenant: bench\r\n" in request for request in requests)
        assert not any(b"authorization" in request for request in requests)
        assert all(orjson.loads(request.partition(b"\r\n\r\n")[2])["query"] for request in requests)


def test_nothing_but_ids_is_spelled_anew() -> None:
    id_ = "8bfbf0c6-40a5-4862-6f67-b6d82cb8d738"
    ours = {"data": {"a": [{"id": "store_" + id_.replace("-", ""), "name": "store_" + "0" * 32, "sellable": 0}]}}
    theirs = {"data": {"a": [{"id": id_, "name": "store_" + "0" * 32, "sellable": 0}]}}
    assert DOCUMENTS[0].plain(ours) == DOCUMENTS[0].plain(theirs) == theirs
    assert peers.plain_ids({"id": None, "a": {"id": 1}}) == {"id": None, "a": {"id": 1}}
    with pytest.raises(ValueError, match="hexadecimal"):
        peers.plain_id("store_1")


def shown(document: peers.PeerDocument, answers: Mapping[str, int]) -> Shown:
    figures = {variant: Figures(answers=count, seconds=1.0, server_cpu_s=0.5) for variant, count in answers.items()}
    return Shown(document, 1, 1, figures)


def test_ratios_are_ours_to_theirs_and_say_what_is_aimed_at() -> None:
    answers = {"ours": 300, "postgraphile": 100, "ours-open": 300, "postgraphile-open": 150, "mercurius": 600}
    found = [shown(document, answers) for document in DOCUMENTS]
    assert report.aims(found) == [
        ("ours ÷ postgraphile", "3 (reaches 2.8)", "3 (reaches 1.4)", "3 (reaches 2)"),
        ("ours-open ÷ mercurius", "0.50 (short of 1.6)", "0.50 (short of 0.6)", "0.50 (short of 0.8)"),
    ]
    lines = list(report.rows(found[0]))
    assert [line[:2] for line in lines[:3]] == [
        ("ours ÷ postgraphile", "3"),
        ("ours-open ÷ postgraphile-open", "2"),
        ("ours-open ÷ mercurius", "0.50"),
    ]
    assert [line[0] for line in lines[3:]] == list(VARIANTS)
    assert "ours-open ÷ mercurius  0.50 (short of 1.6)" in report.plain(found)


def test_who_is_not_run_is_not_compared() -> None:
    found = [shown(DOCUMENTS[0], {"ours": 300, "mercurius": 600})]
    assert report.aims(found) == []
    assert [line[0] for line in report.rows(found[0])] == ["ours", "mercurius"]


def test_the_page_has_a_place_for_the_comparison(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(PAGE.read_text())
    table = report.markdown([shown(DOCUMENTS[1], dict.fromkeys(VARIANTS, 10))], Plan())
    for _ in range(2):
        put(page, table, report.BEGIN, report.END)
    text = page.read_text()
    assert text.count("### P2: one product by id") == 1
    assert "| ours ÷ postgraphile | 1 (short of 1.4) |" in text
    assert text.partition(report.BEGIN)[0] == PAGE.read_text().partition(report.BEGIN)[0]


def test_all_are_started_with_the_login_that_they_are_compared_by() -> None:
    how = starts("walled", "open", 10)
    assert tuple(how) == VARIANTS
    quiet = {"MILLRACE_LOG_LEVEL": "warning"}
    assert how["ours"].told == quiet
    assert how["ours-open"].told == {"APP_DATABASE_URL": "open", **quiet}
    assert {name: start.told["DATABASE"] for name, start in how.items() if "ours" not in name} == {
        "postgraphile": "walled",
        "postgraphile-open": "open",
        "mercurius": "open",
    }
    assert [name for name, start in how.items() if "ROW_SECURITY" in start.told] == ["postgraphile"]


def test_the_lock_file_names_no_registry() -> None:
    lock = orjson.loads((boot.PROJECT / "tests" / "bench" / "peers" / "package-lock.json").read_bytes())
    assert not any("resolved" in package for package in lock["packages"].values())
    wanted = orjson.loads((boot.PROJECT / "tests" / "bench" / "peers" / "package.json").read_bytes())["dependencies"]
    assert {name: lock["packages"][f"node_modules/{name}"]["version"] for name in wanted} == wanted
