"""What is private of shoppers' sales in the graph: who is told something, and who nothing. The rest is `private`."""

from tests.graph.documents import IOWA
from tests.graph.private import ANALYST, CLERK, Private, all_but, shop

BUYER = "member:3877"
"""She bought at the shop, and is a member elsewhere, too."""
ORDER = IOWA.order("GENERATED-003055")
SALES = {
    "goods to ship": Private(
        shop(
            "it: goodsToShip { nodes { orderId orderNumber order { id } line seller { code } sku { code } quantity "
            "location { code } owner { code } lotCode expiresOn since delivery { method } } }"
        ),
        ("store", "it"),
        (CLERK, "store:2191/manager", "admin"),
        all_but(CLERK),
        (ANALYST,),
    ),
    "what a shopper bought": Private(
        '{ customer(id: "%s") { it: orders { nodes { number total } } } }' % IOWA.customer(3877),
        ("customer", "it", "nodes"),
        (BUYER, CLERK, "admin"),
        (*all_but(CLERK), "member:1"),
        (ANALYST,),
    ),
    "what is held for a shopper": Private(
        '{ customer(id: "%s") { it: holds { nodes { byStore expiresAt } } } }' % IOWA.customer(3877),
        ("customer", "it", "nodes"),
        (),  # nothing is held in the demo: who sees something is tried where there is something
        (*all_but(CLERK), BUYER, CLERK, "admin", "member:1"),
        (ANALYST,),
    ),
    "what a cloud store's people hold": Private(
        '{ cloudStore(id: "%s") { it: holds { totalCount nodes { id } } } }' % IOWA.cloud_store("STORE", 2191),
        ("cloudStore", "it"),
        (CLERK, "store:2191/manager", "admin"),
        (*all_but(CLERK), BUYER),
        (ANALYST,),
    ),
    "where an order goes": Private(
        '{ order(id: "%s") { it: delivery { method recipient phone region { code } address note } '
        "shipments { nodes { delivery { method } } } } }" % ORDER,
        ("order", "it"),
        (),  # the demo's orders name no delivery: who sees one is tried where there is one
        (*all_but(CLERK), BUYER, CLERK, "admin", "member:1"),
        (ANALYST,),
    ),
    "who bought": Private(
        '{ order(id: "%s") { it: customer { displayName phone joinedAt tags } } }' % ORDER,
        ("order", "it"),
        (BUYER, CLERK, "admin"),
        (*all_but(CLERK), "member:1"),
        (ANALYST,),
    ),
}
