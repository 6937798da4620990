"""The walls: between tenants, and inside a tenant between an organisation and everyone it is not entitled to."""

from dataclasses import dataclass
from typing import Any

import pytest

import boot
from tests.conftest import TenantFacts
from tests.graph.client import GraphClient
from tests.graph.documents import IOWA
from tests.graph.invoices import lines, order_number
from tests.graph.scratch import changed
from tests.graph.walk import asked_by, private

CLERK, SISTER, STRANGER = "store:2191/clerk", "store:2555/clerk", "store:2205/clerk"
"""The sister shop buys from the same distributor, the stranger from another."""
OURS, THEIRS = "distributor:56/operator", "distributor:73/operator"
OPERATOR, RIVAL = "brand:260/operator", "brand:65/operator"
SHOP, DISTRIBUTOR = IOWA.store(2191), IOWA.distributor(56)


@dataclass(frozen=True)
class Private:
    """A field that is not for all: the document, how its answer is read, who sees something, and who sees nothing."""

    document: str
    path: tuple[Any, ...]
    seen_by: tuple[str, ...]
    hidden_from: tuple[str, ...]


def shop(selection: str) -> str:
    return '{ store(id: "%s") { %s } }' % (SHOP, selection)


def house(selection: str) -> str:
    return '{ organization(id: "%s") { %s } }' % (DISTRIBUTOR, selection)


STAFF = (CLERK, SISTER, STRANGER, OURS, THEIRS, OPERATOR, RIVAL, "partner:1")


def all_but(*seen: str) -> tuple[str, ...]:
    return tuple(who for who in STAFF if who not in seen)


PRIVATE = {
    "locations": Private(
        shop("it: locations { kind code name organization { name } region { name } }"),
        ("store", "it"),
        (CLERK, "admin"),
        all_but(CLERK),
    ),
    "stock": Private(
        '{ location(id: "%s") { it: stock { nodes { sku { code } owner { code } lotCode producedOn expiresOn onHand '
        "reserved allocated inTransit quarantined } } } }" % IOWA.location("STORE", 2191),
        ("location", "it", "nodes"),
        (CLERK, "admin"),
        all_but(CLERK),
    ),
    "pools": Private(
        house("it: pools { code name organization { code } }"), ("organization", "it"), (OURS, "admin"), all_but(OURS)
    ),
    "what a pool is made of": Private(
        '{ it: node(id: "%s") { ... on Pool { contributions { location { code } owner { code } visibleTo { code } '
        "shareBps skus(first: 5) { nodes { sku { code } cap held } } } } } }" % IOWA.pool("DISTRIBUTOR", 56),
        ("it",),
        (OURS, "admin"),
        all_but(OURS),
    ),
    "pool by id": Private(
        '{ it: node(id: "%s") { id ... on Pool { code } } }' % IOWA.pool("DISTRIBUTOR", 56),
        ("it",),
        (OURS, "admin"),
        all_but(OURS),
    ),
    "price lists": Private(
        house(
            "it: priceLists { nodes { code name audience scope buyer { code } buyerTag buyerTier regionCode "
            "isGenerated prices { nodes { sku { code } minQty unitPrice validFrom validUntil } } } }"
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
    ),
    "orders received": Private(
        house("it: ordersReceived { nodes { number } }"),
        ("organization", "it", "nodes"),
        (CLERK, SISTER, OURS, "admin"),
        # A buyer sees her own among them. The partner is the other distributor's system.
        (*all_but(CLERK, SISTER, OURS), "member:1"),
    ),
    "an order": Private(
        '{ it: order(id: "%s") { total } }' % IOWA.order("S291988"),
        ("it",),
        (CLERK, OURS, "admin"),
        (*all_but(CLERK, OURS), "member:1"),
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
        (OPERATOR, "brand:260/analyst", "admin"),
        (OURS, THEIRS, RIVAL, "brand:65/analyst", "partner:1"),
    ),
    "external references": Private(
        shop("it: externalReferences { system value }"), ("store", "it"), (CLERK, "admin"), all_but(CLERK)
    ),
    "a brand's item numbers": Private(
        '{ sku(id: "%s") { it: externalReferences { system value } } }' % IOWA.sku(43337),
        ("sku", "it"),
        (OPERATOR, "brand:260/analyst", "admin"),
        all_but(OPERATOR),
    ),
}
ORDER_REFERENCES = '{ order(id: "%s") { externalReferences { system value } } }' % IOWA.order("S291988")


def test_every_private_field_is_tried() -> None:
    documents = [ORDER_REFERENCES, *(entry.document for entry in PRIVATE.values())]
    assert len(private()) == 117
    assert private() - {place for document in documents for place in asked_by(document)} == set()


def read(data: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        data = None if data is None else data[key]
    return data


@pytest.mark.parametrize("name", PRIVATE)
async def test_what_is_private_is_seen_by_those_it_is_for(graph: GraphClient, name: str) -> None:
    private = PRIVATE[name]
    for who in private.seen_by:
        asked = await graph.ask(private.document, by=who)
        assert asked.errors == [], who
        assert read(asked.data, private.path), who


@pytest.mark.parametrize("name", PRIVATE)
async def test_what_is_private_is_nothing_to_others(graph: GraphClient, name: str) -> None:
    private = PRIVATE[name]
    for who in private.hidden_from:
        asked = await graph.ask(private.document, by=who)
        assert asked.errors == [], who
        assert not read(asked.data, private.path), who


@pytest.mark.parametrize("name", PRIVATE)
async def test_the_same_actors_of_another_tenant_see_nothing(graph: GraphClient, name: str) -> None:
    private = PRIVATE[name]
    for who in {CLERK, OURS, OPERATOR, "admin"} & {*private.seen_by, *private.hidden_from}:
        asked = await graph.ask(private.document, by=who, tenant="forty")
        assert asked.errors == [], who
        assert not read(asked.data, private.path), who


@pytest.mark.parametrize("name", PRIVATE)
async def test_what_is_private_is_refused_to_nobody(graph: GraphClient, name: str) -> None:
    asked = await graph.ask(PRIVATE[name].document)
    if name == "the price at an ordering mall":  # a public field: there is just no price for her
        assert (asked.errors, asked.data) == ([], {"listing": {"it": None}})
        return
    if "node(" in PRIVATE[name].document and not asked.errors:  # the id alone is public, the row is not hers
        assert asked.data == {"it": None}
        return
    assert (asked.data, asked.codes, asked.statements) == (None, ["FORBIDDEN"], [])


async def test_a_total_counts_only_what_the_viewer_may_see(graph: GraphClient) -> None:
    placed = shop("ordersPlaced(first: 1) { totalCount }")
    received = house("ordersReceived(first: 1) { totalCount }")
    totals = {}
    for who in ("admin", OURS, CLERK, SISTER, STRANGER, THEIRS, OPERATOR, "member:1"):
        asked = [await graph.ask(text, by=who) for text in (placed, received)]
        totals[who] = (
            asked[0].data["store"]["ordersPlaced"]["totalCount"],
            asked[1].data["organization"]["ordersReceived"]["totalCount"],
        )
    buyers = [(row["Store Number"], order_number(row)) for row in lines() if row["County Number"] == "56.0"]
    by_shop = {number: len({order for shop, order in buyers if shop == number}) for number in ("2191", "2555")}
    everything = (by_shop["2191"], len({order for _, order in buyers}))
    assert totals == {
        "admin": everything,
        OURS: everything,
        CLERK: (by_shop["2191"], by_shop["2191"]),
        SISTER: (0, by_shop["2555"]),
        **dict.fromkeys((STRANGER, THEIRS, OPERATOR, "member:1"), (0, 0)),
    }


async def test_an_orders_number_elsewhere_is_for_whose_system_it_is(
    graph: GraphClient, access: boot.Access, iowa: TenantFacts
) -> None:
    """The other party of the same order does not see it."""
    order, owner = IOWA.keys.of("order", "S291988"), IOWA.keys.of("organization", "DISTRIBUTOR", 56)
    do = "INSERT INTO external_reference (tenant_id, organization_id, aggregate, aggregate_id, system, value)"
    undo = "DELETE FROM external_reference WHERE tenant_id = $1 AND aggregate_id = $2"
    insert = (do + " VALUES ($1, $2, 'order', $3, 'ERP', 'SO-1')", [owner, order])
    async with changed(access, iowa, [insert], [(undo, [order])]):
        seen = {who: (await graph.ask(ORDER_REFERENCES, by=who)).data["order"] for who in (OURS, CLERK, STRANGER)}
    assert seen == {
        OURS: {"externalReferences": [{"system": "ERP", "value": "SO-1"}]},
        CLERK: {"externalReferences": []},
        STRANGER: None,
    }
