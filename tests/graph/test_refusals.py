"""Every refusal that an act can come to is a member of its union, and every member can come about.

What an act can come to is read from its code: the function behind the mutation, and whatever of ours it names, on and
on; of a class, all its methods. That finds too much rather than too little: what cannot be, for a reason that code does
not show, is named here with the reason.
"""

import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from graphql import get_named_type, is_union_type

from domain.base import InvalidInput, KeyReused, NotAllowed, Refused, RowRefused
from models.inventory import hold_all
from resolvers import acts
from tests.graph.walk import CORE

OURS = ("domain.", "models.", "resolvers.")
ALWAYS = {InvalidInput.__name__, KeyReused.__name__, NotAllowed.__name__}
"""What the way of every act comes to by itself."""
WAY = {acts.act, acts.bulk}
ELSEWHERE: dict[str, list[Any]] = {"holdStock": [hold_all], "placeOrder": [hold_all]}
"""What does an act without being named by it: holds wait for a committer, who takes them together."""
CANNOT_BE = {
    ("authorizeAssortment", "PriceOutOfRange"): "it sets no price",
    ("holdStock", "QuantityTooLarge"): "told as a problem of the input",
    **{
        (act, refusal): "sales and clearing have no floor"
        for act in ("cancelOrder", "cancelRest", "refundOrder")
        for refusal in ("BalanceTooLow", "BalanceTooHigh")
    },
    **{
        (act, "TransitionNotAllowed"): "an order that waits for its money ends"
        for act in ("adjustStock", "countStock", "quarantineStock")
    },
    **{
        (act, "TransitionNotAllowed"): "it leaves the order where it stands" for act in ("allocateOrder", "closeNotice")
    },
    ("placeOrder", "NoLines"): "a hold has lines",
    ("placeOrder", "QuantityTooLarge"): "nobody holds so many",
    ("placeOrder", "TransitionNotAllowed"): "a new order waits for its money",
    **{
        ("retryRefund", refusal): "it was booked when it was decided"
        for refusal in ("BalanceTooLow", "BalanceTooHigh", "RefundTooMuch", "TransitionNotAllowed")
    },
    ("inviteOrganization", "SupplyCycle"): "who is new supplies nobody",
    ("reviewOrganization", "SupplyCycle"): "who waits for review supplies nobody",
}


def acting(name: str) -> FunctionType:
    """The function that does an act, behind the field."""
    mutation = CORE.mutation_type
    assert mutation is not None
    resolver = mutation.fields[name].extensions["strawberry-definition"].base_resolver.wrapped_func
    function = inspect.getclosurevars(resolver).nonlocals["function"]
    assert isinstance(function, FunctionType)
    return function


def named(code: CodeType, known: dict[str, Any]) -> Iterator[Any]:
    """What code names of the globals it runs with, and of modules among them; functions within it too."""
    for name in code.co_names:
        found = known.get(name)
        yield found
        if isinstance(found, ModuleType):
            yield from (vars(found).get(other) for other in code.co_names)
    for inner in code.co_consts:
        if isinstance(inner, CodeType):
            yield from named(inner, known)


def reached(*start: Any) -> set[type[Refused]]:
    """The refusals that are named in anything that functions lead to."""
    return {one for one in _seen(*start) if isinstance(one, type) and issubclass(one, Refused)} - {Refused, RowRefused}


def walked(*start: Any) -> set[FunctionType]:
    """The functions of ours that functions lead to."""
    return {one for one in _seen(*start) if isinstance(one, FunctionType)}


def _seen(*start: Any) -> set[Any]:
    ahead: list[Any] = [*start]
    seen: set[Any] = set()
    while ahead:
        one = inspect.unwrap(ahead.pop()) if callable(ahead[-1]) else ahead.pop()
        if not isinstance(one, FunctionType | type) or not one.__module__.startswith(OURS) or one in seen | WAY:
            continue
        seen.add(one)
        if isinstance(one, FunctionType):
            ahead += named(one.__code__, one.__globals__)
            ahead += [cell.cell_contents for cell in one.__closure__ or ()]
        elif not issubclass(one, Refused):
            ahead += [getattr(each, "fget", None) or getattr(each, "__func__", each) for each in vars(one).values()]
    return seen


def declared(name: str) -> set[str]:
    """The refusals in an act's union, and in the union of its rows."""
    mutation = CORE.mutation_type
    assert mutation is not None
    ahead: list[Any] = [mutation.fields[name].type]
    found: set[str] = set()
    for kind in ahead:
        union: Any = get_named_type(kind)
        assert is_union_type(union)
        for member in union.types:
            if "Refusal" in {interface.name for interface in member.interfaces}:
                found.add(member.name)
            elif len(ahead) == 1 and "rows" in member.fields:
                ahead.append(member.fields["rows"].type)
    return found


ACTS = sorted(CORE.mutation_type.fields) if CORE.mutation_type else []


@pytest.mark.parametrize("name", ACTS)
def test_every_refusal_of_an_act_is_declared_and_every_declared_one_can_be(name: str) -> None:
    found = {refusal.__name__ for refusal in reached(acting(name), *ELSEWHERE.get(name, []))} | ALWAYS
    impossible = {refusal for act, refusal in CANNOT_BE if act == name}
    assert impossible <= found - declared(name)
    assert found - impossible == declared(name)


def test_a_refusal_is_found_however_far_away() -> None:
    """What the test stands on: through functions within functions, methods, and modules."""
    names = {refusal.__name__ for refusal in reached(acting("joinUpstream"))}
    assert {"SupplyCycle", "SupplyTooDeep", "EdgeNotAllowed", "StatusForbids"} <= names
