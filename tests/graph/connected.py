"""Every connection of the graph, by a document that asks for little else."""

from tests.graph.cases import ANALYST, BRAND, CLERK, OPERATOR, SALES, Case

CONNECTIONS: dict[str, Case] = {
    "staff": Case('{ store(id: "%(store)s") { staff(first: 2) { %(total)s nodes { displayName } } } }', CLERK, 3),
    "applicants": Case(
        '{ organization(id: "%(distributor)s") { applicants(first: 2) { %(total)s nodes { code } } } }', OPERATOR, 3
    ),
    "supply on offer": Case(
        '{ store(id: "%(store)s") { supplyOffers(first: 2) { %(total)s nodes { offeredAt } } } }', CLERK, 3
    ),
    "movements": Case(
        '{ node(id: "%(paper)s") { ... on StockDocument { movements(first: 2) { %(total)s nodes { onHand } } } } }',
        CLERK,
        3,
    ),
    "memberships": Case(
        '{ customer(id: "%(customer)s") { memberships(first: 2) { %(total)s nodes { id } } } }', "member:1", 3
    ),
    "bindings": Case(
        '{ customer(id: "%(customer)s") { bindings(first: 2) { %(total)s nodes { id } } } }', "member:1", 3
    ),
    "touches": Case('{ customer(id: "%(customer)s") { touches(first: 2) { %(total)s nodes { id } } } }', "member:1", 3),
    "members": Case('{ cloudStore(id: "%(cloud_store)s") { members(first: 2) { %(total)s nodes { id } } } }', CLERK, 3),
    "customers": Case('{ store(id: "%(store)s") { customers(first: 2) { %(total)s nodes { id } } } }', CLERK, 3),
    "promoters": Case('{ store(id: "%(store)s") { promoters(first: 2) { %(total)s nodes { id } } } }', CLERK, 3),
    "guides": Case('{ store(id: "%(store)s") { guides(first: 2) { %(total)s nodes { role } } } }', CLERK, 3),
    "campaigns": Case(
        '{ organization(id: "%(brand)s") { campaigns(first: 2) { %(total)s nodes { code } } } }', BRAND, 3
    ),
    "answers": Case('{ campaign(id: "%(campaign)s") { answers(first: 2) { %(total)s nodes { stance } } } }', BRAND, 4),
    "misses": Case(
        '{ cloudStore(id: "%(cloud_store)s") { campaignsMissed(first: 2) { %(total)s nodes { reason } } } }',
        CLERK,
        8,
        more=0,
    ),
    "ancestors": Case('{ store(id: "%(store)s") { ancestors(first: 2) { %(total)s nodes { code } } } }', CLERK, 3),
    "descendants": Case(
        '{ organization(id: "%(brand)s") { descendants(first: 2) { %(total)s nodes { code } } } }', BRAND, 3
    ),
    "price lists": Case(
        '{ organization(id: "%(brand)s") { priceLists(first: 2) { %(total)s nodes { code } } } }', BRAND, 3
    ),
    "prices": Case(
        '{ node(id: "%(cost_list)s") { ... on PriceList { prices(first: 2) { %(total)s nodes { minQty } } } } }',
        BRAND,
        3,
    ),
    "orders received": Case(
        '{ organization(id: "%(distributor)s") { ordersReceived(first: 2) { %(total)s nodes { number } } } }', SALES, 3
    ),
    "open notices of a seller": Case(
        '{ organization(id: "%(distributor)s") { openNotices(first: 2) { %(total)s nodes { id } } } }', SALES, 3
    ),
    **{
        f"{name} of an organisation": Case(
            '{ organization(id: "%(distributor)s") { ' + name + "(first: 2) { %(total)s nodes { line } } } }", SALES, 3
        )
        for name in ("shortLines", "shortToShip")
    },
    "short lines": Case("{ shortLines(first: 2) { %(total)s nodes { line } } }", "admin", 1),
    "open notices": Case("{ openNotices(first: 2) { %(total)s nodes { id } } }", "admin", 1),
    "goods to ship": Case(
        '{ store(id: "%(store)s") { goodsToShip(first: 2) { %(total)s nodes { quantity } } } }', CLERK, 3
    ),
    "what she bought": Case(
        '{ customer(id: "%(customer)s") { orders(first: 2) { %(total)s nodes { number } } } }', "member:1", 3
    ),
    "what she bought, of one state": Case(
        '{ customer(id: "%(customer)s") { orders(first: 2, state: COMPLETED) { %(total)s nodes { number } } } }',
        "member:1",
        3,
    ),
    "what is held for her": Case(
        '{ customer(id: "%(customer)s") { holds(first: 2) { %(total)s nodes { id } } } }', "member:1", 3
    ),
    "what a cloud store's people hold": Case(
        '{ cloudStore(id: "%(cloud_store)s") { holds(first: 2) { %(total)s nodes { id } } } }', CLERK, 3
    ),
    "orders placed": Case(
        '{ store(id: "%(store)s") { ordersPlaced(first: 2) { %(total)s nodes { number } } } }', CLERK, 3
    ),
    "orders between two": Case(
        '{ store(id: "%(store)s") { ordersPlaced(first: 2) { %(total)s nodes { number } } } }', SALES, 3
    ),
    "lines": Case('{ order(id: "%(order)s") { lines(first: 2) { %(total)s nodes { line } } } }', CLERK, 3),
    **{
        name: Case(
            '{ order(id: "%(order)s") { ' + name + "(first: 2) { %(total)s nodes { " + leaf + " } } } }",
            SALES,
            3,
        )
        for name, leaf in (("refunds", "id"), ("shipments", "id"), ("allocations", "line"))
    },
    # Of an order that was placed elsewhere nothing has shipped here: there is no parent to count below.
    **{
        f"lines of {name}": Case(
            '{ order(id: "%(order)s") { ' + name + "(first: 2) { nodes { lines(first: 2) "
            "{ %(total)s nodes { line } } } } } }",
            SALES,
            3,
            more=0,
        )
        for name in ("refunds", "shipments")
    },
    "a brand's products": Case(
        "{ brands(first: 9) { nodes { products(first: 2) { %(total)s nodes { code } } } } }", None, 2
    ),
    "shelves": Case("{ stores(first: 9) { nodes { shelf(first: 2) { %(total)s nodes { id } } } } }", None, 2),
    "a cloud store's shelf": Case(
        '{ cloudStore(id: "%(cloud_store)s") { shelf(first: 2) { %(total)s nodes { id } } } }', None, 2
    ),
    "a search": Case(
        '{ cloudStore(id: "%(cloud_store)s") { search(text: "vodka", first: 2) { %(total)s nodes { id } } } }', None, 3
    ),
    "a category's products": Case(
        "{ categories(first: 9) { nodes { products(first: 2) { %(total)s nodes { code } } } } }", None, 2
    ),
    "stock": Case('{ location(id: "%(warehouse)s") { stock(first: 2) { %(total)s nodes { lotCode } } } }', SALES, 3),
    "goods by their owner": Case(
        '{ organization(id: "%(distributor)s") { stock(first: 2) { %(total)s nodes { lotCode } } } }', SALES, 3
    ),
    "contributed skus": Case(
        '{ node(id: "%(pool)s") { ... on Pool { contributions(first: 9) { nodes { skus(first: 2) '
        "{ %(total)s nodes { held } } } } } } }",
        SALES,
        4,
    ),
    "contributions to a pool": Case(
        '{ node(id: "%(pool)s") { ... on Pool { contributions(first: 2) { %(total)s nodes { id } } } } }', SALES, 3
    ),
    "contributions of an owner": Case(
        '{ organization(id: "%(distributor)s") { contributions(first: 2) { %(total)s nodes { id } } } }', SALES, 3
    ),
    "assorted skus": Case(
        '{ node(id: "%(assortment)s") { ... on Assortment { skus(first: 2) { %(total)s nodes { minPrice } } } } }',
        CLERK,
        3,
    ),
    "sell-in": Case(
        '{ organization(id: "%(brand)s") { ... on Brand { sellIn(from: "2012-01-01", until: "2016-01-01", first: 2) '
        "{ %(total)s nodes { units } } } } }",
        ANALYST,
        3,
    ),
    "stock cover": Case(
        '{ organization(id: "%(brand)s") { ... on Brand { stockCover(first: 2) { %(total)s nodes { sold } } } } }',
        ANALYST,
        3,
    ),
    "covered skus": Case(
        '{ organization(id: "%(brand)s") { ... on Brand { shelfCoverage { skus(first: 2) '
        "{ %(total)s nodes { covered } } } } } }",
        ANALYST,
        4,
    ),
    "sales": Case(
        '{ organization(id: "%(distributor)s") { sales(from: "2012-01-01", until: "2016-01-01", first: 2) '
        "{ %(total)s nodes { amount } } } }",
        OPERATOR,
        3,
    ),
    "purchases": Case(
        '{ store(id: "%(store)s") { purchases(from: "2012-01-01", until: "2016-01-01", first: 2) '
        "{ %(total)s nodes { amount } } } }",
        CLERK,
        3,
    ),
    "stores": Case("{ stores(first: 2) { %(total)s nodes { code } } }", None, 1),
    "stores of a region": Case('{ stores(first: 2, regionCode: "US-IA-056") { %(total)s nodes { code } } }', None, 1),
    "distributors": Case("{ distributors(first: 2) { %(total)s nodes { code } } }", None, 1),
    "brands": Case("{ brands(first: 2) { %(total)s nodes { code } } }", None, 1),
    "sites": Case("{ sites(first: 2) { %(total)s nodes { code } } }", None, 1),
    "products": Case("{ products(first: 2) { %(total)s nodes { code } } }", None, 1),
    "categories": Case("{ categories(first: 2) { %(total)s nodes { code } } }", None, 1),
    "attributes": Case("{ attributes(first: 2) { %(total)s nodes { code } } }", None, 1),
}
"""Every connection, asked without and with its total."""
