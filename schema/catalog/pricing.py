"""Acts on prices: lists, their prices, and what a listing costs shoppers."""

import datetime as dt
from typing import Annotated

import strawberry

from domain import catalog as domain
from domain.catalog import MAX_QUANTITY
from domain.money import MAX_SAFE
from models.base import MAX_CODE_CHARS
from resolvers import catalog
from schema.acts import (
    Checking,
    CodeTaken,
    InvalidInput,
    KeyReused,
    NotAllowed,
    Refusal,
    about,
    act,
    characters,
    each_row,
    fact,
    refusal,
    saved,
)
from schema.base import OWN, PUBLIC, Fen, edge
from schema.catalog.goods import MAX_NAME_CHARS
from schema.catalog.reading import Listing, PriceList, Sku
from schema.enums import TIERS, PriceAudience, PriceScope, Tier


@refusal(domain.PriceOutOfRange, "The price is outside what all authorisations allow (超出控价).")
class PriceOutOfRange(Refusal):
    """With the range."""

    sku: Sku = edge(catalog.sku_refused, "What it is the price of (规格).", PUBLIC)
    unit_price: Fen = fact("unit_fen", "The price of one base unit (单价).")
    min_price: Fen | None = fact("min_fen", "The lowest price allowed; null: none (控价下限).")
    max_price: Fen | None = fact("max_fen", "The highest price allowed; null: none (控价上限).")


@refusal(domain.NotAuthorizedSku, "Nobody lets the organisation sell the sku (未获授权).")
class NotAuthorizedSku(Refusal):
    """With the sku."""

    sku: Sku = edge(catalog.sku_refused, "What may not be sold (规格).", PUBLIC)


def check_time(check: Checking, start: dt.datetime | None, end: dt.datetime | None) -> None:
    """Note an end that is not after its start."""
    if start is not None and end is not None and end <= start:
        check.wrong("validUntil", "A moment after `validFrom` is expected.")


# ── inputs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@strawberry.input(description="A price list to be opened (新建价格表).")
class CreatePriceListInput:
    """Of the last five fields the one that the scope asks for is given."""

    code: str = strawberry.field(description=f"Its code, the seller's own, {characters(MAX_CODE_CHARS)} (编码).")
    name: str = strawberry.field(description=f"Its name, {characters(MAX_NAME_CHARS)} (名称).")
    audience: PriceAudience = strawberry.field(description="Who buys at its prices (价格对象).")
    scope: PriceScope = strawberry.field(
        description="To which of them it speaks; shoppers: BASE, REGION or SITE (价格范围)."
    )
    seller_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who sells. Left out: the viewer's own organisation (卖方标识)."
    )
    buyer_id: strawberry.ID | None = strawberry.field(
        default=None, description="The buyer of a CONTRACT (合同买方标识)."
    )
    buyer_tag: str | None = strawberry.field(
        default=None, description=f"The tag of the buyers, for TAG, {characters(MAX_CODE_CHARS)} (买方标签)."
    )
    buyer_tier: Tier | None = strawberry.field(default=None, description="The tier of the buyers, for TIER (买方层级).")
    region_code: str | None = strawberry.field(default=None, description="The region, for REGION (区划编码).")
    site_id: strawberry.ID | None = strawberry.field(default=None, description="The site, for SITE (分站标识).")

    def to_command(self, check: Checking) -> domain.CreatePriceList:
        """The list."""
        given = {
            domain.PriceScope.CONTRACT: ("buyerId", self.buyer_id),
            domain.PriceScope.TAG: ("buyerTag", self.buyer_tag),
            domain.PriceScope.TIER: ("buyerTier", self.buyer_tier),
            domain.PriceScope.REGION: ("regionCode", self.region_code),
            domain.PriceScope.SITE: ("siteId", self.site_id),
        }
        for scope, (name, value) in given.items():
            if (scope == self.scope) != (value is not None):
                check.wrong(name, f"It is expected for {scope}, and for nothing else.")
        if self.audience == domain.PriceAudience.CONSUMER and self.scope not in domain.SHOPPERS_SCOPES:
            check.wrong("scope", "A list for shoppers speaks to everyone, a region or a site.")
        return domain.CreatePriceList(
            code=check.code("code", self.code),
            name=check.text("name", self.name, MAX_NAME_CHARS),
            audience=self.audience,
            scope=self.scope,
            seller=check.optional_id("sellerId", self.seller_id, *TIERS),
            buyer=check.optional_id("buyerId", self.buyer_id, *TIERS),
            buyer_tag=check.optional_code("buyerTag", self.buyer_tag),
            buyer_tier=self.buyer_tier,
            region=check.optional_code("regionCode", self.region_code),
            site=check.optional_id("siteId", self.site_id, "site"),
        )


@strawberry.input(description="A price of a list (价格明细).")
class PriceInput:
    """A row."""

    sku_id: strawberry.ID = strawberry.field(description="The sku (规格标识).")
    unit_price: Fen = strawberry.field(description="The price of one base unit, from 1 (单价).")
    min_qty: int = strawberry.field(default=1, description="From how many base units on (阶梯).")

    def to_command(self, check: Checking) -> domain.PriceLine:
        """The row."""
        return domain.PriceLine(
            check.id("skuId", self.sku_id, "sku"),
            check.number("minQty", self.min_qty, 1, MAX_QUANTITY),
            check.number("unitPrice", self.unit_price, 1, MAX_SAFE),
        )


_FROM = "From when on they hold. Left out: from now on (生效时间)."
_UNTIL = "Until just before when. Left out: open-ended (失效时间)."


@strawberry.input(description="Prices to be set in a list (设置价格).")
class SetPricesInput:
    """A file of them, all over one time."""

    price_list_id: strawberry.ID = strawberry.field(description="The list (价格表标识).")
    rows: list[PriceInput] = strawberry.field(description="The prices, 1 to 500 (价格明细).")
    valid_from: dt.datetime | None = strawberry.field(default=None, description=_FROM)
    valid_until: dt.datetime | None = strawberry.field(default=None, description=_UNTIL)

    def to_command(self, check: Checking) -> domain.SetPrices:
        """The rows."""
        check_time(check, self.valid_from, self.valid_until)
        return domain.SetPrices(
            check.id("priceListId", self.price_list_id, "pricelist"),
            check.rows("rows", self.rows),
            self.valid_from,
            self.valid_until,
        )


@strawberry.input(description="The end of a price list (停用价格表).")
class EndPriceListInput:
    """All its prices end."""

    price_list_id: strawberry.ID = strawberry.field(description="The list (价格表标识).")
    at: dt.datetime | None = strawberry.field(default=None, description="When. Left out: now (失效时间).")

    def to_command(self, check: Checking) -> domain.EndPriceList:
        """The end."""
        return domain.EndPriceList(check.id("priceListId", self.price_list_id, "pricelist"), self.at)


@strawberry.input(description="The price of a listing for shoppers (货架定价).")
class PriceListingInput:
    """One price over one time."""

    listing_id: strawberry.ID = strawberry.field(description="The listing (货架商品标识).")
    price: Fen = strawberry.field(description="The price of one base unit, from 1 (零售价).")
    valid_from: dt.datetime | None = strawberry.field(default=None, description=_FROM)
    valid_until: dt.datetime | None = strawberry.field(default=None, description=_UNTIL)

    def to_command(self, check: Checking) -> domain.PriceListing:
        """The price."""
        check_time(check, self.valid_from, self.valid_until)
        return domain.PriceListing(
            check.id("listingId", self.listing_id, "listing"),
            check.number("price", self.price, 1, MAX_SAFE),
            self.valid_from,
            self.valid_until,
        )


# ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────────────
PriceResult = Annotated[
    Sku | PriceOutOfRange | InvalidInput | NotAllowed,
    strawberry.union("PriceResult", description="The sku whose price was set, or why it was not (定价结果)."),
]


@saved("What came of the prices of a file (价格设置结果).")
class SavedPrices:
    """Row by row."""

    price_list: PriceList | None = about("The list (价格表).")
    rows: list[PriceResult] = each_row("What came of each row, in their order (逐行结果).")


CreatePriceListResult = Annotated[
    PriceList | CodeTaken | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("CreatePriceListResult", description="The list, or why there is none (新建结果)."),
]
SetPricesResult = Annotated[
    SavedPrices | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("SetPricesResult", description="What came of the file, or why nothing was read (设置结果)."),
]
EndPriceListResult = Annotated[
    PriceList | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("EndPriceListResult", description="The list, or why it did not end (停用结果)."),
]
PriceListingResult = Annotated[
    Listing | PriceOutOfRange | NotAuthorizedSku | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("PriceListingResult", description="The listing, or why it has no such price (定价结果)."),
]


@strawberry.type
class PricingMutation:
    """Acts on prices."""

    create_price_list: CreatePriceListResult = act(
        catalog.create_price_list, CreatePriceListInput, "A price list is opened, without prices yet (新建价格表).", OWN
    )
    set_prices: SetPricesResult = act(
        catalog.set_prices,
        SetPricesInput,
        "Prices of a list are set, row by row: over their time they hold, and what stood there ends before them and "
        "goes on behind them (设置价格).",
        OWN,
    )
    end_price_list: EndPriceListResult = act(
        catalog.end_price_list, EndPriceListInput, "All prices of a list end (停用价格表).", OWN
    )
    price_listing: PriceListingResult = act(
        catalog.price_listing,
        PriceListingInput,
        "What a listing costs shoppers is set, in the seller's list of shelf prices (货架定价).",
        OWN,
    )
