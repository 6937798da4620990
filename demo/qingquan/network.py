"""Who sells for the brand: a regional company, an agent a province, distributors with territories, two hundred stores.

Owns the shape of the channel: who supplies whom, which counties a distributor holds, how each store sells. In the east
a store has four levels above it, in the south three.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from demo.dice import Dice
from demo.qingquan import BRAND
from demo.qingquan.regions import city_of, province_of
from demo.qingquan.values import Edge, Organization, Point, Region, Site, Territory
from domain.channel import CloudStoreMode, Descent, EdgeKind, SiteKind, Tier, closure

EAST: Final = f"{BRAND}-HD"
GOODS_SUPPLIER: Final = f"{BRAND}-S1"
SERVICE_FIRM: Final = f"{BRAND}-S2"
FLAGSHIP: Final = "旗舰"
CAMPUS: Final = "校园"
SCENIC: Final = "景区"
COMMUNITY: Final = "社区"
TOPIC_SITE: Final = "topic-summer"
CITY_SITES: Final = ("330100", "330200", "320100", "320500", "440100", "440300")
SECOND_UPSTREAM_EVERY: Final = 12
"""So many stores have a second upstream beside the primary one: a neighbour of it, or the agent itself."""
EXTERNAL_EVERY: Final = 8
"""So many stores buy the brand's merchandise from the firm that makes it."""
OPERATED_EVERY: Final = 25
NEAR_E7: Final = 120_000
"""A store lies about a kilometre around its county's point, in ten-millionths of a degree."""


class _Trader(NamedTuple):
    code: str
    name: str
    counties: tuple[str, ...]
    stores: int


TRADERS: Final = (
    _Trader("3301-1", "杭州城西清泉经销部", ("330106", "330105", "330110", "330111"), 22),
    _Trader("3301-2", "杭州城东清泉经销部", ("330102", "330108", "330109", "330113"), 20),
    _Trader("3302-1", "宁波清泉经销部", ("330203", "330205", "330206", "330211", "330212", "330282"), 18),
    _Trader("3304-1", "嘉兴清泉经销部", ("330402", "330411", "330481", "330483"), 12),
    _Trader("3306-1", "绍兴清泉经销部", ("330602", "330603", "330604"), 10),
    _Trader("3201-1", "南京主城清泉经销部", ("320102", "320104", "320105", "320106"), 16),
    _Trader("3201-2", "南京江宁清泉经销部", ("320113", "320114", "320115"), 10),
    _Trader("3202-1", "无锡清泉经销部", ("320205", "320206", "320211", "320213", "320281"), 14),
    _Trader("3205-1", "苏州城区清泉经销部", ("320505", "320506", "320507", "320508"), 16),
    _Trader("3205-2", "苏州昆吴清泉经销部", ("320509", "320583"), 8),
    _Trader("4401-1", "广州老城清泉经销部", ("440103", "440104", "440105"), 14),
    _Trader("4401-2", "广州新城清泉经销部", ("440106", "440111", "440112", "440113"), 14),
    _Trader("4403-1", "深圳清泉经销部", ("440303", "440304", "440305", "440306", "440307", "440309"), 16),
    _Trader("4406-1", "佛山清泉经销部", ("440604", "440605", "440606"), 10),
)
"""The distributors, each with the counties it holds and how many stores it supplies: two hundred together."""
AGENTS: Final = {"33": "浙江清泉总代理", "32": "江苏清泉总代理", "44": "广东清泉总代理"}
_EASTERN: Final = ("33", "32")
_POSTAL: Final = {
    "3301": "310000", "3302": "315000", "3304": "314000", "3306": "312000", "3201": "210000", "3202": "214000",
    "3205": "215000", "4401": "510000", "4403": "518000", "4406": "528000",
}  # fmt: skip
_WORDS: Final = (
    "晨禾", "秋实", "云朵", "小满", "谷雨", "青柠", "白鹭", "南风", "远山", "木槿", "听雨", "朝露", "星河", "麦田",
    "芦笛", "竹影", "荷塘", "桃溪", "杏林", "松间", "半亩", "石榴", "橘子", "蓝瓦", "红砖", "灯塔", "渡口", "拾光",
    "向阳", "春山",
)  # fmt: skip
_ROADS: Final = ("清和路", "望溪路", "梧桐巷", "学苑街", "稻香路", "映山路", "采莲巷", "锦屏街", "听涛路", "云栖街")
_KINDS: Final[Mapping[CloudStoreMode, tuple[str, ...]]] = {
    CloudStoreMode.O2O: ("便利店", "食杂店", "超市"),
    CloudStoreMode.COMMUNITY_GROUP: ("社区团购站",),
    CloudStoreMode.PRIVATE_MALL: ("会员店",),
}
_MODES: Final = (
    *[CloudStoreMode.O2O] * 15,
    *[CloudStoreMode.COMMUNITY_GROUP] * 7,
    *[CloudStoreMode.PRIVATE_MALL] * 3,
)
_MIXED: Final = 7
"""Prime to the number of modes: neighbours differ."""


@dataclass(frozen=True)
class Network:
    """The channel: organisations by code, what they are to each other, what they hold."""

    organizations: Mapping[str, Organization]
    edges: tuple[Edge, ...]
    territories: tuple[Territory, ...]
    sites: tuple[Site, ...]

    def of_tier(self, *tiers: Tier) -> list[Organization]:
        """The organisations of some tiers."""
        return [one for one in self.organizations.values() if one.tier in tiers]

    @cached_property
    def stores(self) -> list[Organization]:
        """The stores by code."""
        return self.of_tier(Tier.STORE)

    @cached_property
    def ranked(self) -> list[Organization]:
        """The stores, those with most customers first."""
        return sorted(self.stores, key=lambda one: (-one.weight, one.code))

    @cached_property
    def primary(self) -> dict[str, str]:
        """The primary upstream of each."""
        return {edge.downstream: edge.upstream for edge in self.edges if edge.primary}

    @cached_property
    def upstreams(self) -> dict[str, list[str]]:
        """Everyone who supplies each, the primary one first."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for edge in sorted(self.edges, key=lambda edge: not edge.primary):
            if edge.kind is EdgeKind.SUPPLIES:
                found[edge.downstream].append(edge.upstream)
        return dict(found)

    @cached_property
    def downstreams(self) -> dict[str, list[str]]:
        """Everyone whom each supplies."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for edge in self.edges:
            if edge.kind is EdgeKind.SUPPLIES:
                found[edge.upstream].append(edge.downstream)
        return dict(found)

    @cached_property
    def closure(self) -> list[Descent[str]]:
        """Every ancestor of every organisation."""
        supplies = ((edge.upstream, edge.downstream) for edge in self.edges if edge.kind is EdgeKind.SUPPLIES)
        return sorted(closure(supplies, self.organizations))

    @cached_property
    def above(self) -> dict[str, frozenset[str]]:
        """Each organisation with all its ancestors."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for row in self.closure:
            found[row.descendant].add(row.ancestor)
        return {code: frozenset(codes) for code, codes in found.items()}


def network(regions: Mapping[str, Region], dice: Dice) -> Network:
    """Build the channel in the regions."""
    upper = _upper(regions)
    stores, homes = _stores(regions, dice)
    organizations = {one.code: one for one in (*upper, *stores)}
    return Network(organizations, tuple(_edges(stores, homes)), tuple(_territories(regions)), tuple(_sites(regions)))


def _upper(regions: Mapping[str, Region]) -> list[Organization]:
    """Everyone above the stores, and the two firms beside the channel."""
    ordering = CloudStoreMode.B2B_ORDERING
    rows = [
        Organization(Tier.BRAND, BRAND, "清泉饮品", mode=CloudStoreMode.PRIVATE_MALL, site="main"),
        Organization(Tier.SUBSIDIARY, EAST, "清泉饮品华东分公司", "330100", city="杭州市", mode=ordering),
    ]
    rows += [
        Organization(Tier.AGENT, f"{BRAND}-{code}", name, f"{code}0000", mode=ordering) for code, name in AGENTS.items()
    ]
    rows += [
        Organization(
            Tier.DISTRIBUTOR,
            f"{BRAND}-{trader.code}",
            trader.name,
            trader.counties[0],
            address=f"{_ROADS[number % len(_ROADS)]}{100 + number}号",
            city=regions[city_of(trader.counties[0])].name,
            postal_code=_POSTAL[trader.code[:4]],
            point=regions[trader.counties[0]].point,
            mode=ordering,
        )
        for number, trader in enumerate(TRADERS)
    ]
    rows.append(Organization(Tier.SUPPLIER, GOODS_SUPPLIER, "青禾周边制品社", "330200"))
    rows.append(Organization(Tier.SUPPLIER, SERVICE_FIRM, "云帆代运营工作室", "330100"))
    return rows


def _stores(regions: Mapping[str, Region], dice: Dice) -> tuple[list[Organization], dict[str, str]]:
    """The stores, numbered through, and each one's distributor."""
    rows: list[Organization] = []
    homes: dict[str, str] = {}
    words: defaultdict[str, list[str]] = defaultdict(lambda: _shuffled(dice))
    for trader in TRADERS:
        for place in range(trader.stores):
            county = trader.counties[place % len(trader.counties)]
            number = len(rows) + 1
            mode = _MODES[number * _MIXED % len(_MODES)]
            kinds = _KINDS[mode]
            code = f"{BRAND}-{number:04d}"
            weight = 1 + 4_000_000 // (100 + dice.below(1_900)) ** 2
            rows.append(
                Organization(
                    Tier.STORE,
                    code,
                    f"{words[county].pop()}{kinds[dice.below(len(kinds))]}（{regions[county].name}）",
                    county,
                    _tags(number, mode),
                    f"{_ROADS[dice.below(len(_ROADS))]}{dice.between(1, 399)}号",
                    regions[city_of(county)].name,
                    _POSTAL[county[:4]],
                    _near(regions[county].point, dice),
                    mode,
                    _site(county, mode),
                    weight,
                )
            )
            homes[code] = f"{BRAND}-{trader.code}"
    return rows, homes


def _shuffled(dice: Dice) -> list[str]:
    return [word for _, word in sorted((dice.below(1_000_000), word) for word in _WORDS)]


def _tags(number: int, mode: CloudStoreMode) -> tuple[str, ...]:
    found = [FLAGSHIP] if number % 10 == 1 else []
    found += [COMMUNITY] if mode is CloudStoreMode.COMMUNITY_GROUP else []
    found += [CAMPUS] if number % 9 == 2 else []
    found += [SCENIC] if number % 17 == 3 else []
    return tuple(found)


def _near(point: Point | None, dice: Dice) -> Point:
    assert point is not None  # every county has one
    return Point(*(axis + dice.between(-NEAR_E7, NEAR_E7) for axis in point))


def _site(county: str, mode: CloudStoreMode) -> str:
    if mode is CloudStoreMode.PRIVATE_MALL:
        return TOPIC_SITE
    city = city_of(county)
    return f"city-{city}" if city in CITY_SITES else "main"


def _edges(stores: list[Organization], homes: Mapping[str, str]) -> list[Edge]:
    supplies = EdgeKind.SUPPLIES
    rows = [Edge(supplies, BRAND, EAST, True)]
    rows += [Edge(supplies, EAST if code in _EASTERN else BRAND, f"{BRAND}-{code}", True) for code in AGENTS]
    rows += [Edge(supplies, f"{BRAND}-{trader.code[:2]}", f"{BRAND}-{trader.code}", True) for trader in TRADERS]
    for number, store in enumerate(stores):
        home = homes[store.code]
        rows.append(Edge(supplies, home, store.code, True))
        if number % SECOND_UPSTREAM_EVERY == 0:
            rows.append(Edge(supplies, _second(home, number), store.code, False))
        if number % EXTERNAL_EVERY == 0:
            rows.append(Edge(supplies, GOODS_SUPPLIER, store.code, False))
        if number % OPERATED_EVERY == 0:
            rows.append(Edge(EdgeKind.OPERATES_FOR, SERVICE_FIRM, store.code, False))
    rows += [Edge(EdgeKind.SERVICES, SERVICE_FIRM, f"{BRAND}-{trader.code}", False) for trader in TRADERS[::3]]
    rows += [Edge(EdgeKind.OPERATES_FOR, f"{BRAND}-44", f"{BRAND}-4406-1", False)]
    return rows


def _second(home: str, number: int) -> str:
    """The next distributor of the same province; every other time the agent."""
    agent = home[: len(BRAND) + 3]
    if number % (2 * SECOND_UPSTREAM_EVERY) == 0:
        return agent
    near = [code for trader in TRADERS if (code := f"{BRAND}-{trader.code}").startswith(agent)]
    return near[(near.index(home) + 1) % len(near)]


def _territories(regions: Mapping[str, Region]) -> list[Territory]:
    rows = [Territory(f"{BRAND}-{code}", regions[f"{code}0000"].name, (f"{code}0000",)) for code in AGENTS]
    rows += [
        Territory(f"{BRAND}-{trader.code}", trader.name.replace("清泉经销部", "片区"), trader.counties)
        for trader in TRADERS
    ]
    return rows


def _sites(regions: Mapping[str, Region]) -> list[Site]:
    rows = [Site(SiteKind.MAIN, "main", "清泉主站", BRAND, None, None)]
    rows += [
        Site(
            SiteKind.CITY,
            f"city-{city}",
            f"{regions[city].name.removesuffix('市')}站",
            f"{BRAND}-{province_of(city)[:2]}",
            "main",
            city,
        )
        for city in CITY_SITES
    ]
    return [*rows, Site(SiteKind.TOPIC, TOPIC_SITE, "清凉一夏专题站", BRAND, "main", None)]
