"""Who stands above whom in the channel: edges, and the closure of the supply graph.

Owns the rules about edges: which organisation may stand upstream of which, that supply has no cycle, what "ancestors",
"descendants" and "the chain" mean. Does not own who may read what (`domain.access`) nor how organisations and edges are
stored.

    Refused
    ├── EdgeNotAllowed     this kind of edge does not join these tiers
    ├── SupplyCycle        the edges lead from an organisation back to itself
    ├── SupplyTooDeep      more tiers below one another than any channel has
    └── PrimaryUpstream    an organisation with upstreams has none, or more than one, primary
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Final, Generic, NamedTuple, TypeVar

from domain.base import Refused, RowRefused
from domain.channel.words import EdgeKind, Tier

N = TypeVar("N", bound=Hashable)

MAX_HOPS: Final = 255
"""Longest way, in SUPPLIES edges, that ancestors and descendants are followed. Real channels have six tiers."""


class EdgeNotAllowed(RowRefused):
    """An edge of this kind may not join these two tiers, in this direction."""

    code = "EDGE_NOT_ALLOWED"

    def __init__(self, kind: EdgeKind, source: Tier, target: Tier) -> None:
        super().__init__(f"{kind} may not lead from {source} to {target}.")
        self.kind, self.source, self.target = EdgeKind(kind), Tier(source), Tier(target)


class SupplyCycle(Refused, Generic[N]):
    """Supply would lead back to where it began. `cycle` names the organisations in order, the first one once."""

    code = "SUPPLY_CYCLE"

    def __init__(self, cycle: Sequence[N]) -> None:
        super().__init__(f"Supply leads back to where it began, over {len(cycle)} organisations.")
        self.cycle = tuple(cycle)


class SupplyTooDeep(Refused):
    """An organisation would stand more than `MAX_HOPS` edges below another."""

    code = "SUPPLY_TOO_DEEP"

    def __init__(self) -> None:
        super().__init__(f"Supply may pass at most {MAX_HOPS} edges.")


class PrimaryUpstream(Refused, Generic[N]):
    """An organisation with upstreams must have exactly one primary among them; `organization` has `primaries`."""

    code = "PRIMARY_UPSTREAM"

    def __init__(self, organization: N, primaries: int) -> None:
        super().__init__(f"An organisation with upstreams has exactly one primary, not {primaries}.")
        self.organization = organization
        self.primaries = primaries


class SupplyEdge(NamedTuple, Generic[N]):
    """One SUPPLIES edge: `upstream` sells to `downstream`; `primary` marks the one the chain follows."""

    upstream: N
    downstream: N
    primary: bool


class Descent(NamedTuple, Generic[N]):
    """One row of the closure: `descendant` stands `hops` SUPPLIES edges below `ancestor`; 0 is itself."""

    ancestor: N
    descendant: N
    hops: int


_GOODS_FLOW: Final[tuple[Tier, ...]] = (Tier.BRAND, Tier.SUBSIDIARY, Tier.AGENT, Tier.DISTRIBUTOR, Tier.STORE)
# Regional companies, agents and distributors have second levels of their own kind (大区/省, 省代/市代, 一批/二批).
_LAYERED: Final = frozenset({Tier.SUBSIDIARY, Tier.AGENT, Tier.DISTRIBUTOR})


def _below(tier: Tier) -> frozenset[Tier]:
    return frozenset(_GOODS_FLOW[_GOODS_FLOW.index(tier) + 1 :])


_OVER: Final[Mapping[Tier, frozenset[Tier]]] = {
    **{tier: _below(tier) for tier in _GOODS_FLOW},
    Tier.SUPPLIER: frozenset(_GOODS_FLOW),
}
ALLOWED_EDGES: Final[Mapping[EdgeKind, Mapping[Tier, frozenset[Tier]]]] = {
    EdgeKind.SUPPLIES: {tier: below | {tier} if tier in _LAYERED else below for tier, below in _OVER.items()},
    EdgeKind.OPERATES_FOR: _OVER,
    EdgeKind.SERVICES: _OVER,
}
"""For each kind of edge, the tiers it may lead to from each tier. A service firm is a SUPPLIER."""


def may_join(kind: EdgeKind, source: Tier, target: Tier) -> bool:
    """Say whether an edge of `kind` may lead from an organisation of tier `source` to one of tier `target`.

    Source: docs/domain.md, Cloud stores and operation on behalf.
    """
    return target in ALLOWED_EDGES[kind][source]


def check_edge(kind: EdgeKind, source: Tier, target: Tier) -> None:
    """Refuse an edge that `may_join` denies.

    Raises:
        EdgeNotAllowed: the tiers may not be joined so.

    Source: docs/domain.md, Cloud stores and operation on behalf.
    """
    if not may_join(kind, source, target):
        raise EdgeNotAllowed(kind, source, target)


def check_primaries(edges: Iterable[SupplyEdge[N]]) -> None:
    """Refuse edges that leave an organisation with upstreams without exactly one primary.

    Args:
        edges: all SUPPLIES edges towards the organisations in question.

    Raises:
        PrimaryUpstream: for the first such organisation in the order of the edges.

    Source: docs/domain.md, Cloud stores and operation on behalf.
    """
    primaries: defaultdict[N, int] = defaultdict(int)
    for edge in edges:
        primaries[edge.downstream] += edge.primary
    for organisation, count in primaries.items():
        if count != 1:
            raise PrimaryUpstream(organisation, count)


def closure(edges: Iterable[tuple[N, N]], nodes: Iterable[N] = ()) -> set[Descent[N]]:
    """Follow every SUPPLIES edge to the end: each organisation with all its ancestors, at the fewest hops.

    Time grows with the edges and the rows of the answer, not with the square of the organisations.

    Args:
        edges: pairs (upstream, downstream); a pair given twice counts once.
        nodes: organisations that shall have their own row even when no edge touches them.

    Returns:
        One row for each pair that is connected, and one with 0 hops for each organisation itself.

    Raises:
        SupplyCycle: an organisation would supply itself, directly or through others.
        SupplyTooDeep: a shortest way is longer than `MAX_HOPS`.

    Source: docs/domain.md, Cloud stores and operation on behalf.
    """
    upstreams: dict[N, set[N]] = {node: set() for node in nodes}
    for upstream, downstream in edges:
        upstreams.setdefault(upstream, set())
        upstreams.setdefault(downstream, set()).add(upstream)
    hops_to: dict[N, dict[N, int]] = {}
    for node in _upstream_first(upstreams):
        reach = {node: 0}
        for upstream in upstreams[node]:
            for ancestor, hops in hops_to[upstream].items():
                known = reach.get(ancestor)
                if known is None or hops + 1 < known:
                    reach[ancestor] = hops + 1
        if max(reach.values()) > MAX_HOPS:
            raise SupplyTooDeep
        hops_to[node] = reach
    return {Descent(ancestor, node, hops) for node, reach in hops_to.items() for ancestor, hops in reach.items()}


def _upstream_first(upstreams: Mapping[N, set[N]]) -> list[N]:
    """Order the organisations so that each comes after all its upstreams (Kahn's algorithm)."""
    downstreams: defaultdict[N, list[N]] = defaultdict(list)
    waiting = {node: len(above) for node, above in upstreams.items()}
    for node, above in upstreams.items():
        for upstream in above:
            downstreams[upstream].append(node)
    order = [node for node, count in waiting.items() if count == 0]
    for node in order:  # grows while it is walked: every organisation enters once
        for downstream in downstreams[node]:
            waiting[downstream] -= 1
            if waiting[downstream] == 0:
                order.append(downstream)
    if len(order) < len(upstreams):
        stuck = {node for node, count in waiting.items() if count > 0}
        raise SupplyCycle(_find_cycle(upstreams, stuck))
    return order


def _find_cycle(upstreams: Mapping[N, set[N]], stuck: set[N]) -> list[N]:
    """Walk up among organisations that all have a stuck upstream until one is met again; answer downstream-wards."""
    node = next(iter(stuck))
    seen: dict[N, int] = {}
    while node not in seen:
        seen[node] = len(seen)
        node = next(upstream for upstream in upstreams[node] if upstream in stuck)
    path = list(seen)
    return path[seen[node] :][::-1]


def primary_chain(start: N, primary_of: Mapping[N, N]) -> tuple[N, ...]:
    """Follow primary upstreams from an organisation to the head of its channel: "the chain".

    Args:
        start: the organisation to begin with.
        primary_of: for each organisation that has upstreams, the primary one.

    Returns:
        `start` first, then its primary upstream, and so on up to the one that has none.

    Raises:
        SupplyCycle: the primaries lead back to an organisation already passed.
        SupplyTooDeep: the chain has more than `MAX_HOPS` edges.

    Source: docs/domain.md, Cloud stores and operation on behalf.
    """
    chain = {start: None}  # a dict keeps order and finds a repetition at once
    node = start
    while (above := primary_of.get(node)) is not None:
        if above in chain:
            path = list(chain)
            raise SupplyCycle(path[path.index(above) :][::-1])
        if len(chain) > MAX_HOPS:
            raise SupplyTooDeep
        chain[above] = None
        node = above
    return tuple(chain)


def binding_chain(chain: Sequence[N], tier_of: Mapping[N, Tier]) -> tuple[N, ...]:
    """Cut a chain to what a binding freezes: up to the highest tier below brand.

    The brand of the chain is the sku's and is set on each order line, so it is no part of a binding.

    Args:
        chain: organisations from the owner upwards, as `primary_chain` gives them.
        tier_of: the tier of each of them.

    Source: docs/domain.md, Cloud stores and operation on behalf.
    """
    below_brand: list[N] = []
    for organisation in chain:
        if tier_of[organisation] in (Tier.BRAND, Tier.SUPPLIER):
            break
        below_brand.append(organisation)
    return tuple(below_brand)
