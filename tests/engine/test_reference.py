from typing import Any

import pytest
import strawberry
from structlog.testing import capture_logs

from engine.faults import Mask
from engine.reference import Reference, Result, Stream
from tests.engine.small import LIMITS, code_of, documents, reference, strawberry_schema


async def run(text: str, variables: dict[str, Any] | None = None, *, suggestions: bool = True) -> Result:
    prepared = documents().prepare(text)
    return await reference(suggestions=suggestions).run(prepared, prepared.operation(None), variables or {}, None)


async def test_data_comes_back() -> None:
    result = await run("query($t:String!){brand{id name} echo(text:$t)}", {"t": "hi"})
    assert result.payload == {"data": {"brand": {"id": "b1", "name": "Brand"}, "echo": "hi"}}
    assert result.code == "OK"


@pytest.mark.parametrize(
    "text",
    [
        "{brand{id name products(first:2){edges{node{__typename ...on Product{costFen}}}} tags rivals{id}}}",
        '{node{__typename id ...on Brand{name}} nodes(ids:["1","2"]){id}}',
        '{a:echo b:echo(text:"y",number:null) find(by:{code:"c"})}',
        "{brand @skip(if:true){id} echo @include(if:false)}",
        "{known must}",
        "mutation{a:order{...on OutOfStock{code message}} b:order{__typename}}",
        "{__schema{queryType{name}}}",
    ],
)
async def test_data_is_what_strawberry_itself_answers(text: str) -> None:
    with capture_logs():
        result = await run(text)
    reference_result = await strawberry_schema.execute(text)
    assert result.data == reference_result.data
    assert [e["path"] for e in result.errors] == [e.path for e in reference_result.errors or ()]


async def test_refusal_comes_back_as_data() -> None:
    result = await run("mutation{order{__typename ...on OutOfStock{code}}}")
    assert result.payload == {"data": {"order": {"__typename": "OutOfStock", "code": "OUT_OF_STOCK"}}}


async def test_known_exception_is_shown_with_its_code() -> None:
    with capture_logs() as logs:
        result = await run("{known}")
    assert result.payload == {
        "errors": [
            {
                "message": "This may be shown.",
                "locations": [{"line": 1, "column": 2}],
                "path": ["known"],
                "extensions": {"code": "KNOWN"},
            }
        ],
        "data": {"known": None},
    }
    assert logs == []


async def test_unexpected_exception_is_masked_and_logged_under_its_id() -> None:
    with capture_logs() as logs:
        result = await run("{broken}" + " " * 1000)
    (error,) = result.errors
    assert error["message"] == "Unexpected error."
    assert error["extensions"] == {"code": "INTERNAL_ERROR", "id": "id-1"}
    assert "hunter2" not in str(result.payload)
    (line,) = logs
    assert (line["event"], line["id"], line["path"]) == ("graphql.fault", "id-1", ["broken"])
    assert len(line["query"]) == 500
    assert str(line["exc_info"]) == "password=hunter2"


async def test_one_cause_of_many_errors_is_logged_once() -> None:
    with capture_logs() as logs:
        result = await run("{brokenList{name}}")
    assert len(result.errors) == 30
    assert {e["extensions"]["id"] for e in result.errors} == {"id-1"}
    assert len(logs) == 1


async def test_of_many_causes_the_first_ten_are_logged_and_the_rest_share_the_last_id() -> None:
    with capture_logs() as logs:
        result = await run("{brokenList(causes:11){name}}")
    ten = [f"id-{number}" for number in range(1, 11)]
    assert [line["id"] for line in logs] == ten
    assert [e["extensions"]["id"] for e in result.errors] == ([*ten, "id-10"] * 3)[:30]


@pytest.mark.parametrize("text", ["{must}", "{wrongNumber}"])
async def test_resolver_that_breaks_its_type_is_masked(text: str) -> None:
    with capture_logs():
        result = await run(text)
    assert [e["extensions"]["code"] for e in result.errors] == ["INTERNAL_ERROR"]
    assert result.payload["data"] is None


async def test_variables_that_do_not_fit_are_request_errors_without_data() -> None:
    result = await run("query($n:Int!){echo(number:$n)}", {"n": "seven"})
    assert result.executed is False
    assert list(result.payload) == ["errors"]
    assert [e["extensions"] for e in result.errors] == [{"code": "BAD_USER_INPUT"}]
    assert (
        result.errors[0]["message"]
        == "Variable '$n' has invalid value: Int cannot represent non-integer value: 'seven'"
    )


async def test_variable_errors_are_capped_and_cut() -> None:
    names = [f"v{i}" for i in range(10)]
    declared = " ".join(f"${n}:Int!" for n in names)
    text = f"query({declared}){{{' '.join(f'{n}:echo(number:${n})' for n in names)}}}"
    result = await run(text, dict.fromkeys(names, "x" * 5000))
    assert len(result.errors) == 5
    assert all(len(e["message"]) <= 500 for e in result.errors)


async def test_suggestions_of_input_fields_can_be_off() -> None:
    text = "query($b:By!){find(by:$b)}"
    on = await run(text, {"b": {"cod": "x"}})
    off = await run(text, {"b": {"cod": "x"}}, suggestions=False)
    assert "Did you mean" in on.errors[0]["message"]
    assert "Did you mean" not in off.errors[0]["message"]


async def test_null_where_an_argument_may_not_be_null_is_bad_input() -> None:
    result = await run("query($s:Float=1.0){slow(seconds:$s)}", {"s": None})
    assert [e["extensions"]["code"] for e in result.errors] == ["BAD_USER_INPUT"]
    assert result.payload["data"] is None


async def test_one_of_with_two_keys_in_a_variable_is_bad_input() -> None:
    result = await run("query($b:By!){find(by:$b)}", {"b": {"code": "a", "name": "b"}})
    assert [e["extensions"]["code"] for e in result.errors] == ["BAD_USER_INPUT"]
    assert result.executed is False


async def test_subscription_executes_each_event_under_its_own_context() -> None:
    prepared = documents().prepare("subscription($to:Int!){count(to:$to)}")
    stream = await reference().subscribe(prepared, prepared.operation(None), {"to": 2}, "opening")
    assert isinstance(stream, Stream)
    results = [(await stream.execute(await stream.next(), f"context {i}")).payload for i in range(2)]
    assert results == [{"data": {"count": 0}}, {"data": {"count": 1}}]
    with pytest.raises(StopAsyncIteration):
        await stream.next()
    await stream.close()


async def test_source_that_fails_has_a_last_response() -> None:
    prepared = documents().prepare("subscription{fails}")
    stream = await reference().subscribe(prepared, prepared.operation(None), {}, None)
    assert isinstance(stream, Stream)
    await stream.next()
    with pytest.raises(Exception, match="The source broke") as raised:
        await stream.next()
    result = stream.failure(raised.value)
    assert [(e["message"], e["extensions"]["code"]) for e in result.errors] == [("The source broke.", "KNOWN")]


async def test_subscription_variables_are_checked_before_the_source_opens() -> None:
    prepared = documents().prepare("subscription($to:Int!){count(to:$to)}")
    result = await reference().subscribe(prepared, prepared.operation(None), {}, None)
    assert isinstance(result, Result)
    assert result.executed is False
    assert result.code == "BAD_USER_INPUT"


def test_schema_extensions_are_refused_because_they_would_not_run() -> None:
    class Silent(strawberry.extensions.SchemaExtension):
        pass

    @strawberry.type
    class Query:
        one: int = 1

    with pytest.raises(ValueError, match="not run by this executor"):
        Reference(strawberry.Schema(Query, extensions=[Silent]), LIMITS, Mask(LIMITS, code_of), suggestions=True)
