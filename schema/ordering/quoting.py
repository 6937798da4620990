"""What an order would cost: asked as often as one likes, and never kept."""

import strawberry

from domain.base import BadInput
from domain.catalog import MAX_QUANTITY
from domain.inventory import MAX_HOLD_LINES
from domain.ordering import OrderedLine
from resolvers import ordering
from schema.base import PUBLIC, Argument, Count, Fen, attribute, edge, leaf, parse_id
from schema.catalog import Listing


@strawberry.input(description="So many of what a listing sells (询价明细).")
class QuoteLineInput:
    """A line."""

    listing_id: strawberry.ID = strawberry.field(description="The listing (货架商品标识).")
    quantity: int = strawberry.field(description="How many base units, from 1 (数量).")


def _lines(given: list[QuoteLineInput]) -> list[OrderedLine]:
    if not 1 <= len(given) <= MAX_HOLD_LINES:
        raise BadInput(f"1 to {MAX_HOLD_LINES} lines are expected.")
    if any(not 1 <= line.quantity <= MAX_QUANTITY for line in given):
        raise BadInput(f"`quantity` must be between 1 and {MAX_QUANTITY}.")
    return [OrderedLine(parse_id(line.listing_id, "listing")[1], line.quantity) for line in given]


@strawberry.type(description="A line of an order that nobody has placed (询价行).")
class QuoteLine:
    """Its source is a `resolvers.ordering.QuotedLine`."""

    listing: Listing = leaf(lambda line: line.listing, "What is asked for (货架商品).", PUBLIC)
    quantity: Count = attribute("Base units (数量).", PUBLIC)
    unit_price: Fen | None = leaf(
        lambda line: line.unit_fen,
        "The price of one base unit, all lines of the sku together; null where shoppers cannot buy it here (单价).",
        PUBLIC,
    )
    amount: Fen | None = leaf(lambda line: line.amount_fen, "The price of the line (金额).", PUBLIC)
    sellable: Count | None = attribute("How many base units are there now (可售数量).", PUBLIC)
    is_enough: bool = leaf(
        lambda line: line.enough, "Whether there is enough for all lines of the sku together (是否足够).", PUBLIC
    )
    is_sold_so: bool = leaf(
        lambda line: line.fits, "Whether so many are sold at once: minimum and step (数量是否可订).", PUBLIC
    )


@strawberry.type(description="What an order would cost now (询价).")
class Quote:
    """Its source is a `resolvers.ordering.Quoted`."""

    lines: list[QuoteLine] = leaf(lambda quoted: quoted.lines, "Line by line, as asked (明细).", PUBLIC)
    total: Fen | None = leaf(
        lambda quoted: quoted.total_fen, "What all lines cost; null while one has no price (合计).", PUBLIC
    )
    can_be_placed: bool = attribute("Whether such an order would be taken now (是否可下单).", PUBLIC)


_LINES = Argument(list[QuoteLineInput], f"What is asked for, 1 to {MAX_HOLD_LINES} lines (询价明细).", parse=_lines)


@strawberry.type
class QuoteQuery:
    """The question for a price."""

    quote: Quote | None = edge(
        ordering.quote,
        "What these lines of one cloud store cost a shopper now; null where one of them is not there (询价).",
        PUBLIC,
        arguments={"lines": _LINES},
    )
