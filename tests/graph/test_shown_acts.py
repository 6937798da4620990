"""What the README and the benchmark have one do runs on plans: the acts, and what the README's sale asks of its order.

The texts are the README's own; the shop, its goods and its people are the tests', for the demo is left as it is.
"""

import re
from typing import Any
from uuid import uuid4

import orjson
import pytest

from tests.bench.holds.running import HELD, HOLD
from tests.flows.printed import sent_alone, sent_for_the_sale
from tests.graph.client import Answered
from tests.graph.selling import FULFILLER, SHOPPER, Selling
from tests.graph.shops import CLERK

ANALYST = "brand:1/analyst"
PRICE = 9_000
"""Of ten bottles at the tests' shop."""


@pytest.fixture
async def sale(sale: Selling) -> Selling:
    """A shop of its own, whose distributor has two bottles more of what it has ten of."""
    await sale.contribute(1, 2)
    return sale


async def on_plans(sale: Selling, text: str, by: str | None, **variables: Any) -> Answered:
    """An answer without errors, that a plan gave."""
    sale.graph.outcomes.clear()
    asked = await sale.graph.ask(text, variables, by=by, tenant=sale.trade.code)
    assert (asked.errors, sale.graph.outcomes) == ([], {"planned": 1}), text
    return asked


async def done_on_plans(sale: Selling, text: str, by: str | None) -> Any:
    """What an act of the README answers, which is no refusal."""
    (done,) = (await on_plans(sale, text, by)).data.values()
    assert "code" not in done, done
    return done


async def refused(sale: Selling, text: str, by: str | None) -> None:
    """Before it runs at all."""
    sale.graph.outcomes.clear()
    asked = await sale.graph.ask(text, by=by, tenant=sale.trade.code)
    assert (asked.codes, sale.graph.outcomes) == (["FORBIDDEN"], {})


async def test_the_hold_of_the_benchmark_runs_on_its_plan(sale: Selling) -> None:
    listing = (await sale.line(3, 1))["listingId"]
    asked = await on_plans(sale, HOLD, SHOPPER, listing=listing, key=uuid4().hex)
    assert {"data": asked.data} == orjson.loads(HELD)


async def test_the_hold_and_the_sale_of_the_readme_run_on_plans(sale: Selling) -> None:
    """She holds two of ten, so that of the ten that she then buys the distributor ships two, as it is printed."""
    listing, order = (await sale.line(1, 1))["listingId"], ""
    people = {
        "store:2191/clerk": sale.manager,
        "store:2130/clerk": CLERK,
        "distributor:56/salesperson": FULFILLER,
        "brand:260/analyst": ANALYST,
    }
    acts, seen = [], {}
    for sent in (*(one for one in sent_alone() if one.acts), *sent_for_the_sale()):
        text = re.sub(r"listing_[0-9a-f]{32}", listing, sent.text).replace("$order", order)
        text = re.sub(r"(?<=expectedTotal: )\d+", str(PRICE), text)
        for by in [people.get(who or "", who) for who in sent.people]:
            if (by, "order(" in text) == (ANALYST, True):
                await refused(sale, text, by)
            elif not sent.acts:
                seen[text, by] = (await on_plans(sale, text, by)).data
            else:
                done = await done_on_plans(sale, text, by)
                acts.append(text.split("(")[0].removeprefix("mutation { "))
                if acts[-1] == "placeOrder":
                    order = done["id"]
                    assert [line["quantity"] for line in done["lines"]["nodes"]] == [8, 2]
                elif acts[-1] == "payOrder":
                    assert await sale.tell(f"payment_{sale.till.asked[-1].hex}") == "CONFIRMED"
    assert acts == ["holdStock", "placeOrder", "payOrder", "shipOrder", "shipOrder", "receiveOrder", "refundOrder"]
    assert {by for (_, by), data in seen.items() if data == {"order": None}} == {FULFILLER, "member:2", CLERK}
    assert len(seen) == 12
