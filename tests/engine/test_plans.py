"""What is kept of plans: how many, how heavy, of which operation, and for how long."""

import gc
from dataclasses import replace

from engine.documents import Documents, Prepared
from engine.plan.plans import NEW, NoPlan, Plan, Plans
from tests.engine.orchard import schema, strawberry_schema
from tests.engine.plans import GATE, validated
from tests.engine.small import LIMITS


def plan(plans: Plans, prepared: Prepared) -> Plan | NoPlan:
    return plans.of(prepared, prepared.operation(None), {})


def test_plans_are_kept_up_to_their_number_and_the_least_used_goes_first() -> None:
    plans = Plans(strawberry_schema, replace(LIMITS, plans=3))
    one, two, three, four = (validated(f"{{a{n}: version}}")[0] for n in range(4))
    made = {}
    for each in (one, two, three):
        assert plan(plans, each) is NEW
        made[each] = plan(plans, each)
    assert plan(plans, one) is made[one]
    assert plan(plans, four) is NEW  # puts out the second, used longest ago
    assert (len(plans), plans.compiled) == (3, 3)
    assert plan(plans, one) is made[one]
    assert plan(plans, three) is made[three]
    assert plan(plans, two) is NEW
    assert isinstance(plan(plans, two), Plan)
    assert (len(plans), plans.compiled) == (3, 4)


def test_plans_of_stored_documents_are_put_out_by_no_others() -> None:
    plans = Plans(strawberry_schema, replace(LIMITS, plans=2, stored_plans=2))
    stored = [replace(validated(f"{{s{n}: version}}")[0], stored=True) for n in range(3)]
    first, second = (plan(plans, each) for each in stored[:2])
    assert isinstance(first, Plan)  # at once
    for n in range(4):
        sent, _ = validated(f"{{a{n}: version}}")
        plan(plans, sent)
        plan(plans, sent)
    assert [plan(plans, each) for each in stored[:2]] == [first, second]
    plan(plans, stored[2])
    assert plan(plans, stored[1]) is second
    assert plan(plans, stored[0]) is not first  # put out by one of its own
    assert len(plans) == 4


def test_plans_are_kept_up_to_their_memory() -> None:
    """Entries without a plan weigh too: no client fills the memory with documents that never come again."""
    prepared = [validated(f"{{a{n}: version}}")[0] for n in range(9)]
    plans = Plans(strawberry_schema, LIMITS)
    kept = []
    for each in prepared[:3]:
        plan(plans, each)
        kept.append(plan(plans, each))
    assert plans.bytes == sum(each.bytes for each in kept)
    assert len({each.bytes for each in kept}) == 1
    bound = Plans(strawberry_schema, replace(LIMITS, plan_bytes=plans.bytes))
    for each in prepared:
        plan(bound, each)
        plan(bound, each)
        assert bound.bytes <= plans.bytes
    assert (len(bound), bound.bytes) == (3, plans.bytes)
    crowded = Plans(strawberry_schema, replace(LIMITS, plan_bytes=5 * NEW.bytes))
    for each in prepared:
        plan(crowded, each)
    assert (len(crowded), crowded.bytes, crowded.compiled) == (5, 5 * NEW.bytes, 0)


def test_plans_of_stored_documents_have_memory_of_their_own() -> None:
    stored = [replace(validated(f"{{s{n}: version}}")[0], stored=True) for n in range(4)]
    weight = sum(plan(Plans(strawberry_schema, LIMITS), each).bytes for each in stored[:2])
    plans = Plans(strawberry_schema, replace(LIMITS, plan_bytes=0, stored_plan_bytes=weight))
    for each in stored:
        plan(plans, each)
        assert plans.bytes <= weight
    assert len(plans) == 2


def test_a_plan_that_is_heavier_than_all_of_memory_is_made_and_not_kept() -> None:
    plans = Plans(strawberry_schema, replace(LIMITS, plan_bytes=NEW.bytes))
    prepared, _ = validated("{version}")
    assert plan(plans, prepared) is NEW
    assert isinstance(plan(plans, prepared), Plan)
    assert (len(plans), plans.bytes) == (0, 0)


def test_an_operation_has_no_more_plans_than_it_may() -> None:
    """However many its switches are, it puts out nobody else's, and what is used stays."""
    plans = Plans(strawberry_schema, replace(LIMITS, operation_plans=4))
    other, _ = validated("{version}")
    plan(plans, other)
    names = ("a", "b", "c")
    declared = " ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: version @skip(if: ${name})" for name in names)
    prepared, operation = validated(f"query({declared}){{version {fields}}}")
    prepared = replace(prepared, stored=True)
    values = [{name: bool(number >> place & 1) for place, name in enumerate(names)} for number in range(8)]
    made = [plans.of(prepared, operation, each) for each in values[:4]]
    assert [type(each) for each in made] == [Plan] * 4  # at once, as it is a stored one
    assert plans.of(prepared, operation, values[0]) is made[0]
    assert plans.of(prepared, operation, values[4]) is NEW  # puts out the second, used longest ago
    assert isinstance(plans.of(prepared, operation, values[4]), Plan)
    assert plans.of(prepared, operation, values[0]) is made[0]
    assert plans.of(prepared, operation, values[1]) is NEW
    assert (len(plans), plans.compiled) == (5, 5)


def test_a_variant_that_others_put_out_is_compiled_at_once_again() -> None:
    plans = Plans(strawberry_schema, replace(LIMITS, operation_plans=2, stored_plans=2))
    prepared, operation = validated("query($a: Boolean!){version @skip(if: $a)}")
    prepared = replace(prepared, stored=True)
    for _ in range(2):
        assert [type(plans.of(prepared, operation, {"a": on})) for on in (True, False)] == [Plan] * 2
        for n in range(2):
            plan(plans, replace(validated(f"{{other{n}: version}}")[0], stored=True))


def test_an_operation_with_more_variants_than_it_may_have_is_not_compiled_for_each_request() -> None:
    """Whoever asks them in turn has none of them come again in time."""
    plans = Plans(strawberry_schema, replace(LIMITS, operation_plans=8))
    names = tuple("abcdef")
    declared = " ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: version @skip(if: ${name})" for name in names)
    prepared, operation = validated(f"query({declared}){{version {fields}}}")
    prepared = replace(prepared, stored=True)
    for _ in range(3):
        for number in range(64):
            plans.of(prepared, operation, {name: bool(number >> place & 1) for place, name in enumerate(names)})
    assert (len(plans), plans.compiled) == (8, 8)


def prepared_ones() -> int:
    """How many prepared documents there are in memory."""
    gc.collect()
    return sum(type(each) is Prepared for each in gc.get_objects())


def test_plans_go_with_their_documents() -> None:
    """Nobody could ask for them again, and they would keep the documents."""
    plans = Plans(strawberry_schema, LIMITS)
    documents = Documents(schema, GATE, replace(LIMITS, documents=3), introspection=True, gone=plans.forget)
    before = prepared_ones()
    for number in range(40):
        text = f"{{a{number}: version}}"
        for _ in range(number % 3):
            plan(plans, documents.prepare(text))
        documents.prepare(text)
        assert len(plans) <= len(documents)
    assert (len(documents), len(plans)) == (3, 2)  # the last but two was not asked for
    assert prepared_ones() == before + 3
    assert plans.bytes == NEW.bytes + plan(plans, documents.prepare("{a38: version}")).bytes


def test_a_document_that_went_while_it_was_asked_keeps_no_plan() -> None:
    plans = Plans(strawberry_schema, replace(LIMITS, plan_at_once=True))
    documents = Documents(schema, GATE, replace(LIMITS, documents=1), introspection=True, gone=plans.forget)
    first = documents.prepare("{version}")
    documents.prepare("{a: version}")
    assert isinstance(plan(plans, first), Plan)
    assert len(plans) == 0
