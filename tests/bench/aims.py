"""The benchmark's campaigns: all live, of every kind and owner, two clauses each, aimed as a channel aims them."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any
from uuid import UUID

from domain.campaign import CampaignKind, CampaignStatus, Dimension, Participation, Stance
from integrations.bulk import Bulk, transposed
from models.campaign import Campaign, CampaignCondition, CampaignRevision, CampaignStore
from tests.bench.sizes import Size, key

SEED = 20261124
STARTS, ENDS = datetime(2020, 1, 1, tzinfo=UTC), datetime(2099, 1, 1, tzinfo=UTC)
OWNERS = ("BRAND",) * 2 + ("AGENT",) * 2 + ("DISTRIBUTOR",) * 4 + ("STORE",) * 2
"""Of ten campaigns, whose they are."""
OFFERS: dict[CampaignKind, dict[str, Any]] = {
    CampaignKind.AMOUNT_OFF: {"threshold_fen": 9900, "off_fen": 1000},
    CampaignKind.PERCENT_OFF: {"off_bps": 1500},
    CampaignKind.FIXED_PRICE: {"price_fen": 399},
    CampaignKind.GIFT: {"threshold_units": 6, "gift_sku_id": key("sku", 0), "gift_quantity": 1},
    CampaignKind.NTH_UNIT: {"nth": 2, "off_bps": 5000},
    CampaignKind.COUPON: {"coupon_terms_id": key("terms-brand", 0)},
    CampaignKind.GROUP_BUY: {"group_size": 3, "price_fen": 299},
    CampaignKind.POINTS_MULTIPLIER: {"points_pct": 200},
    CampaignKind.DISPLAY_FEE: {"fee_fen": 5000},
}
CAMPAIGN = (
    "id", "owner_id", "code", "name", "kind", "status", "participation", "starts_at", "ends_at", "priority",
    "threshold_fen", "threshold_units", "off_fen", "off_bps", "price_fen", "gift_sku_id", "gift_quantity", "nth",
    "coupon_terms_id", "group_size", "points_pct", "fee_fen",
)  # fmt: skip
VALUES = (
    "site_id", "territory_id", "tier", "below_id", "store_id", "tag", "mode", "member_tier_id", "sku_id", "category_id",
    "brand_id", "terminal", "weekdays", "from_minute", "until_minute",
)  # fmt: skip
CONDITION = ("campaign_id", "clause", "position", "dimension", "negated", *VALUES)
ANSWER = ("store_id", "campaign_id", "stance", "threshold_fen", "off_fen", "off_bps", "price_fen")

One = tuple[Dimension, bool, dict[str, Any]]


class Aims:
    """Draws campaigns, conditions and stores' answers from one seed."""

    def __init__(self, size: Size) -> None:
        self.size, self.dice = size, Random(SEED)

    def owner(self, place: int) -> tuple[str, int]:
        """The tier and the number of the organisation whose campaign it is."""
        tier = OWNERS[place % len(OWNERS)]
        below = {
            "BRAND": 1,
            "AGENT": self.size.agents,
            "DISTRIBUTOR": self.size.distributors,
            "STORE": self.size.stores,
        }
        return tier, self.dice.randrange(below[tier])

    def campaign(self, place: int, owner: UUID) -> tuple[Any, ...]:
        """A row of `campaign`."""
        kind = list(OFFERS)[place // len(OWNERS) % len(OFFERS)]
        ways = (Participation.MANDATORY,) * 6 + (Participation.OPT_OUT,) * 2 + (Participation.OPT_IN,) * 2
        row: dict[str, Any] = dict.fromkeys(CAMPAIGN) | {"threshold_fen": 0, "threshold_units": 0} | OFFERS[kind]
        row |= {"id": key("campaign", place), "owner_id": owner, "code": f"c{place}", "name": f"Campaign {place}"}
        row |= {"kind": kind, "status": CampaignStatus.PUBLISHED, "participation": self.dice.choice(ways)}
        row |= {"starts_at": STARTS, "ends_at": ENDS, "priority": self.dice.randrange(10)}
        return tuple(row.values())

    def clauses(self, place: int, tier: str) -> Iterator[tuple[Any, ...]]:
        """Rows of `campaign_condition`: two clauses, of a place, goods, at times a member, a till, an hour."""
        for clause in range(2):
            ones = [*self._stores(tier), *self._goods(), *self._shopper(), *self._moment()]
            for position, (dimension, negated, value) in enumerate(ones):
                row: dict[str, Any] = dict.fromkeys(CONDITION) | value
                row |= {"campaign_id": key("campaign", place), "clause": clause, "position": position}
                row |= {"dimension": dimension, "negated": negated}
                yield tuple(row.values())

    def _stores(self, tier: str) -> list[One]:
        if tier == "STORE":
            return []
        draw, size = self.dice.randrange, self.size
        ways: list[Callable[[], list[One]]] = [
            lambda: [(Dimension.SITE, False, {"site_id": key("site", draw(size.agents))}) for _ in range(2)],
            lambda: [
                (Dimension.TERRITORY, False, {"territory_id": key("territory-AGENT", draw(size.agents))}),
                (Dimension.TERRITORY, False, {"territory_id": key("territory-DISTRIBUTOR", draw(size.distributors))}),
            ],
            lambda: [
                (Dimension.BELOW, False, {"below_id": key("DISTRIBUTOR", draw(size.distributors))}) for _ in "1234"
            ],
            lambda: [
                (Dimension.STORE_TAG, False, {"tag": self.dice.choice(("school", "night", "key-account"))}),
                (Dimension.MODE, False, {"mode": self.dice.choice(("O2O", "PRIVATE_MALL", "COMMUNITY_GROUP"))}),
            ],
            lambda: [
                (Dimension.STORE, False, {"store_id": key("STORE", number)}) for number in self._few(size.stores, 20)
            ],
            lambda: [
                (Dimension.TIER, False, {"tier": "STORE"}),
                *((Dimension.STORE, True, {"store_id": key("STORE", number)}) for number in self._few(size.stores, 10)),
            ],
        ]
        return self.dice.choices(ways, weights=(3, 3, 2, 2, 1, 1))[0]()

    def _goods(self) -> list[One]:
        way = self.dice.randrange(30)
        if way < 20:
            return [(Dimension.SKU, False, {"sku_id": key("sku", number)}) for number in self._few(self.size.skus, 10)]
        if way < 29:
            within = [(Dimension.CATEGORY, False, {"category_id": key("category", self.dice.randrange(40))})]
            return [*within, *((Dimension.SKU, True, {"sku_id": key("sku", n)}) for n in self._few(self.size.skus, 3))]
        group = {"category_id": key("category-group", self.dice.randrange(8))}
        return [(Dimension.BRAND, False, {"brand_id": key("BRAND", 0)}), (Dimension.CATEGORY, False, group)]

    def _shopper(self) -> list[One]:
        way = self.dice.randrange(8)
        if way == 0:
            return [(Dimension.MEMBER_TIER, False, {"member_tier_id": key("tier", 1 + self.dice.randrange(3))})]
        if way == 1:
            return [(Dimension.MEMBER_TAG, self.dice.random() < 0.5, {"tag": self.dice.choice(("family", "sport"))})]
        return []

    def _moment(self) -> list[One]:
        """Hours are all hours: what is measured must not depend on when."""
        way = self.dice.randrange(6)
        if way == 0:
            return [(Dimension.TERMINAL, False, {"terminal": name}) for name in ("APP", "MINI_PROGRAM")]
        if way == 1:
            return [(Dimension.HOURS, False, {"weekdays": 127, "from_minute": 0, "until_minute": 1440})]
        return []

    def _few(self, of: int, count: int) -> list[int]:
        return self.dice.sample(range(of), min(count, of))

    def answers(self, place: int, row: tuple[Any, ...]) -> Iterator[tuple[Any, ...]]:
        """Rows of `campaign_store`: who takes part or not, and one store in ten that offers it otherwise."""
        campaign = dict(zip(CAMPAIGN, row, strict=True))
        way = campaign["participation"]
        for number in self._few(self.size.stores, self.size.stores // 50):
            stance = {Participation.OPT_IN: Stance.OPTED_IN, Participation.OPT_OUT: Stance.OPTED_OUT}.get(way)
            other = self.dice.random() < 0.2
            terms = [campaign[name] - 1 if other and campaign[name] else None for name in ANSWER[3:]]
            yield (key("STORE", number), key("campaign", place), stance, *terms)


Rows = list[tuple[Any, ...]]


def rows(size: Size) -> tuple[Rows, Rows, Rows]:
    """The campaigns of the tenant, their conditions, and the stores' answers."""
    aims = Aims(size)
    campaigns: Rows = []
    conditions: Rows = []
    answers: Rows = []
    for place in range(size.campaigns):
        tier, number = aims.owner(place)
        campaigns.append(aims.campaign(place, key(tier, number)))
        conditions += aims.clauses(place, tier)
        if tier == "BRAND":
            answers += aims.answers(place, campaigns[-1])
    return campaigns, conditions, answers


async def write(bulk: Bulk, size: Size) -> None:
    """Write them."""
    campaigns, conditions, answers = rows(size)
    await bulk.insert(CampaignRevision, {"revision": [1]})
    await bulk.insert(Campaign, transposed(CAMPAIGN, campaigns))
    await bulk.insert(CampaignCondition, transposed(CONDITION, conditions))
    await bulk.insert(CampaignStore, transposed(ANSWER, answers))
