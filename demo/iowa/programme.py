"""The rights of the demo's channel: a club of the head brand, points of some, stored value, about twenty coupons.

Owns their terms. Who holds what is generated in `consumers`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from demo.consumers.programme import Honour, MemberLevel, Offer, Terms
from demo.iowa.ranks import Ranks
from domain.member import CouponBenefit, RightKind, RightScope
from integrations.wholesale.channel import Org, distributor
from integrations.wholesale.writing import Source

CLUB: Final = "CLUB"
CLUB_LEVELS: Final = (
    MemberLevel(0, "BRONZE", "Bronze", 0, 100),
    MemberLevel(1, "SILVER", "Silver", 1_000, 110),
    MemberLevel(2, "GOLD", "Gold", 3_000, 125),
    MemberLevel(3, "PLATINUM", "Platinum", 8_000, 150),
)
CITY_CLUB: Final = "CITY-CLUB"
CITY_LEVELS: Final = (
    MemberLevel(0, "NEIGHBOUR", "Neighbour", 0),
    MemberLevel(1, "CITIZEN", "Citizen", 2_000, 120),
)
POINTS_DISTRIBUTORS: Final = 10
STORED_VALUE_STORES: Final = 30
COUPON_STORES: Final = 5
COUPON_DISTRIBUTORS: Final = 6
COUPON_SITES: Final = 3
WELCOME: Final = "WELCOME-5"
"""The offer that campaigns of kind COUPON give out."""

_AMOUNT, _PERCENT = CouponBenefit.AMOUNT_OFF, CouponBenefit.PERCENT_OFF


def programme(source: Source, ranks: Ranks) -> tuple[Terms, ...]:
    """Every right there is. Where the channel is small there are fewer."""
    return (*_clubs(source, ranks), *_points(source, ranks), *_stored(source, ranks), *_coupons(source, ranks))


def _below(source: Source, orgs: Sequence[Org]) -> tuple[Honour, ...]:
    return tuple(Honour(source.organization(org), True) for org in orgs)


def _alone(source: Source, orgs: Sequence[Org]) -> tuple[Honour, ...]:
    return tuple(Honour(source.organization(org), False) for org in orgs)


def _clubs(source: Source, ranks: Ranks) -> list[Terms]:
    """The head brand's club, which every brand honours in all it supplies, and the one of the largest city's site."""
    head = source.organization(ranks.brands[0])
    club = Terms(
        CLUB,
        RightKind.TIER,
        "Circle of members",
        RightScope.TENANT,
        issuer=head,
        bearer=head,
        held_pct=100,
        honours=_below(source, ranks.brands),
        levels=CLUB_LEVELS,
    )
    if not ranks.cities:
        return [club]
    county = ranks.cities[0]
    city = source.organization(distributor(county))
    return [
        club,
        Terms(
            CITY_CLUB,
            RightKind.TIER,
            "Club of the city site",
            RightScope.SITE,
            issuer=city,
            bearer=city,
            held_pct=25,
            honours=_below(source, [distributor(county)]),
            site=source.keys.of("site", county),
            levels=CITY_LEVELS,
        ),
    ]


def _points(source: Source, ranks: Ranks) -> list[Terms]:
    """The head brand's points below it everywhere; those of distributors below them, of two with one of the others'
    stores besides; a programme that has ended and one that has not begun."""
    head = ranks.brands[0]
    rows = [_of_points(source, "POINTS", "Points of the head brand", head, 50, (100, 100))]
    chosen = ranks.distributors[:POINTS_DISTRIBUTORS]
    for place, org in enumerate(chosen):
        guests = ranks.stores[:3] if place < 2 else ()
        rows.append(_of_points(source, f"POINTS-{org.number}", "Points of the wholesale", org, 30, (200, 100), guests))
    rows.append(_of_points(source, "POINTS-OLD", "Points of the past", head, 4, (100, 50), until_day=-30))
    rows.append(_of_points(source, "POINTS-NEW", "Points to come", head, 3, (50, 100), from_day=14))
    return rows


def _of_points(
    source: Source,
    code: str,
    name: str,
    org: Org,
    held_pct: int,
    worth: tuple[int, int],
    guests: Sequence[Org] = (),
    from_day: int = -1_200,
    until_day: int | None = None,
) -> Terms:
    issuer = source.organization(org)
    points, fen = worth
    return Terms(
        code,
        RightKind.POINTS,
        name,
        RightScope.TENANT,
        issuer=issuer,
        bearer=issuer,
        held_pct=held_pct,
        honours=(*_below(source, [org]), *_alone(source, guests)),
        redeem_points=points,
        redeem_fen=fen,
        from_day=from_day,
        until_day=until_day,
    )


def _stored(source: Source, ranks: Ranks) -> list[Terms]:
    """Stored value of single stores, of the second city's site, and the head brand's cards, which not all honour."""
    rows = [
        Terms(
            f"STORED-{org.number}",
            RightKind.STORED_VALUE,
            "Store card",
            RightScope.STORE,
            issuer=source.organization(org),
            bearer=source.organization(org),
            held_pct=25,
            cloud_store=source.cloud_store(org),
        )
        for org in ranks.stores[:STORED_VALUE_STORES]
    ]
    head = source.organization(ranks.brands[0])
    rows.append(
        Terms(
            "GIFT-CARD",
            RightKind.STORED_VALUE,
            "Gift card",
            RightScope.TENANT,
            issuer=head,
            bearer=head,
            held_pct=8,
            honours=_below(source, ranks.distributors[::2]),
        )
    )
    if len(ranks.cities) > 1:
        county = ranks.cities[1]
        city = source.organization(distributor(county))
        rows.append(
            Terms(
                "CITY-CARD",
                RightKind.STORED_VALUE,
                "Card of the city site",
                RightScope.SITE,
                issuer=city,
                bearer=city,
                held_pct=20,
                honours=_below(source, [distributor(county)]),
                site=source.keys.of("site", county),
            )
        )
    return rows


_BRAND_OFFERS: Final = (
    (WELCOME, "Welcome: 5 off 40", Offer(_AMOUNT, 4_000, off_fen=500, lasts_days=60)),
    ("SPRING-10", "10 off 75", Offer(_AMOUNT, 7_500, off_fen=1_000)),
    ("LARGE-20", "20 off 150", Offer(_AMOUNT, 15_000, off_fen=2_000)),
    ("TEN-PERCENT", "A tenth off, at most 15", Offer(_PERCENT, 2_000, off_bps=1_000, max_off_fen=1_500)),
    ("THANKS", "Five in a hundred off", Offer(_PERCENT, off_bps=500, lasts_days=90)),
    ("ONE-FREE", "2 off anything", Offer(_AMOUNT, off_fen=200, lasts_days=14)),
)
_DISTRIBUTOR_OFFER: Final = Offer(_AMOUNT, 5_000, off_fen=600)
_SITE_OFFER: Final = Offer(_PERCENT, 3_000, off_bps=800, max_off_fen=1_000)
_STORE_OFFER: Final = Offer(_AMOUNT, 2_500, off_fen=300, lasts_days=21)


def _coupons(source: Source, ranks: Ranks) -> list[Terms]:
    """Offers of brands below them, of distributors (some at the head brand's cost), of city sites, of stores."""
    brands = ranks.brands
    head = source.organization(brands[0])
    rows = []
    for place, (code, name, offer) in enumerate(_BRAND_OFFERS):
        org = brands[0] if place < 4 else brands[min(place - 3, len(brands) - 1)]
        rows.append(_coupon(source, code, name, org, offer, 30))
    for place, org in enumerate(ranks.distributors[:COUPON_DISTRIBUTORS]):
        bearer = head if place % 3 == 0 else source.organization(org)
        code, name = f"WHOLESALE-{org.number}", "6 off 50 in stores of the wholesale"
        rows.append(_coupon(source, code, name, org, _DISTRIBUTOR_OFFER, 20, bearer=bearer))
    for county in ranks.cities[:COUPON_SITES]:
        org, site = distributor(county), source.keys.of("site", county)
        rows.append(_coupon(source, f"CITY-{county}", "City coupon", org, _SITE_OFFER, 15, site=site))
    for org in ranks.stores[:COUPON_STORES]:
        cloud_store = source.cloud_store(org)
        rows.append(_coupon(source, f"SHOP-{org.number}", "3 off 25", org, _STORE_OFFER, 25, cloud_store=cloud_store))
    return rows


def _coupon(
    source: Source,
    code: str,
    name: str,
    org: Org,
    offer: Offer,
    drawn: int,
    *,
    bearer: UUID | None = None,
    site: UUID | None = None,
    cloud_store: UUID | None = None,
) -> Terms:
    issuer = source.organization(org)
    scope = RightScope.SITE if site else RightScope.STORE if cloud_store else RightScope.TENANT
    return Terms(
        code,
        RightKind.COUPON,
        name,
        scope,
        issuer=issuer,
        bearer=bearer or issuer,
        held_pct=drawn,
        honours=() if cloud_store else _below(source, [org]),
        site=site,
        cloud_store=cloud_store,
        offer=offer,
    )
