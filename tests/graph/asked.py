"""Documents that are written down somewhere, each with who asks it: what is shown to anybody, and what is counted."""

import json
from typing import Any

from tests.bench import documents as bench
from tests.bench.peers import documents as peers
from tests.flows.printed import QUERIES, examples, sent_alone, sent_for_the_sale, written_for
from tests.graph.cases import DEEP, ROOTS
from tests.graph.connected import CONNECTIONS
from tests.graph.documents import IOWA

Asked = tuple[str, dict[str, Any], str | None, str]
"""A text, its variables, who asks it and in which tenant."""
SHOP = {"store": IOWA.store(2191), "at": IOWA.cloud_store("STORE", 2191)}
ORDER, BUYER = IOWA.order("S291988"), "store:2191/clerk"
"""An order of the demo and one of its parties, for what the README's sale asks about its own: the demo has no sale."""
SHOWN: dict[str, Asked] = {
    **{f"README {n}": (one.query, {}, one.who, "iowa") for n, one in enumerate(examples())},
    **{
        f"README alone {n}": (one.text, one.variables, one.people[0], one.tenant)
        for n, one in enumerate(sent_alone())
        if one.address == "/graphql" and not one.acts
    },
    **{
        f"README sale {n}": (
            one.text.replace("$order", ORDER),
            {},
            BUYER if "$order" in one.text else one.people[0],
            "iowa",
        )
        for n, one in enumerate(sent_for_the_sale())
        if not one.acts
    },
    **{
        f"workbench, {one.title}": (one.query, json.loads(one.variables or "{}"), *reversed(written_for(one)))
        for one in QUERIES
    },
    "bench Q1": (bench.Q1, SHOP, "member:1", "iowa"),
    "bench Q2": (bench.Q2, {"id": IOWA.product(43334)}, None, "iowa"),
    "bench Q3": (bench.Q3, {}, None, "iowa"),
    "bench Q4": (bench.Q4, SHOP, "member:1", "iowa"),
    **{f"bench {one.name}": (one.text, *one.asked[0], "iowa") for one in bench.growing()},
    "peers P1": (peers.P1, {"store": IOWA.store(2191)}, None, "iowa"),
    "peers P2": (peers.P2, {"id": IOWA.product(43334)}, None, "iowa"),
    "peers P3": (peers.P3, {}, None, "iowa"),
}
COUNTED: dict[str, Asked] = {
    f"{kind} {name}": (case.text(IOWA, total="totalCount"), {}, case.by, "iowa")
    for kind, cases in {"root": ROOTS, "deep": DEEP, "connection": CONNECTIONS}.items()
    for name, case in cases.items()
}
WRITTEN = {**SHOWN, **COUNTED}
