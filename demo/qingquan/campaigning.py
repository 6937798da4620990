"""The tenant's campaigns: every kind, every way to take part, every way to aim, most of them live today.

Owns what they are. Windows count from the day of the import. Whom a campaign reaches is `domain.campaign`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from uuid import UUID

from demo.campaigns.values import WEEKDAYS, WEEKEND, Condition, Hours, Plan, StoreAnswer
from demo.consumers.programme import level_id, terms_id
from demo.qingquan import BRAND
from demo.qingquan.ids import Ids
from demo.qingquan.network import CAMPUS, COMMUNITY, EAST, FLAGSHIP, SCENIC, TOPIC_SITE
from demo.qingquan.programme import CITY, CLUB, WELCOME
from domain.campaign import CampaignKind, CampaignStatus, Dimension, Participation, Stance
from domain.channel import CloudStoreMode, Tier
from domain.ordering import Terminal

_ORDER, _LINE, _POINTS = "整单", "单品", "积分"
"""Exclusion groups: of each, one campaign at most applies."""
_EVENING: Final = (18 * 60, 22 * 60)
_MORNING: Final = (7 * 60, 10 * 60)
_ALL_DAY: Final = (0, 24 * 60)
Funders = tuple[tuple[UUID | None, int], ...]


def plans(ids: Ids, fen: Mapping[str, int]) -> tuple[Plan, ...]:
    """The campaigns.

    Args:
        ids: of what they speak.
        fen: the suggested price of each sku.
    """
    return (*_of_orders(ids), *_of_lines(ids, fen), *_of_members(ids), *_of_stores(ids, fen), *_not_live(ids, fen))


def _share(ids: Ids, code: str, bps: int = 10_000) -> Funders:
    """An organisation bears so much, the store that sells the rest."""
    rest: Funders = () if bps == 10_000 else ((None, 10_000 - bps),)
    return ((ids.organization(code), bps), *rest)


def _answers(ids: Ids, codes: list[str], stance: Stance) -> tuple[StoreAnswer, ...]:
    return tuple(StoreAnswer(ids.organization(code), stance) for code in codes)


def _of_orders(ids: Ids) -> list[Plan]:
    brand, top = ids.organization(BRAND), [one.code for one in ids.network.ranked]
    kind = CampaignKind.AMOUNT_OFF
    return [
        Plan(
            *("FULL-30", "满30减5", brand, kind, {"off_fen": 500}),
            threshold_fen=3_000,
            funders=_share(ids, BRAND, 7_000),
            exclusion_group=_ORDER,
        ),
        Plan(
            *("FLAGSHIP-60", "旗舰店满60减12", brand, kind, {"off_fen": 1_200}),
            threshold_fen=6_000,
            clauses=(
                (
                    Condition(Dimension.STORE_TAG, FLAGSHIP),
                    Condition(Dimension.STORE, ids.organization(top[0]), True),
                ),
            ),
            participation=Participation.OPT_OUT,
            answers=(
                StoreAnswer(ids.organization(top[1]), Stance.OPTED_OUT),
                StoreAnswer(ids.organization("QQ-0011"), threshold_fen=5_500, off_fen=1_300),
            ),
            funders=_share(ids, BRAND),
            exclusion_group=_ORDER,
            priority=10,
        ),
        Plan(
            *("HANGZHOU-40", "杭州站满40减8", ids.organization(f"{BRAND}-33"), kind, {"off_fen": 800}),
            threshold_fen=4_000,
            clauses=((Condition(Dimension.SITE, ids.keys.of("site", CITY)),),),
            funders=(*_share(ids, f"{BRAND}-33", 5_000)[:1], (brand, 3_000), (None, 2_000)),
            exclusion_group=_ORDER,
            priority=5,
        ),
        Plan(
            *("SOUTH-50", "华南满50减9", ids.organization(f"{BRAND}-44"), kind, {"off_fen": 900}),
            threshold_fen=5_000,
            clauses=(
                (Condition(Dimension.TERRITORY, ids.territory(f"{BRAND}-4403-1")),),
                (
                    Condition(Dimension.TERRITORY, ids.territory(f"{BRAND}-4401-1")),
                    Condition(Dimension.MODE, CloudStoreMode.O2O),
                ),
            ),
            funders=_share(ids, f"{BRAND}-44", 6_000),
            exclusion_group=_ORDER,
        ),
    ]


def _of_lines(ids: Ids, fen: Mapping[str, int]) -> list[Plan]:
    brand = ids.organization(BRAND)
    hot, tea = "S01-330", "T01-500"
    return [
        Plan(
            *("FLASH", "周末秒杀 橘子汽水", brand, CampaignKind.FIXED_PRICE, {"price_fen": fen[hot] * 60 // 100}),
            clauses=(
                (
                    Condition(Dimension.SKU, ids.sku(hot)),
                    Condition(Dimension.HOURS, Hours(WEEKEND, *_ALL_DAY)),
                ),
            ),
            answers=(StoreAnswer(ids.organization("QQ-0001"), price_fen=fen[hot] * 55 // 100),),
            funders=_share(ids, BRAND, 8_000),
            exclusion_group=_LINE,
            priority=20,
        ),
        Plan(
            *("SECOND-HALF", "第二件半价 无糖茶", brand, CampaignKind.NTH_UNIT, {"nth": 2, "off_bps": 5_000}),
            clauses=((Condition(Dimension.CATEGORY, ids.category("C201")), Condition(Dimension.TIER, Tier.STORE)),),
            funders=_share(ids, BRAND, 7_000),
            exclusion_group=_LINE,
        ),
        Plan(
            *("THIRD-FREE", "买二送一 气泡水", ids.organization(EAST), CampaignKind.NTH_UNIT),
            {"nth": 3, "off_bps": 10_000},
            clauses=(
                (
                    Condition(Dimension.CATEGORY, ids.category("C402")),
                    Condition(Dimension.BELOW, ids.organization(f"{BRAND}-3205-1"), True),
                ),
            ),
            funders=((ids.organization(EAST), 6_000), (brand, 4_000)),
            exclusion_group=_LINE,
        ),
        Plan(
            *("GIFT-CASE", "满6瓶赠1瓶 茉莉花茶", brand, CampaignKind.GIFT),
            {"gift_sku_id": ids.sku(tea), "gift_quantity": 1},
            threshold_units=6,
            clauses=((Condition(Dimension.BRAND, brand), Condition(Dimension.MODE, CloudStoreMode.O2O)),),
            funders=_share(ids, BRAND),
        ),
        Plan(
            *("EVENING", "晚间九折", ids.organization(f"{BRAND}-32"), CampaignKind.PERCENT_OFF, {"off_bps": 1_000}),
            clauses=(
                (
                    Condition(Dimension.HOURS, Hours(WEEKDAYS, *_EVENING)),
                    Condition(Dimension.TERMINAL, Terminal.SHOP),
                    Condition(Dimension.TERMINAL, Terminal.MINI_PROGRAM),
                ),
            ),
            funders=_share(ids, f"{BRAND}-32", 5_000),
            exclusion_group=_LINE,
        ),
        Plan(
            *("TOPIC-COOL", "清凉一夏八五折", brand, CampaignKind.PERCENT_OFF, {"off_bps": 1_500}),
            clauses=(
                (
                    Condition(Dimension.SITE, ids.keys.of("site", TOPIC_SITE)),
                    Condition(Dimension.CATEGORY, ids.category("C4")),
                    Condition(Dimension.SKU, ids.sku(hot), True),
                ),
            ),
            funders=_share(ids, BRAND),
            exclusion_group=_LINE,
            priority=5,
        ),
    ]


def _of_members(ids: Ids) -> list[Plan]:
    brand = ids.organization(BRAND)
    gold, diamond = (level_id(ids.keys, CLUB, level) for level in ("GOLD", "DIAMOND"))
    return [
        Plan(
            *("GOLD-95", "金钻会员九五折", brand, CampaignKind.PERCENT_OFF, {"off_bps": 500}),
            clauses=((Condition(Dimension.MEMBER_TIER, gold), Condition(Dimension.MEMBER_TIER, diamond)),),
            funders=_share(ids, BRAND),
            exclusion_group=_LINE,
            priority=1,
        ),
        Plan(
            *("NEWCOMER", "新客领券", brand, CampaignKind.COUPON, {"coupon_terms_id": terms_id(ids.keys, WELCOME)}),
            clauses=((Condition(Dimension.MEMBER_TAG, "新客"),),),
            funders=_share(ids, BRAND),
        ),
        Plan(
            *("BIRTHDAY", "生日月双倍积分", brand, CampaignKind.POINTS_MULTIPLIER, {"points_pct": 200}),
            clauses=((Condition(Dimension.MEMBER_TAG, "生日月"),),),
            funders=_share(ids, BRAND),
            exclusion_group=_POINTS,
            priority=5,
        ),
        Plan(
            *("MORNING", "早安三倍积分", brand, CampaignKind.POINTS_MULTIPLIER, {"points_pct": 300}),
            clauses=(
                (
                    Condition(Dimension.MEMBER_TIER, diamond),
                    Condition(Dimension.HOURS, Hours(WEEKDAYS | WEEKEND, *_MORNING)),
                ),
            ),
            participation=Participation.OPT_OUT,
            funders=_share(ids, BRAND),
            exclusion_group=_POINTS,
            priority=10,
        ),
    ]


def _of_stores(ids: Ids, fen: Mapping[str, int]) -> list[Plan]:
    brand = ids.organization(BRAND)
    groups = [one.code for one in ids.network.stores if one.mode is CloudStoreMode.COMMUNITY_GROUP]
    flagships = [one.code for one in ids.network.stores if FLAGSHIP in one.tags]
    group_sku, own_sku = "J01-1000", "W01-550"
    return [
        Plan(
            *("GROUP-3", "三人团 鲜榨橙汁", brand, CampaignKind.GROUP_BUY),
            {"group_size": 3, "price_fen": fen[group_sku] * 75 // 100},
            clauses=(
                (
                    Condition(Dimension.SKU, ids.sku(group_sku)),
                    Condition(Dimension.MODE, CloudStoreMode.COMMUNITY_GROUP),
                    Condition(Dimension.STORE_TAG, COMMUNITY),
                ),
            ),
            participation=Participation.OPT_IN,
            answers=_answers(ids, groups[:40], Stance.OPTED_IN),
            funders=_share(ids, BRAND, 8_000),
            exclusion_group=_LINE,
        ),
        Plan(
            *("GROUP-CAMPUS", "校园五人团 天然泉水", ids.organization(f"{BRAND}-3301-1"), CampaignKind.GROUP_BUY),
            {"group_size": 5, "price_fen": fen[own_sku] * 80 // 100},
            clauses=(
                (
                    Condition(Dimension.SKU, ids.sku(own_sku)),
                    Condition(Dimension.STORE_TAG, CAMPUS),
                    Condition(Dimension.STORE_TAG, SCENIC, True),
                ),
            ),
            funders=_share(ids, f"{BRAND}-3301-1", 6_000),
            exclusion_group=_LINE,
        ),
        Plan(
            *("DISPLAY", "端架陈列费", brand, CampaignKind.DISPLAY_FEE, {"fee_fen": 20_000}),
            clauses=((Condition(Dimension.STORE_TAG, FLAGSHIP),),),
            participation=Participation.OPT_IN,
            answers=_answers(ids, flagships[:8], Stance.OPTED_IN),
            funders=_share(ids, BRAND),
        ),
        Plan(
            *("COOLER", "冰柜陈列费", ids.organization(f"{BRAND}-44"), CampaignKind.DISPLAY_FEE, {"fee_fen": 15_000}),
            clauses=((Condition(Dimension.BELOW, ids.organization(f"{BRAND}-4403-1")),),),
            funders=_share(ids, f"{BRAND}-44"),
        ),
        Plan(
            *("OWN-PRICE", "本店特价 天然泉水", ids.organization("QQ-0001"), CampaignKind.FIXED_PRICE),
            {"price_fen": fen[own_sku] * 90 // 100},
            clauses=((Condition(Dimension.SKU, ids.sku(own_sku)),),),
        ),
    ]


def _not_live(ids: Ids, fen: Mapping[str, int]) -> list[Plan]:
    """One to come, one that is over, one of each status that reaches nobody."""
    brand = ids.organization(BRAND)
    return [
        Plan(
            *("NEW-YEAR", "年货节满200减40", brand, CampaignKind.AMOUNT_OFF, {"off_fen": 4_000}),
            threshold_fen=20_000,
            from_day=14,
            until_day=60,
            exclusion_group=_ORDER,
        ),
        Plan(
            *("SUMMER", "盛夏八折", brand, CampaignKind.PERCENT_OFF, {"off_bps": 2_000}),
            clauses=((Condition(Dimension.CATEGORY, ids.category("C4")),),),
            from_day=-120,
            until_day=-60,
        ),
        Plan(
            *("DRAFT", "草稿：咖啡尝鲜价", brand, CampaignKind.FIXED_PRICE, {"price_fen": fen["C01-270"] * 70 // 100}),
            clauses=((Condition(Dimension.SKU, ids.sku("C01-270")),),),
            status=CampaignStatus.DRAFT,
        ),
        Plan(
            *("PAUSED", "暂停：网页端九二折", brand, CampaignKind.PERCENT_OFF, {"off_bps": 800}),
            clauses=((Condition(Dimension.TERMINAL, Terminal.WEB),),),
            status=CampaignStatus.PAUSED,
        ),
        Plan(
            *("CLOSED", "已关闭：第二件七折", ids.organization(EAST), CampaignKind.NTH_UNIT),
            {"nth": 2, "off_bps": 3_000},
            status=CampaignStatus.CLOSED,
            from_day=-40,
            until_day=30,
        ),
    ]
