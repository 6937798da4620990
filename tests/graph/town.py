"""A small town of members: two shops of one distributor, one of another, a brand with a mall, and five shoppers."""

from domain.attribution import BindingEnd
from domain.channel import CloudStoreMode, Role, Tier
from domain.member import CouponState, RightKind, RightScope
from tests.graph.members import DAY, NOW, Members

SHOP, MANAGER, SISTER, FAR = "store:shop/clerk", "store:shop/manager", "store:sister/clerk", "store:far/clerk"
HOUSE, SALES, BRAND, ANALYST = "house/operator", "house/salesperson", "brand/operator", "brand/analyst"
SYSTEM, ADMIN = "partner:shop", "admin"


def town(code: str) -> Members:
    """Ann is a member of shop, sister and the closed corner, bound to shop; she was sister's. Ben is a member of sister
    and bound to it. Dan is bound to the house. Eve is a member of the brand's mall. Cat was far's, and is nobody's.
    """
    made = Members(code)
    _channel(made)
    _people(made)
    _rights(made)
    _held(made)
    return made


def _channel(made: Members) -> None:
    made.organization("brand", Tier.BRAND)
    made.organization("house", Tier.DISTRIBUTOR, ("brand",))
    made.organization("other", Tier.DISTRIBUTOR, ("brand",))
    for shop in ("shop", "sister", "corner"):
        made.organization(shop, Tier.STORE, ("house", "brand"))
    made.organization("far", Tier.STORE, ("other", "brand"))
    made.site("main", "brand")
    made.site("city", "house", "main")
    made.cloud_store("shop online", "shop", site="city")
    made.cloud_store("sister online", "sister", site="main")
    made.cloud_store("corner online", "corner", closed=True)
    made.cloud_store("far online", "far", site="city")
    made.cloud_store("house ordering", "house", CloudStoreMode.B2B_ORDERING, "city")
    made.cloud_store("brand mall", "brand", CloudStoreMode.PRIVATE_MALL, "main")
    made.staff(SHOP, "shop", Role.CLERK, "Sam")
    made.staff(MANAGER, "shop", Role.MANAGER, "Mia")
    made.staff("store:shop/gone", "shop", Role.CLERK, "Gus", active=False)
    made.staff(SISTER, "sister", Role.CLERK, "Sue")
    made.staff(FAR, "far", Role.CLERK, "Fay")
    made.staff(HOUSE, "house", Role.OPERATOR, "Hal")
    made.staff(SALES, "house", Role.SALESPERSON, "Hub")
    made.staff(BRAND, "brand", Role.OPERATOR, "Bea")
    made.staff(ANALYST, "brand", Role.ANALYST, "Bob")
    made.partner(SYSTEM, "shop")
    made.promoter("pia", "shop")


def _people(made: Members) -> None:
    made.customer("ben", "+15155550123")
    made.customer("ann", "+8613800001234", referred_by="ben", tags=("vip",))
    for name in ("cat", "dan", "eve"):
        made.customer(name)
    made.member("ann", "sister online")
    made.member("ann", "corner online")
    made.member("ann", "shop online")
    made.member("ben", "sister online")
    made.member("eve", "brand mall")
    made.touch("first touch", "ann", "sister", "BOUND", guide=SISTER)
    made.touch("second touch", "ann", "shop", "TOOK_OVER", promoter="pia")
    made.touch("third touch", "ann", "far", "REJECTED", "PROTECTED")
    chain = ("house",)
    made.binding("was sister's", "ann", "sister", chain, at=NOW - 90 * DAY, ended=BindingEnd.TAKEN_OVER, guide=SISTER)
    made.binding("is shop's", "ann", "shop", chain, guide=SHOP, promoter="pia")
    made.binding("ben's", "ben", "sister", chain, at=NOW - 40 * DAY, guide=SISTER)
    made.binding("was far's", "cat", "far", ("other",), at=NOW - 60 * DAY, ended=BindingEnd.LAPSED)
    made.binding("dan's", "dan", "house", (), at=NOW - 180 * DAY, guide=SALES)


def _rights(made: Members) -> None:
    made.terms("club", RightKind.TIER, "brand")
    made.tier("club", 1, 0)
    made.tier("club", 2, 500)
    made.terms("stars", RightKind.POINTS, "brand", redeem=(100, 250))
    made.terms("purse", RightKind.STORED_VALUE, "house")
    for terms in ("club", "stars"):
        made.honour(terms, "brand", below=True)
    made.honour("purse", "house", below=True)
    made.terms("city days", RightKind.COUPON, "brand", RightScope.SITE, "city")
    made.honour("city days", "brand", below=True)
    made.offer("city days", off_bps=1_000, most=900)
    made.terms("shop five", RightKind.COUPON, "shop", RightScope.STORE, "shop online", bearer="brand")
    made.offer("shop five", off_fen=500)
    made.terms("sister own", RightKind.COUPON, "sister", RightScope.STORE, "sister online")
    made.offer("sister own", off_fen=700)
    made.terms("sister anywhere", RightKind.STORED_VALUE, "sister")
    made.terms("far and wide", RightKind.COUPON, "far")
    made.offer("far and wide", off_bps=500)
    made.honour("far and wide", "shop")
    made.terms("house alone", RightKind.STORED_VALUE, "far")
    made.honour("house alone", "house")


def _held(made: Members) -> None:
    made.grown("ann", "club", 620, 2)
    made.holds("ann", "stars", RightKind.POINTS, 399)
    made.holds("ann", "purse", RightKind.STORED_VALUE, 5_000)
    made.holds("ann", "sister anywhere", RightKind.STORED_VALUE, 800)
    made.holds("ann", "house alone", RightKind.STORED_VALUE, 60)
    made.coupon("C1", "ann", "city days", "shop")
    made.coupon("S1", "ann", "shop five", "shop", until=NOW + 3 * DAY)
    made.coupon("S2", "ann", "shop five", "shop", CouponState.LOCKED)
    made.coupon("S3", "ann", "shop five", "shop", until=NOW)
    made.coupon("S4", "ann", "shop five", "shop", since=NOW + DAY)
    made.coupon("S5", "ann", "shop five", "shop", CouponState.REVOKED)
    made.coupon("T1", "ann", "sister own", "sister")
    made.coupon("T2", "ann", "sister own", "sister", CouponState.USED)
    made.coupon("F1", "ann", "far and wide", "far")
    made.holds("ben", "stars", RightKind.POINTS, 99)
