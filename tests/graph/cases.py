"""The documents whose statements are counted: every root field and every edge of the graph is in one of them."""

from dataclasses import dataclass

from tests.graph.documents import Ids

CLERK, SALES, OPERATOR, BRAND, ANALYST = (
    "store:2191/clerk",
    "distributor:56/salesperson",
    "distributor:56/operator",
    "brand:260/operator",
    "brand:260/analyst",
)


@dataclass(frozen=True)
class Case:
    """A document in depth (%(name)s are ids, %(first)d is the page's size), who asks, and the statements it takes.

    A viewer with a token costs one of them: the database confirms her. `total` stands where the connection that the
    case is about may be counted; `more` is what that costs.
    """

    document: str
    by: str | None
    statements: int
    more: int = 1

    def text(self, ids: Ids, first: int = 5, total: str = "") -> str:
        return self.document % {
            "first": first,
            "total": total,
            "store": ids.store(2191),
            "distributor": ids.distributor(56),
            "brand": ids.brand(260),
            "sku": ids.sku(43337),
            "product": ids.product(43334),
            "listing": ids.listing("STORE", 2191, 43337),
            "order": ids.order("S291988"),
            "location": ids.location("STORE", 2191),
            "warehouse": ids.location("DISTRIBUTOR", 56),
            "cloud_store": ids.cloud_store("STORE", 2191),
            "category": ids.category(1062310),
            "assortment": ids.assortment(56),
            "cost_list": ids.price_list("COST", 260),
            "pool": ids.pool("DISTRIBUTOR", 56),
            "customer": ids.customer(1),
            "binding": ids.of("binding", 1),
            "tier": ids.of("right", "CLUB"),
            "campaign": ids.campaign("FLAGSHIP-75"),
            "coupons": ids.campaign("WELCOME"),
            "paper": ids.of("stockdocument", "STORE", 2191),
        }


ORGANIZATION = (
    "id tier code name region { name } brands { id } cloudStore { mode site { name } } territories { regions { name } }"
)

ROOTS: dict[str, Case] = {
    "quote": Case(
        '{ quote(lines: [{listingId: "%(listing)s", quantity: 1}]) '
        "{ total canBePlaced lines { amount sellable listing { id } } } }",
        None,
        5,
    ),
    "viewer": Case("{ viewer { actorClass organization { name } } }", CLERK, 2),
    "tenant": Case("{ tenant { code currency } }", None, 1),
    "node": Case('{ node(id: "%(sku)s") { id ... on Sku { name product { name } } } }', None, 2),
    "nodes": Case('{ nodes(ids: ["%(sku)s", "%(product)s", "%(store)s", "%(brand)s", "%(sku)s"]) { id } }', None, 3),
    "organization": Case('{ organization(id: "%(distributor)s") { ' + ORGANIZATION + " } }", None, 5),
    "organizationByCode": Case('{ organizationByCode(tier: STORE, code: "2191") { ' + ORGANIZATION + " } }", None, 6),
    "store": Case(
        '{ store(id: "%(store)s") { upstreams { isPrimary organization { name } } '
        "ancestors(first: %(first)d) { nodes { name } } "
        "locations { stock(first: 5) { nodes { onHand sku { name } owner { name } } } } "
        "ordersPlaced(first: 5) { nodes { number seller { name } "
        "lines(first: 5) { nodes { sku { name } brand { name } } } } } "
        "authorizations { grantor { name } assortment { skus(first: 5) { nodes { sku { name } minPrice } } } } "
        "shelf(first: %(first)d) { nodes { price sellable sellableByLevel { units } "
        "trade { supplyPrice supplier { name } } } } } }",
        CLERK,
        20,
    ),
    "stores": Case("{ stores(first: %(first)d) { nodes { name region { name } distributor { name } } } }", None, 3),
    "distributors": Case("{ distributors(first: %(first)d) { nodes { name territories { name } } } }", None, 2),
    "brands": Case("{ brands(first: %(first)d) { nodes { name products(first: 3) { nodes { name } } } } }", None, 2),
    "cloudStore": Case(
        '{ cloudStore(id: "%(cloud_store)s") { organization { name } site { name } region { name } '
        "shelf(first: %(first)d) { nodes { sku { name } } } } }",
        None,
        6,
    ),
    "sites": Case(
        "{ sites(first: %(first)d) { nodes { name organization { name } parent { name } region { name } } } }", None, 4
    ),
    "product": Case(
        '{ product(id: "%(product)s") { name brand { name } category { name parent { name } } '
        "skus { code packUnits { units } attributes { integer } } } }",
        None,
        6,
    ),
    "products": Case("{ products(first: %(first)d) { nodes { name brand { name } category { name } } } }", None, 3),
    "sku": Case(
        '{ sku(id: "%(sku)s") { name product { name } channelStock { onHand } externalReferences { value } } }',
        ANALYST,
        5,
    ),
    "categories": Case(
        "{ categories(first: %(first)d) { nodes { name products(first: 3) { nodes { name } } } } }", None, 2
    ),
    "attributes": Case("{ attributes(first: %(first)d) { nodes { code kind category { name } } } }", None, 1),
    "openNotices": Case(
        "{ openNotices(first: %(first)d) { nodes { kind note payment { id } refund { id } } } }", "admin", 1
    ),
    "shortLines": Case(
        "{ shortLines(first: %(first)d) { nodes { short order { id } sku { code } goodsOwner { code } "
        "fulfiller { code } } } }",
        "admin",
        1,
    ),
    "listing": Case('{ listing(id: "%(listing)s") { price sellable seller { name } sku { name } } }', None, 5),
    "price": Case(
        '{ price(sellerId: "%(distributor)s", buyerId: "%(store)s", skuId: "%(sku)s") '
        "{ unitPrice explain { reason } } }",
        SALES,
        2,
    ),
    "customer": Case(
        '{ customer(id: "%(customer)s") { displayName memberships(first: %(first)d) { nodes { customer { phone } '
        'cloudStore { name } rights { usable } } } rights(at: "%(cloud_store)s") { reason right { name issuer { name } '
        "bearer { name } } settlesWith { name } coupon { code right { name } customer { id } } } } }",
        "admin",
        12,
    ),
    "location": Case(
        '{ location(id: "%(location)s") { organization { name } region { name } '
        "stock(first: %(first)d) { nodes { onHand sku { name } location { code } } } } }",
        CLERK,
        6,
    ),
    "campaign": Case(
        '{ campaign(id: "%(campaign)s") { name owner { name } giftSku { code } couponRight { code } '
        "funders { shareBps organization { name } } answers(first: %(first)d) { nodes { stance store { code } } } "
        "targeting { conditionCount conditions { dimension site { name } territory { name } memberTier { code } "
        "organization { code } sku { code } category { code } } } } }",
        BRAND,
        10,
    ),
    "order": Case(
        '{ order(id: "%(order)s") { number seller { name } buyer { name } externalReferences { value } '
        "lines(first: %(first)d) { nodes { net goodsOwner { name } fulfiller { name } } } } }",
        CLERK,
        5,
    ),
}
"""Every field of Query, by name."""

DEEP: dict[str, Case] = {
    "a front page": Case(
        '{ cloudStore(id: "%(cloud_store)s") { decoration { bannerText sections { title skus { name } '
        "categories { name } } } sourcingPolicy { criteria maxPackages } } }",
        CLERK,
        7,
    ),
    "supply on offer": Case(
        '{ store(id: "%(store)s") { supplyOffers(first: %(first)d) { nodes { offeredAt upstream { name } '
        "downstream { name } offeredBy { name } } } } }",
        CLERK,
        4,
    ),
    "who works where": Case(
        '{ organization(id: "%(distributor)s") { tags staff(first: %(first)d) { nodes { displayName role isActive '
        "organization { name } } } territories { name organization { name } } "
        "applicants(first: %(first)d) { nodes { name status } } } }",
        OPERATOR,
        6,
    ),
    "what there is to ship": Case(
        '{ store(id: "%(store)s") { goodsToShip(first: %(first)d) { nodes { orderNumber quantity order { number } '
        "seller { name } sku { name } location { code } owner { name } delivery { address region { name } } } } } }",
        CLERK,
        3,
    ),
    "what she bought": Case(
        '{ customer(id: "%(customer)s") { orders(first: %(first)d) { nodes { number seller { name } '
        "customer { displayName } } } } }",
        "member:1",
        5,
    ),
    "what is held for her": Case(
        '{ customer(id: "%(customer)s") { holds(first: %(first)d) { nodes { id byStore expiresAt cloudStore { name } '
        "lines { quantity sku { code } } } } } }",
        "member:1",
        3,
    ),
    "what a cloud store's people hold": Case(
        '{ cloudStore(id: "%(cloud_store)s") { holds(first: %(first)d) { nodes { id state createdAt '
        "lines { quantity } } } } }",
        CLERK,
        3,
    ),
    "herself": Case("{ viewer { customer { displayName referredBy { displayName } } } }", "member:1", 2),
    "a right": Case(
        '{ node(id: "%(tier)s") { ... on Right { issuer { name } bearer { name } site { code } cloudStore { name } '
        "tiers { name } honours { organization { name } } offer { benefit } } } }",
        "admin",
        6,
    ),
    "whose she is": Case(
        '{ customer(id: "%(customer)s") { binding { standing owner { name } customer { id } '
        "guide { displayName organization { name } customerCount } promoter { code } } "
        "bindings(first: %(first)d) { nodes { boundAt } } } }",
        "admin",
        6,
    ),
    "a binding": Case(
        '{ node(id: "%(binding)s") { ... on Binding { owner { name } chain { organization { name } } } } }', "admin", 4
    ),
    "her touches": Case(
        '{ customer(id: "%(customer)s") { touches(first: 2) { nodes { organization { name } customer { id } '
        "guide { role } promoter { code } } } } }",
        "admin",
        4,
    ),
    "who brings customers": Case(
        '{ organization(id: "%(store)s") { customers(first: %(first)d) { nodes { customer { displayName } } } '
        "promoters(first: 5) { nodes { displayName organization { name } customerCount } } "
        "guides(first: 5) { nodes { displayName organization { name } customerCount } } } "
        'cloudStore(id: "%(cloud_store)s") { members(first: %(first)d) { nodes { customer { displayName } } } } }',
        CLERK,
        10,
    ),
    "what reaches a store": Case(
        '{ cloudStore(id: "%(cloud_store)s") { campaigns(first: %(first)d) { thresholdFen campaign { name } } '
        "campaignsMissed(first: %(first)d) { nodes { reason campaign { name } } } } }",
        CLERK,
        8,
    ),
    "what reaches a shelf": Case(
        '{ cloudStore(id: "%(cloud_store)s") { shelf(first: %(first)d) { nodes { campaigns(first: 5) { offFen '
        "campaign { name } } } } } }",
        "member:1",
        12,
    ),
    "an organisation's campaigns": Case(
        '{ organization(id: "%(brand)s") { campaigns(status: PUBLISHED, first: %(first)d) { nodes { code '
        "owner { name } } } } }",
        BRAND,
        3,
    ),
    "what coupons take off": Case(
        '{ campaign(id: "%(coupons)s") { couponOffer { thresholdFen offFen } couponRight { name } } }', BRAND, 5
    ),
    "pools": Case(
        '{ organization(id: "%(distributor)s") { externalReferences { value } pools { organization { name } } } }',
        OPERATOR,
        4,
    ),
    "a pool": Case(
        '{ node(id: "%(pool)s") { ... on Pool { contributions(first: %(first)d) { nodes { owner { name } '
        "visibleTo { name } location { name } "
        "skus(first: 5) { nodes { held sku { name product { name } } } } } } } } }",
        OPERATOR,
        8,
    ),
    "goods by their owner": Case(
        '{ organization(id: "%(distributor)s") { stock(first: %(first)d) { nodes { onHand location { name } '
        "owner { name } sku { name } } } } }",
        OPERATOR,
        5,
    ),
    "what an organisation contributes": Case(
        '{ organization(id: "%(distributor)s") { contributions(first: 5) { nodes { pool { name } location { name } '
        "visibleTo { name } skus(first: %(first)d) { nodes { cap held } } } } } }",
        OPERATOR,
        6,
    ),
    "price lists": Case(
        '{ organization(id: "%(brand)s") { priceLists(first: 5) { nodes { code buyer { name } region { name } '
        "site { name } prices(first: %(first)d) { nodes { unitPrice sku { name } } } } } } }",
        BRAND,
        5,
    ),
    "orders received": Case(
        '{ organization(id: "%(distributor)s") { ordersReceived(first: %(first)d) { nodes { number buyer { name } '
        "lines(first: 3) { nodes { net brand { name } sku { product { name } } } } } } } }",
        OPERATOR,
        8,
    ),
    "descendants": Case(
        '{ organization(id: "%(brand)s") { descendants(tier: STORE, first: %(first)d) '
        "{ nodes { name region { name } cloudStore { mode } } } } }",
        ANALYST,
        5,
    ),
    "sell-in": Case(
        '{ organization(id: "%(brand)s") { ... on Brand { sellIn(from: "2012-01-01", until: "2016-01-01", '
        "by: [SKU], first: %(first)d) { nodes { month units stores category { name } "
        "sku { name product { name } } } } } } }",
        ANALYST,
        5,
    ),
    "sell-in by month and region": Case(
        '{ organization(id: "%(brand)s") { ... on Brand { sellIn(from: "2012-01-01", until: "2016-01-01", '
        "by: [MONTH, REGION], first: %(first)d) { nodes { month orders region { name } } } } } }",
        ANALYST,
        4,
    ),
    "stock cover": Case(
        '{ organization(id: "%(brand)s") { ... on Brand { stockCover(until: "2015-11-01", days: 366, '
        "first: %(first)d) { nodes { sold onHand daysOfCover sku { name } } } } } }",
        ANALYST,
        5,
    ),
    "shelf coverage": Case(
        '{ organization(id: "%(brand)s") { ... on Brand { shelfCoverage { total covered bps '
        "skus(first: %(first)d) { nodes { covered bps sku { name } } } } } } }",
        ANALYST,
        5,
    ),
    "sales": Case(
        '{ organization(id: "%(distributor)s") { sales(from: "2012-01-01", until: "2016-01-01", '
        "by: [REGION, SKU], first: %(first)d) { nodes { amount region { name } category { name } "
        "sku { name } } } } }",
        OPERATOR,
        5,
    ),
    "purchases": Case(
        '{ store(id: "%(store)s") { purchases(from: "2012-01-01", until: "2016-01-01", by: [SKU], '
        "first: %(first)d) { nodes { amount parties region { name } category { name } sku { name } } } } }",
        CLERK,
        4,
    ),
    "an assortment": Case(
        '{ node(id: "%(assortment)s") { ... on Assortment { grantor { name } '
        "skus(first: %(first)d) { nodes { maxPrice sku { packUnits { units } } } } } } }",
        CLERK,
        6,
    ),
    "a paper about goods": Case(
        '{ node(id: "%(paper)s") { ... on StockDocument { location { code } toLocation { code } owner { code } '
        "movements(first: %(first)d) { nodes { sku { code } location { code } owner { code } } } } } }",
        CLERK,
        6,
    ),
}
"""Edges that no root field's document goes through."""
