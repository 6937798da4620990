import pytest

from engine.documents import DocumentError, Prepared
from tests.engine.small import documents, extensions


def refusal(text: str, *, introspection: bool = True, **limits: int) -> list[tuple[str, str]]:
    with pytest.raises(DocumentError) as refused:
        documents(introspection=introspection, **limits).prepare(text)
    return [(extensions(e)["code"], e.message) for e in refused.value.errors]


def test_same_text_is_prepared_once() -> None:
    kept = documents()
    first = kept.prepare("{brand{id}}")
    assert kept.prepare("{brand{id}}") is first
    assert kept.prepare("{brand {id}}") is not first
    assert (kept.hits, kept.misses, len(kept)) == (1, 2, 2)


def test_least_recently_used_document_goes_first() -> None:
    kept = documents(documents=2)
    a = kept.prepare("{a:brand{id}}")
    kept.prepare("{b:brand{id}}")
    assert kept.prepare("{a:brand{id}}") is a
    kept.prepare("{c:brand{id}}")
    assert kept.prepare("{a:brand{id}}") is a
    assert (len(kept), kept.misses) == (2, 3)
    kept.prepare("{b:brand{id}}")
    assert kept.misses == 4


def test_memory_is_bounded_by_bytes_too() -> None:
    text = "{brand{id}}"
    kept = documents(document_bytes=2 * 200 * len(text))
    for spaces in ("", " ", "  "):
        kept.prepare(text + spaces)
    assert len(kept) == 1
    assert kept.bytes == 200 * (len(text) + 2)
    kept.prepare(text + " " * 100)
    assert len(kept) == 1


def test_refused_document_is_not_kept() -> None:
    kept = documents()
    for _ in range(2):
        with pytest.raises(DocumentError):
            kept.prepare("{nothing}")
    assert (len(kept), kept.bytes, kept.misses) == (0, 0, 2)


@pytest.mark.parametrize(
    "text", ["", "{", "query", "{a(x:)}", "\x00", '{a(x:"\ud7ff', "{a}}", "😀", "{ tokens } comments"]
)
def test_broken_syntax_is_coded(text: str) -> None:
    ((code, message),) = refusal(text)
    assert code == "GRAPHQL_PARSE_FAILED"
    assert message.startswith("Syntax Error")


def test_validation_errors_are_coded_and_capped() -> None:
    found = refusal("{brand{" + " ".join(f"nothing{i}" for i in range(30)) + "}}")
    assert len(found) == 5
    assert {code for code, _ in found} == {"GRAPHQL_VALIDATION_FAILED"}
    assert found[0][1] == "Cannot query field 'nothing0' on type 'Brand'."


def test_long_names_are_cut_in_messages() -> None:
    ((_, message),) = refusal("{" + "x" * 50_000 + "}")
    assert len(message) == 500
    assert message.endswith("…")


def test_suggestions_are_made_only_where_introspection_is_on() -> None:
    assert refusal("{brand{nam}}") == [
        ("GRAPHQL_VALIDATION_FAILED", "Cannot query field 'nam' on type 'Brand'. Did you mean 'name'?")
    ]
    for text in (
        "{brand{nam}}",
        "{echo(tex:1)}",
        "{brand{...on Bran{id}}}",
        "{find(by:{cod:1})}",
        "query($a:Bran){echo}",
    ):
        assert all("Did you mean" not in message for _, message in refusal(text, introspection=False))


@pytest.mark.parametrize(
    "text",
    [
        "{__schema{types{name}}}",
        '{__type(name:"Brand"){name}}',
        "{a:__schema{types{name}}}",
        "{...F} fragment F on Query{__schema{types{name}}}",
        "{...on Query{...{__schema{types{name}}}}}",
        "query A{brand{id}} query B{__schema{types{name}}}",
    ],
)
def test_introspection_can_be_off(text: str) -> None:
    assert refusal(text, introspection=False) == [("INTROSPECTION_DISABLED", "Introspection is off.")]
    assert isinstance(documents().prepare(text), Prepared)


def test_typename_is_not_introspection() -> None:
    assert documents(introspection=False).prepare("{__typename brand{__typename}}").operations[0].introspects is False


def test_operation_is_chosen_by_name() -> None:
    prepared = documents().prepare("query A{brand{id}} mutation B{order{__typename}}")
    assert prepared.operation("B").kind == "mutation"
    for name in (None, "C", ""):
        with pytest.raises(DocumentError) as refused:
            prepared.operation(name)
        assert [extensions(e)["code"] for e in refused.value.errors] == ["OPERATION_RESOLUTION_FAILURE"]
    alone = documents().prepare("query A{brand{id}}")
    assert alone.operation(None) is alone.operation("A")


def test_document_without_operation_is_refused() -> None:
    prepared = documents().prepare
    with pytest.raises(DocumentError):
        prepared("fragment F on Brand{id}")


def test_one_of_input_is_validated_in_fragments_and_with_undeclared_variables() -> None:
    fragment = "fragment F on Query{find(by:{code:$c})} query Q($c:String!){...F}"
    assert documents().prepare(fragment).operation("Q").kind == "query"
    assert refusal("fragment F on Query{find(by:{code:$c})} query Q{...F}") == [
        ("GRAPHQL_VALIDATION_FAILED", "Variable '$c' is not defined by operation 'Q'.")
    ]
    assert refusal('{find(by:{code:"a",name:"b"})}') == [
        ("GRAPHQL_VALIDATION_FAILED", "OneOf Input Object 'By' must specify exactly one key.")
    ]
