"""The rights of the channel: a club of the brand, points, stored value, some twenty coupons.

Owns their terms. Who holds what is generated in `consumers`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from demo.consumers.programme import Honour, MemberLevel, Offer, Terms
from demo.qingquan import BRAND
from demo.qingquan.ids import Ids
from demo.qingquan.network import AGENTS, EAST, TOPIC_SITE
from domain.channel import Tier
from domain.member import CouponBenefit, RightKind, RightScope

CLUB: Final = "CLUB"
CLUB_LEVELS: Final = (
    MemberLevel(0, "SPRING", "泉友", 0, 100),
    MemberLevel(1, "SILVER", "银泉", 300, 110),
    MemberLevel(2, "GOLD", "金泉", 1_000, 125),
    MemberLevel(3, "DIAMOND", "钻泉", 3_000, 150),
)
CITY: Final = "city-330100"
CITY_CLUB: Final = "HANGZHOU-CLUB"
CITY_LEVELS: Final = (MemberLevel(0, "NEIGHBOUR", "街坊", 0), MemberLevel(1, "REGULAR", "常客", 500, 120))
WELCOME: Final = "WELCOME"
"""The offer that a campaign of kind COUPON gives out."""
STORED_VALUE_STORES: Final = 20
COUPON_STORES: Final = 5
_AMOUNT, _PERCENT = CouponBenefit.AMOUNT_OFF, CouponBenefit.PERCENT_OFF
_BRAND_OFFERS: Final = (
    (WELCOME, "新人券 满20减5", Offer(_AMOUNT, 2_000, off_fen=500, lasts_days=60)),
    ("SUMMER", "清凉券 满50减12", Offer(_AMOUNT, 5_000, off_fen=1_200)),
    ("CASE", "整箱券 满100减25", Offer(_AMOUNT, 10_000, off_fen=2_500)),
    ("NINE", "九折券 最高减10", Offer(_PERCENT, 1_000, off_bps=1_000, max_off_fen=1_000)),
    ("THANKS", "答谢券 九五折", Offer(_PERCENT, off_bps=500, lasts_days=90)),
    ("ONE-YUAN", "无门槛 立减1元", Offer(_AMOUNT, off_fen=100, lasts_days=14)),
)
_AGENT_OFFER: Final = Offer(_AMOUNT, 3_000, off_fen=400)
_SITE_OFFER: Final = Offer(_PERCENT, 2_000, off_bps=800, max_off_fen=600)
_STORE_OFFER: Final = Offer(_AMOUNT, 1_500, off_fen=200, lasts_days=21)


def programme(ids: Ids) -> tuple[Terms, ...]:
    """Every right there is."""
    return (*_clubs(ids), *_points(ids), *_stored(ids), *_coupons(ids))


def _below(ids: Ids, *codes: str) -> tuple[Honour, ...]:
    return tuple(Honour(ids.organization(code), True) for code in codes)


def _clubs(ids: Ids) -> Iterator[Terms]:
    brand, agent = ids.organization(BRAND), ids.organization(f"{BRAND}-33")
    yield Terms(
        CLUB, RightKind.TIER, "清泉会", RightScope.TENANT, brand, brand, 100, _below(ids, BRAND), levels=CLUB_LEVELS
    )
    yield Terms(
        CITY_CLUB,
        *(RightKind.TIER, "杭州街坊会", RightScope.SITE, agent, agent, 30, _below(ids, f"{BRAND}-33")),
        site=ids.site(CITY),
        levels=CITY_LEVELS,
    )


def _points(ids: Ids) -> Iterator[Terms]:
    """The brand's points everywhere below it, the agents' below them, the southern one's at some other stores too."""
    guests = tuple(Honour(ids.organization(one.code), False) for one in ids.network.ranked[:3])
    rows: list[tuple[str, str, str, int, tuple[int, int], tuple[Honour, ...]]] = [
        ("POINTS", "清泉积分", BRAND, 60, (100, 100), ()),
        *(
            (f"POINTS-{code}", "代理积分", f"{BRAND}-{code}", 25, (200, 100), guests if code == "44" else ())
            for code in AGENTS
        ),
    ]
    for code, name, owner, held, (points, fen), others in rows:
        issuer = ids.organization(owner)
        yield Terms(
            code,
            *(RightKind.POINTS, name, RightScope.TENANT, issuer, issuer, held, (*_below(ids, owner), *others)),
            redeem_points=points,
            redeem_fen=fen,
        )
    brand = ids.organization(BRAND)
    yield Terms(
        "POINTS-OLD",
        *(RightKind.POINTS, "旧版积分", RightScope.TENANT, brand, brand, 5, _below(ids, BRAND)),
        redeem_points=100,
        redeem_fen=50,
        until_day=-30,
    )


def _stored(ids: Ids) -> Iterator[Terms]:
    """Stored value of single stores, of a city's site, and the brand's card, which only the east honours."""
    for one in ids.network.ranked[:STORED_VALUE_STORES]:
        store = ids.organization(one.code)
        yield Terms(
            f"STORED-{one.code}",
            *(RightKind.STORED_VALUE, "门店储值", RightScope.STORE, store, store, 25),
            cloud_store=ids.cloud_store(one.code),
        )
    brand, agent = ids.organization(BRAND), ids.organization(f"{BRAND}-44")
    yield Terms("CARD", RightKind.STORED_VALUE, "清泉礼品卡", RightScope.TENANT, brand, brand, 10, _below(ids, EAST))
    yield Terms(
        "GUANGZHOU-CARD",
        *(RightKind.STORED_VALUE, "广州通用储值", RightScope.SITE, agent, agent, 20, _below(ids, f"{BRAND}-44")),
        site=ids.site("city-440100"),
    )


def _coupons(ids: Ids) -> Iterator[Terms]:
    """Offers of the brand, of the agents (one at the brand's cost), of sites, of single stores."""
    kind, brand = RightKind.COUPON, ids.organization(BRAND)
    for code, name, offer in _BRAND_OFFERS:
        yield Terms(code, kind, name, RightScope.TENANT, brand, brand, 30, _below(ids, BRAND), offer=offer)
    for place, code in enumerate(AGENTS):
        owner = f"{BRAND}-{code}"
        issuer = ids.organization(owner)
        bearer = issuer if place else brand
        yield Terms(
            f"AGENT-{code}",
            *(kind, "区域券 满30减4", RightScope.TENANT, issuer, bearer, 20, _below(ids, owner)),
            offer=_AGENT_OFFER,
        )
    for site, owner in ((CITY, f"{BRAND}-33"), (TOPIC_SITE, BRAND)):
        issuer = ids.organization(owner)
        yield Terms(
            f"SITE-{site.upper()}",
            *(kind, "站点券 九二折", RightScope.SITE, issuer, issuer, 15, _below(ids, owner)),
            site=ids.site(site),
            offer=_SITE_OFFER,
        )
    for one in ids.network.ranked[:COUPON_STORES]:
        assert one.tier is Tier.STORE
        store = ids.organization(one.code)
        yield Terms(
            f"STORE-{one.code}",
            *(kind, "到店券 满15减2", RightScope.STORE, store, store, 25),
            cloud_store=ids.cloud_store(one.code),
            offer=_STORE_OFFER,
        )
