"""The supply graph: who may stand above whom, the closure, the chain."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.base import Refused
from domain.channel import (
    ALLOWED_EDGES,
    MAX_HOPS,
    Descent,
    EdgeKind,
    EdgeNotAllowed,
    PrimaryUpstream,
    SupplyCycle,
    SupplyEdge,
    SupplyTooDeep,
    Tier,
    binding_chain,
    check_edge,
    check_primaries,
    closure,
    may_join,
    primary_chain,
)
from tests.proof import size

pytestmark = pytest.mark.prove
exact = settings(derandomize=True, deadline=None, max_examples=size(200, 20_000))


def test_the_closure_of_one_chain_is_every_pair_with_its_hops() -> None:
    rows = closure([("brand", "agent"), ("agent", "distributor"), ("distributor", "store")])
    assert rows == {
        Descent("brand", "brand", 0),
        Descent("agent", "agent", 0),
        Descent("distributor", "distributor", 0),
        Descent("store", "store", 0),
        Descent("brand", "agent", 1),
        Descent("agent", "distributor", 1),
        Descent("distributor", "store", 1),
        Descent("brand", "distributor", 2),
        Descent("agent", "store", 2),
        Descent("brand", "store", 3),
    }


def test_of_two_ways_the_shorter_counts() -> None:
    rows = closure([("brand", "agent"), ("agent", "store"), ("brand", "store")])
    assert {row for row in rows if row.descendant == "store"} == {
        Descent("store", "store", 0),
        Descent("agent", "store", 1),
        Descent("brand", "store", 1),
    }


def test_several_upstreams_are_all_followed() -> None:
    rows = closure([("a", "d1"), ("b", "d2"), ("d1", "s"), ("d2", "s")])
    assert {(row.ancestor, row.hops) for row in rows if row.descendant == "s"} == {
        ("s", 0), ("d1", 1), ("d2", 1), ("a", 2), ("b", 2),
    }  # fmt: skip


def test_an_organisation_without_edges_has_its_own_row() -> None:
    assert closure([], ["alone"]) == {Descent("alone", "alone", 0)}
    assert closure([]) == set()


def test_an_edge_given_twice_counts_once() -> None:
    assert closure([("a", "b"), ("a", "b")]) == closure([("a", "b")])


def test_supply_that_leads_back_is_refused_and_names_the_cycle() -> None:
    edges = [("x", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "y")]
    with pytest.raises(SupplyCycle) as refusal:
        closure(edges)
    cycle = refusal.value.cycle
    assert (refusal.value.code, sorted(cycle)) == ("SUPPLY_CYCLE", ["a", "b", "c"])
    assert all(pair in edges for pair in zip(cycle, cycle[1:] + cycle[:1], strict=True))


def test_an_organisation_may_not_supply_itself() -> None:
    with pytest.raises(SupplyCycle) as refusal:
        closure([("a", "a")])
    assert refusal.value.cycle == ("a",)


def test_supply_has_a_depth_at_which_it_ends() -> None:
    deepest = [(place, place + 1) for place in range(MAX_HOPS)]
    assert max(row.hops for row in closure(deepest)) == 255
    with pytest.raises(SupplyTooDeep):
        closure([*deepest, (MAX_HOPS, MAX_HOPS + 1)])


def test_a_long_way_beside_a_short_one_is_not_too_deep() -> None:
    deepest = [(place, place + 1) for place in range(MAX_HOPS)]
    rows = closure([*deepest, (MAX_HOPS, MAX_HOPS + 1), (0, MAX_HOPS), (0, 2)])
    assert Descent(0, MAX_HOPS + 1, 2) in rows


def test_the_closure_of_sixty_thousand_stores_has_a_row_for_every_pair() -> None:
    brands, distributors, stores = 5, 500, 60_000
    edges = [(f"b{place % brands}", f"d{place}") for place in range(distributors)]
    edges += [(f"d{place % distributors}", f"s{place}") for place in range(stores)]
    assert len(closure(edges)) == brands + 2 * distributors + 3 * stores


@exact
@given(st.sets(st.tuples(st.integers(0, 8), st.integers(0, 8))))
def test_the_closure_is_all_that_walking_finds(pairs: set[tuple[int, int]]) -> None:
    edges = {(min(pair), max(pair)) for pair in pairs if pair[0] != pair[1]}  # downwards only, so without a cycle
    expected = set()
    for start in range(9):
        level, hops, seen = {start}, 0, {start}
        while level:
            expected |= {Descent(start, node, hops) for node in level}
            level = {below for above, below in edges if above in level} - seen
            seen |= level
            hops += 1
    assert closure(edges, range(9)) == expected


@exact
@given(st.sets(st.tuples(st.integers(0, 5), st.integers(0, 5))))
def test_a_graph_is_refused_exactly_when_someone_stands_below_himself(edges: set[tuple[int, int]]) -> None:
    reach = set(edges)
    for _ in range(6):
        reach |= {(above, below) for above, middle in reach for start, below in edges if middle == start}
    cyclic = any(above == below for above, below in reach)
    try:
        closure(edges)
    except SupplyCycle as refusal:
        cycle: tuple[int, ...] = refusal.cycle
        assert cyclic
        assert len(set(cycle)) == len(cycle)
        assert all(pair in edges for pair in zip(cycle, cycle[1:] + cycle[:1], strict=True))
    else:
        assert not cyclic


def test_the_chain_follows_the_primary_upstreams_to_the_head() -> None:
    primary_of = {"store": "distributor", "distributor": "agent", "agent": "brand"}
    assert primary_chain("store", primary_of) == ("store", "distributor", "agent", "brand")
    assert primary_chain("brand", primary_of) == ("brand",)


def test_a_chain_that_leads_back_is_refused() -> None:
    with pytest.raises(SupplyCycle) as refusal:
        primary_chain("s", {"s": "a", "a": "b", "b": "a"})
    assert refusal.value.cycle == ("b", "a")


def test_a_chain_has_a_depth_at_which_it_ends() -> None:
    primary_of = {place: place + 1 for place in range(MAX_HOPS)}
    assert len(primary_chain(0, primary_of)) == MAX_HOPS + 1
    with pytest.raises(SupplyTooDeep):
        primary_chain(0, {**primary_of, MAX_HOPS: MAX_HOPS + 1})


def test_a_binding_freezes_the_chain_below_the_brand() -> None:
    tier_of = {"s": Tier.STORE, "d": Tier.DISTRIBUTOR, "a": Tier.AGENT, "b": Tier.BRAND, "f": Tier.SUPPLIER}
    assert binding_chain(("s", "d", "a", "b", "f"), tier_of) == ("s", "d", "a")
    assert binding_chain(("s", "d"), tier_of) == ("s", "d")
    assert binding_chain(("b",), tier_of) == ()


def test_upstreams_have_exactly_one_primary() -> None:
    check_primaries([SupplyEdge("a", "s", True), SupplyEdge("b", "s", False), SupplyEdge("a", "t", True)])
    check_primaries([])
    with pytest.raises(PrimaryUpstream) as none:
        check_primaries([SupplyEdge("a", "s", True), SupplyEdge("a", "t", False)])
    assert (none.value.organization, none.value.primaries) == ("t", 0)
    with pytest.raises(PrimaryUpstream) as two:
        check_primaries([SupplyEdge("a", "s", True), SupplyEdge("b", "s", True)])
    assert (two.value.code, two.value.organization, two.value.primaries) == ("PRIMARY_UPSTREAM", "s", 2)


def test_goods_flow_downwards_only() -> None:
    allowed = {(source, target) for source in Tier for target in Tier if may_join(EdgeKind.SUPPLIES, source, target)}
    flow = [Tier.BRAND, Tier.SUBSIDIARY, Tier.AGENT, Tier.DISTRIBUTOR, Tier.STORE]
    expected = {(above, below) for place, above in enumerate(flow) for below in flow[place + 1 :]}
    expected |= {(tier, tier) for tier in (Tier.SUBSIDIARY, Tier.AGENT, Tier.DISTRIBUTOR)}
    expected |= {(Tier.SUPPLIER, tier) for tier in flow}
    assert allowed == expected
    assert len(allowed) == 18


@pytest.mark.parametrize("kind", [EdgeKind.OPERATES_FOR, EdgeKind.SERVICES])
def test_only_a_higher_tier_or_a_firm_from_outside_runs_or_serves_another(kind: EdgeKind) -> None:
    check_edge(kind, Tier.DISTRIBUTOR, Tier.STORE)
    check_edge(kind, Tier.SUPPLIER, Tier.BRAND)
    for source, target in ((Tier.STORE, Tier.DISTRIBUTOR), (Tier.STORE, Tier.STORE), (Tier.AGENT, Tier.AGENT)):
        with pytest.raises(EdgeNotAllowed) as refusal:
            check_edge(kind, source, target)
        assert (refusal.value.code, refusal.value.kind) == ("EDGE_NOT_ALLOWED", kind)


def test_every_kind_of_edge_has_a_rule_for_every_tier() -> None:
    assert set(ALLOWED_EDGES) == set(EdgeKind)
    assert all(set(rules) == set(Tier) for rules in ALLOWED_EDGES.values())


def test_refusals_of_the_channel_are_refusals() -> None:
    assert all(issubclass(one, Refused) for one in (EdgeNotAllowed, SupplyCycle, SupplyTooDeep, PrimaryUpstream))
