"""What is private in the graph, by the documents that ask for it: who is told something, and who nothing."""

from dataclasses import dataclass
from typing import Any

from tests.graph.documents import IOWA

CLERK, SISTER, STRANGER = "store:2191/clerk", "store:2555/clerk", "store:2205/clerk"
"""The sister shop buys from the same distributor, the stranger from another."""
OURS, THEIRS = "distributor:56/operator", "distributor:73/operator"
OPERATOR, RIVAL = "brand:260/operator", "brand:65/operator"
ANALYST = "brand:260/analyst"
SHOP, DISTRIBUTOR = IOWA.store(2191), IOWA.distributor(56)
FLAGSHIP = IOWA.campaign("FLAGSHIP-75")


@dataclass(frozen=True)
class Private:
    """A field that is not for all: the document, how its answer is read, who sees something, and who sees nothing.

    `refused_to`: who may not ask for it at all.
    """

    document: str
    path: tuple[Any, ...]
    seen_by: tuple[str, ...]
    hidden_from: tuple[str, ...]
    refused_to: tuple[str, ...] = ()


def shop(selection: str) -> str:
    return '{ store(id: "%s") { %s } }' % (SHOP, selection)


def house(selection: str) -> str:
    return '{ organization(id: "%s") { %s } }' % (DISTRIBUTOR, selection)


def brand(selection: str) -> str:
    return '{ organization(id: "%s") { ... on Brand { %s } } }' % (IOWA.brand(260), selection)


PERIOD = 'from: "2012-01-01", until: "2016-01-01"'
FIGURES = "{ nodes { month region { code } sku { code } category { code } units orders parties amount } }"
STAFF = (CLERK, SISTER, STRANGER, OURS, THEIRS, OPERATOR, RIVAL, "partner:1")


def all_but(*seen: str) -> tuple[str, ...]:
    return tuple(who for who in STAFF if who not in seen)


OPEN_NOTICES, SHORT_LINES = "{ openNotices { totalCount } }", "{ shortLines { totalCount } }"
"""The platform's alone, and empty in the demo: who finds something there is tried where there is something."""
PRIVATE = {
    "locations": Private(
        shop("it: locations { kind code name organization { name } region { name } point { latitude longitude } }"),
        ("store", "it"),
        (CLERK, "admin"),
        all_but(CLERK),
    ),
    "stock": Private(
        '{ location(id: "%s") { it: stock { nodes { sku { code } location { code } owner { code } lotCode producedOn '
        "expiresOn onHand reserved allocated inTransit quarantined } } } }" % IOWA.location("STORE", 2191),
        ("location", "it", "nodes"),
        (CLERK, "admin"),
        all_but(CLERK),
    ),
    "a paper about goods": Private(
        '{ it: node(id: "%s") { ... on StockDocument { kind reason at owner { code } location { code } '
        "toLocation { code } movements(first: 2) { nodes { sku { code } location { code } owner { code } "
        "lotCode onHand reserved allocated inTransit quarantined } } } } }" % IOWA.of("stockdocument", "STORE", 2191),
        ("it",),
        (CLERK, "admin"),
        all_but(CLERK),
    ),
    "goods by their owner": Private(
        house("it: stock { nodes { onHand } }"), ("organization", "it", "nodes"), (OURS, "admin"), all_but(OURS)
    ),
    "pools": Private(
        house("it: pools { code name organization { code } }"), ("organization", "it"), (OURS, "admin"), all_but(OURS)
    ),
    "what a pool is made of": Private(
        '{ it: node(id: "%s") { ... on Pool { contributions { nodes { pool { code } location { code } owner { code } '
        "visibleTo { code } shareBps skus(first: 5) { nodes { sku { code } cap held } } } } } } }"
        % IOWA.pool("DISTRIBUTOR", 56),
        ("it",),
        (OURS, "admin"),
        all_but(OURS),
        (ANALYST,),
    ),
    "what an organisation contributes": Private(
        house("it: contributions { nodes { shareBps } }"),
        ("organization", "it", "nodes"),
        (OURS, "admin"),
        all_but(OURS),
        (ANALYST,),
    ),
    "pool by id": Private(
        '{ it: node(id: "%s") { id ... on Pool { code } } }' % IOWA.pool("DISTRIBUTOR", 56),
        ("it",),
        (OURS, "admin"),
        all_but(OURS),
    ),
    "notices about an organisation's sales": Private(
        house("it: openNotices { nodes { id } }"),
        ("organization", "it"),
        (OURS, "admin"),
        all_but(OURS),
        (ANALYST,),
    ),
    **{
        f"an organisation's {name}": Private(
            house(
                "it: %s { nodes { orderNumber line short shortSince order { id } sku { code } goodsOwner { code } "
                "fulfiller { code } } }" % name
            ),
            ("organization", "it"),
            (OURS, "admin"),
            all_but(OURS),
            (ANALYST,),
        )
        for name in ("shortLines", "shortToShip")
    },
    "price lists": Private(
        house(
            "it: priceLists { nodes { code name audience scope buyer { code } buyerTag buyerTier "
            "region { code } site { code } isGenerated "
            "prices { nodes { sku { code } minQty unitPrice validFrom validUntil } } } }"
        ),
        ("organization", "it", "nodes"),
        (OURS, "admin"),
        all_but(OURS),
    ),
    "a brand's cost list": Private(
        '{ it: node(id: "%s") { id ... on PriceList { prices { nodes { unitPrice } } } } }'
        % IOWA.price_list("COST", 260),
        ("it",),
        (OPERATOR, "admin"),
        all_but(OPERATOR),
    ),
    "trade terms": Private(
        '{ listing(id: "%s") { it: trade { supplier { code } supplyPrice minPrice maxPrice } } }'
        % IOWA.listing("STORE", 2191, 43337),
        ("listing", "it"),
        (CLERK, "admin"),
        all_but(CLERK),
    ),
    "levels of a promise": Private(
        '{ listing(id: "%s") { it: sellableByLevel { hops units } } }' % IOWA.listing("STORE", 2191, 43337),
        ("listing", "it"),
        (CLERK, "admin"),
        all_but(CLERK),
    ),
    "the trade price": Private(
        '{ it: price(sellerId: "%s", buyerId: "%s", skuId: "%s") { quantity at unitPrice amount '
        "explain { listName scope minQty unitPrice validFrom validUntil applied reason } } }"
        % (DISTRIBUTOR, SHOP, IOWA.sku(43337)),
        ("it",),
        (CLERK, OURS, "admin"),
        all_but(CLERK, OURS),
    ),
    "the brand's price to the distributor": Private(
        '{ it: price(sellerId: "%s", buyerId: "%s", skuId: "%s") { unitPrice } }'
        % (IOWA.brand(260), DISTRIBUTOR, IOWA.sku(43337)),
        ("it",),
        (OURS, OPERATOR, "admin"),
        all_but(OURS, OPERATOR),
    ),
    "a price over the head of the distributor": Private(
        '{ it: price(sellerId: "%s", buyerId: "%s", skuId: "%s") { unitPrice } }'
        % (IOWA.brand(260), SHOP, IOWA.sku(43337)),
        ("it",),
        (),
        (*STAFF, "admin"),
    ),
    "the price at an ordering mall": Private(
        '{ listing(id: "%s") { it: price } }' % IOWA.listing("DISTRIBUTOR", 56, 43337),
        ("listing", "it"),
        (CLERK, SISTER),
        (*all_but(CLERK, SISTER), "member:1"),
    ),
    "orders placed": Private(
        shop(
            "it: ordersPlaced { nodes { number kind state seller { code } buyer { code } currency total terminal "
            "placedAt lines { nodes { line sku { code } quantity unitPrice discount net brand { code } "
            "goodsOwner { code } fulfiller { code } } } } }"
        ),
        ("store", "it", "nodes"),
        (CLERK, OURS, "admin"),
        (*all_but(CLERK, OURS), "member:1"),
        (ANALYST,),
    ),
    "orders received": Private(
        house("it: ordersReceived { nodes { number } }"),
        ("organization", "it", "nodes"),
        (CLERK, SISTER, OURS, "admin"),
        # A buyer sees her own among them. The partner is the other distributor's system.
        (*all_but(CLERK, SISTER, OURS), "member:1"),
        (ANALYST,),
    ),
    "an order": Private(
        '{ it: order(id: "%s") { total } }' % IOWA.order("S291988"),
        ("it",),
        (CLERK, OURS, "admin"),
        (*all_but(CLERK, OURS), "member:1"),
        (ANALYST,),
    ),
    "an order by its global id": Private(
        '{ it: node(id: "%s") { id } }' % IOWA.order("S291988"),
        ("it",),
        (CLERK, OURS, "admin"),
        (*all_but(CLERK, OURS), ANALYST, "member:1"),
    ),
    "authorizations": Private(
        shop(
            "it: authorizations { grantor { code } validFrom validUntil assortment { code name isGenerated "
            "grantor { code } skus { nodes { sku { code } minPrice maxPrice } } } }"
        ),
        ("store", "it"),
        (CLERK, OURS, "admin"),
        all_but(CLERK, OURS),
    ),
    "an assortment": Private(
        '{ it: node(id: "%s") { id ... on Assortment { code } } }' % IOWA.assortment(56),
        ("it",),
        (CLERK, SISTER, OURS, "admin"),
        all_but(CLERK, SISTER, OURS),
    ),
    "upstreams": Private(
        shop("it: upstreams { isPrimary organization { code } }"),
        ("store", "it"),
        (CLERK, OURS, OPERATOR, "admin"),
        all_but(CLERK, OURS, OPERATOR, RIVAL),
    ),
    "ancestors": Private(
        shop("it: ancestors { nodes { name } }"),
        ("store", "it", "nodes"),
        (CLERK, OURS, OPERATOR, "admin"),
        all_but(CLERK, OURS, OPERATOR, RIVAL),
    ),
    "descendants": Private(
        house("it: descendants { nodes { name } }"),
        ("organization", "it", "nodes"),
        (OURS, OPERATOR, "admin"),
        all_but(OURS, OPERATOR, RIVAL),
    ),
    "channel stock": Private(
        '{ sku(id: "%s") { it: channelStock { onHand holders } } }' % IOWA.sku(43337),
        ("sku", "it"),
        (OPERATOR, ANALYST, "admin"),
        (OURS, THEIRS, RIVAL, "brand:65/analyst", "partner:1"),
    ),
    "sell-in": Private(
        brand(
            f"it: sellIn({PERIOD}, by: [REGION, SKU]) "
            "{ nodes { month region { code } sku { code } category { code } units orders stores } }"
        ),
        ("organization", "it", "nodes"),
        (OPERATOR, ANALYST, "admin"),
        (OURS, "distributor:56/salesperson", THEIRS, RIVAL, "brand:65/analyst", "partner:1"),
    ),
    "stock cover": Private(
        brand('it: stockCover(until: "2015-11-01", days: 366) { nodes { sku { code } onHand sold daysOfCover } }'),
        ("organization", "it", "nodes"),
        (OPERATOR, ANALYST, "admin"),
        (OURS, "distributor:56/salesperson", THEIRS, RIVAL, "brand:65/analyst", "partner:1"),
    ),
    "shelf coverage": Private(
        brand("it: shelfCoverage { total covered bps skus { nodes { sku { code } covered bps } } }"),
        ("organization", "it"),
        (OPERATOR, ANALYST, "admin"),
        (OURS, "distributor:56/salesperson", THEIRS, RIVAL, "brand:65/analyst", "partner:1"),
    ),
    "sales": Private(
        house(f"it: sales({PERIOD}, by: [MONTH, SKU]) {FIGURES}"),
        ("organization", "it", "nodes"),
        (OURS, "distributor:56/salesperson", "admin"),
        all_but(OURS),
    ),
    "purchases": Private(
        shop(f"it: purchases({PERIOD}, by: [REGION, CATEGORY]) {FIGURES}"),
        ("store", "it", "nodes"),
        (CLERK, "admin"),
        # Also from who sold it some of that: others may have sold it more.
        all_but(CLERK),
    ),
    "an organisation's campaigns": Private(
        brand("it: campaigns { nodes { code } }"),
        ("organization", "it", "nodes"),
        (OPERATOR, ANALYST, "admin"),
        all_but(OPERATOR),
    ),
    "who funds a campaign": Private(
        '{ campaign(id: "%s") { it: funders { organization { code } shareBps } } }' % FLAGSHIP,
        ("campaign", "it"),
        (OPERATOR, ANALYST, "admin"),
        all_but(OPERATOR),
    ),
    "whom a campaign aims at": Private(
        '{ campaign(id: "%s") { couponRight { code } it: targeting { conditionCount conditions { dimension negated '
        "site { code } territory { name } tier organization { code } tag mode memberTier { code level name growthFrom "
        "pointsRatePct } sku { code } category { code } terminal weekdays fromMinute untilMinute } } } }" % FLAGSHIP,
        ("campaign", "it"),
        (OPERATOR, ANALYST, "admin"),
        all_but(OPERATOR),
    ),
    "what stores said to a campaign": Private(
        '{ campaign(id: "%s") { it: answers { nodes { store { code } stance thresholdFen thresholdUnits offFen offBps '
        "priceFen } } } }" % FLAGSHIP,
        ("campaign", "it"),
        (OPERATOR, ANALYST, "admin"),
        all_but(OPERATOR),
    ),
    "what does not reach a store": Private(
        '{ cloudStore(id: "%s") { it: campaignsMissed { nodes { campaign { code } reason dimension } } } }'
        % IOWA.cloud_store("STORE", 2191),
        ("cloudStore", "it"),
        (CLERK, OPERATOR, "admin"),
        # The other brand and these distributors start no campaign; the partner's does, and is told of its own.
        all_but(CLERK, OPERATOR, "partner:1"),
    ),
    "a customer": Private(
        '{ it: customer(id: "%s") { displayName phone joinedAt tags referredBy { id } '
        "memberships { nodes { joinedAt customer { id } cloudStore { id } rights { usable } } } "
        'rights(at: "%s") { usable reason worthFen balance growth tier { level } '
        "right { kind code name scope validFrom validUntil redeemPoints redeemFen isGenerated issuer { code } "
        "site { code } cloudStore { id } honours { organization { code } includesBelow } "
        "tiers { level code name growthFrom pointsRatePct } "
        "offer { benefit thresholdFen offFen offBps maxOffFen } } "
        "coupon { code state grantedAt validFrom validUntil right { code } customer { id } } } "
        "binding { source strength boundAt protectedUntil validUntil endedAt endCause endReason standing "
        "customer { id } owner { code } guide { displayName role customerCount organization { code } } "
        "promoter { displayName kind code joinedAt isActive customerCount organization { code } } "
        "chain { hops tier organization { code } } } bindings { nodes { id } } "
        "touches { nodes { source strength terminal occurredAt outcome rejection customer { id } "
        "organization { code } guide { role } promoter { code } } } } }"
        % (IOWA.customer(1), IOWA.cloud_store("STORE", 2191)),
        ("it",),
        # The brand's mall has her as a member too.
        ("member:1", CLERK, OPERATOR, "admin"),
        (*all_but(CLERK, OPERATOR), "member:2"),
    ),
    "a customer's rights at a shop": Private(
        '{ customer(id: "%s") { it: rights(at: "%s") { right { bearer { code } } settlesWith { code } } } }'
        % (IOWA.customer(1), IOWA.cloud_store("STORE", 2191)),
        ("customer", "it"),
        (CLERK, "admin"),
        all_but(CLERK),
    ),
    "herself": Private("{ viewer { it: customer { id } } }", ("viewer", "it"), ("member:1",), (*STAFF, "admin")),
    "members": Private(
        '{ cloudStore(id: "%s") { it: members { nodes { id } } } }' % IOWA.cloud_store("STORE", 2191),
        ("cloudStore", "it"),
        (CLERK, "store:2191/manager", "admin"),
        (*all_but(CLERK), "member:1"),
    ),
    "bound customers": Private(
        shop("it: customers { nodes { id } }"), ("store", "it"), (CLERK, "admin"), (*all_but(CLERK), "member:1")
    ),
    "promoters": Private(
        shop("it: promoters { nodes { id } }"), ("store", "it"), (CLERK, "admin"), (*all_but(CLERK), "member:1")
    ),
    "guides": Private(
        shop("it: guides { nodes { role } }"), ("store", "it"), (CLERK, "admin"), (*all_but(CLERK), "member:1")
    ),
    "staff": Private(
        shop("it: staff { nodes { displayName role isActive organization { code } } }"),
        ("store", "it", "nodes"),
        (CLERK, "store:2191/manager", "admin"),
        all_but(CLERK),
    ),
    "stores that applied": Private(
        house("it: applicants { nodes { code } }"),
        ("organization", "it", "nodes"),
        (OURS, "admin"),
        all_but(OURS),
    ),
    "supply on offer": Private(
        shop("it: supplyOffers { nodes { offeredAt upstream { code } downstream { code } offeredBy { code } } }"),
        ("store", "it", "nodes"),
        (CLERK, "admin"),
        all_but(CLERK),
    ),
    "how a cloud store sources": Private(
        '{ cloudStore(id: "%s") { it: sourcingPolicy { criteria maxPackages } } }' % IOWA.cloud_store("STORE", 2191),
        ("cloudStore", "it"),
        (CLERK, "admin"),
        all_but(CLERK),
    ),
    "external references": Private(
        shop("it: externalReferences { system value }"), ("store", "it"), (CLERK, "admin"), all_but(CLERK)
    ),
    "a brand's item numbers": Private(
        '{ sku(id: "%s") { it: externalReferences { system value } } }' % IOWA.sku(43337),
        ("sku", "it"),
        (OPERATOR, ANALYST, "admin"),
        all_but(OPERATOR),
    ),
}
