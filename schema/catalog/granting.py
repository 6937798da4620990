"""Acts on what may be sold and what stands on a shelf: assortments, authorisations, listings."""

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain import base
from domain import catalog as domain
from domain.money import MAX_SAFE
from models.base import MAX_CODE_CHARS
from resolvers import catalog
from schema.acts import Checking, InvalidInput, KeyReused, NotAllowed, about, act, characters, each_row, saved
from schema.base import OWN, Count, Fen
from schema.catalog.goods import MAX_NAME_CHARS
from schema.catalog.pricing import NotAuthorizedSku, PriceOutOfRange, check_time
from schema.catalog.reading import Assortment, Listing, Sku
from schema.enums import TIERS, ListingOrigin

if TYPE_CHECKING:
    from schema.channel import Agent, Brand, CloudStore, Distributor, Store, Subsidiary, Supplier

_CloudStore = Annotated["CloudStore", strawberry.lazy("schema.channel")]
_Brand = Annotated["Brand", strawberry.lazy("schema.channel")]
_Subsidiary = Annotated["Subsidiary", strawberry.lazy("schema.channel")]
_Agent = Annotated["Agent", strawberry.lazy("schema.channel")]
_Distributor = Annotated["Distributor", strawberry.lazy("schema.channel")]
_Store = Annotated["Store", strawberry.lazy("schema.channel")]
_Supplier = Annotated["Supplier", strawberry.lazy("schema.channel")]


# ── inputs ────────────────────────────────────────────────────────────────────────────────────────────────────────────
@strawberry.input(description="A sku of an assortment with its price band (可售商品与控价).")
class AssortmentSkuInput:
    """A row."""

    sku_id: strawberry.ID = strawberry.field(description="The sku (规格标识).")
    min_price: Fen | None = strawberry.field(
        default=None, description="The lowest consumer price allowed. Left out: none (控价下限)."
    )
    max_price: Fen | None = strawberry.field(
        default=None, description="The highest consumer price allowed. Left out: none (控价上限)."
    )
    remove: bool = strawberry.field(
        default=False, description="Whether it is taken out of the assortment instead (移出)."
    )

    def to_command(self, check: Checking) -> domain.AssortmentLine:
        """The row."""
        for name, price in (("minPrice", self.min_price), ("maxPrice", self.max_price)):
            if price is not None:
                check.number(name, price, 0, MAX_SAFE)
        if self.min_price is not None and self.max_price is not None and self.min_price > self.max_price:
            check.wrong("maxPrice", "A price not below `minPrice` is expected.")
        return domain.AssortmentLine(check.id("skuId", self.sku_id, "sku"), self.min_price, self.max_price, self.remove)


@strawberry.input(description="An assortment to be given to an organisation (授权可售范围).")
class AuthorizeAssortmentInput:
    """What may be sold, by whom and for how long."""

    grantee_id: strawberry.ID = strawberry.field(description="Who may sell it, below the grantor (被授权方标识).")
    code: str = strawberry.field(
        description=f"The assortment's code, the grantor's own, {characters(MAX_CODE_CHARS)} (编码)."
    )
    name: str = strawberry.field(description=f"The assortment's name, {characters(MAX_NAME_CHARS)} (名称).")
    rows: list[AssortmentSkuInput] = strawberry.field(
        description="The skus that are added to it, changed in it or taken out, at most 500 (可售商品与控价)."
    )
    valid_from: dt.datetime | None = strawberry.field(
        default=None, description="From when on. Left out: as it is in force, else from now on (生效时间)."
    )
    valid_until: dt.datetime | None = strawberry.field(
        default=None,
        description="Until just before when. Left out: as it is, unless it is over; else open-ended (失效时间).",
    )
    grantor_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who grants it. Left out: the viewer's own organisation (授权方标识)."
    )

    def to_command(self, check: Checking) -> domain.AuthorizeAssortment:
        """The grant."""
        check_time(check, self.valid_from, self.valid_until)
        return domain.AuthorizeAssortment(
            grantee=check.id("granteeId", self.grantee_id, *TIERS),
            code=check.code("code", self.code),
            name=check.text("name", self.name, MAX_NAME_CHARS),
            rows=check.rows("rows", self.rows, least=0),
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            grantor=check.optional_id("grantorId", self.grantor_id, *TIERS),
        )


@strawberry.input(description="An organisation to which an assortment is given (被授权方).")
class GivenInput:
    """A row."""

    grantee_id: strawberry.ID = strawberry.field(description="Who may sell it, below the grantor (被授权方标识).")
    valid_from: dt.datetime | None = strawberry.field(
        default=None, description="From when on. Left out: as it is in force, else from now on (生效时间)."
    )
    valid_until: dt.datetime | None = strawberry.field(
        default=None,
        description="Until just before when. Left out: as it is, unless it is over; else open-ended (失效时间).",
    )

    def to_command(self, check: Checking) -> domain.GivenLine:
        """The row."""
        check_time(check, self.valid_from, self.valid_until)
        grantee = check.id("granteeId", self.grantee_id, *TIERS)
        return domain.GivenLine(grantee, self.valid_from, self.valid_until)


@strawberry.input(description="An assortment to be given to organisations (批量授权).")
class GiveAssortmentInput:
    """As it is, to a file of them."""

    assortment_id: strawberry.ID = strawberry.field(description="The assortment (可售范围标识).")
    rows: list[GivenInput] = strawberry.field(description="To whom, 1 to 500 (被授权方).")

    def to_command(self, check: Checking) -> domain.GiveAssortment:
        """The rows."""
        assortment = check.id("assortmentId", self.assortment_id, "assortment")
        return domain.GiveAssortment(assortment, check.rows("rows", self.rows))


@strawberry.input(description="The end of an authorisation (撤销授权).")
class RevokeAuthorizationInput:
    """What, and for whom."""

    assortment_id: strawberry.ID = strawberry.field(description="The assortment (可售范围标识).")
    grantee_id: strawberry.ID = strawberry.field(description="Who may not sell it any more (被授权方标识).")
    at: dt.datetime | None = strawberry.field(default=None, description="From when on. Left out: now (失效时间).")

    def to_command(self, check: Checking) -> domain.RevokeAuthorization:
        """The end."""
        return domain.RevokeAuthorization(
            check.id("assortmentId", self.assortment_id, "assortment"),
            check.id("granteeId", self.grantee_id, *TIERS),
            self.at,
        )


@strawberry.input(description="A sku as it is to stand on a shelf (上架商品).")
class ListingInput:
    """A row."""

    sku_id: strawberry.ID = strawberry.field(description="The sku (规格标识).")
    origin: ListingOrigin = strawberry.field(description="Whose goods it offers (货源).")
    position: Count = strawberry.field(description="Its place on the shelf, from 0 (排位).")
    price: Fen | None = strawberry.field(
        default=None,
        description="What one base unit costs shoppers from now on. Left out: what it costs already; at an ordering "
        "mall the price lists of trade say it (零售价).",
    )

    def to_command(self, check: Checking) -> domain.ListingLine:
        """The row."""
        if self.price is not None:
            check.number("price", self.price, 1, MAX_SAFE)
        return domain.ListingLine(
            check.id("skuId", self.sku_id, "sku"),
            self.origin,
            check.number("position", self.position, 0, MAX_SAFE),
            self.price,
        )


@strawberry.input(description="Skus to be put on a shelf (上架).")
class ListSkusInput:
    """A file of them."""

    cloud_store_id: strawberry.ID = strawberry.field(description="Whose shelf (云店标识).")
    rows: list[ListingInput] = strawberry.field(description="The skus, 1 to 500 (上架商品).")

    def to_command(self, check: Checking) -> domain.ListSkus:
        """The rows."""
        return domain.ListSkus(
            check.id("cloudStoreId", self.cloud_store_id, "cloudstore"), check.rows("rows", self.rows)
        )


@strawberry.input(description="Skus to be taken off a shelf (下架).")
class UnlistInput:
    """All of them, or none."""

    cloud_store_id: strawberry.ID = strawberry.field(description="Whose shelf (云店标识).")
    sku_ids: list[strawberry.ID] = strawberry.field(description="The skus, 1 to 500 (规格标识).")

    def to_command(self, check: Checking) -> domain.Unlist:
        """The skus."""
        skus = check.ids("skuIds", self.sku_ids, base.MAX_ROWS, "sku", least=1)
        return domain.Unlist(check.id("cloudStoreId", self.cloud_store_id, "cloudstore"), skus)


# ── answers ───────────────────────────────────────────────────────────────────────────────────────────────────────────
AssortmentSkuResult = Annotated[
    Sku | NotAuthorizedSku | InvalidInput | NotAllowed,
    strawberry.union(
        "AssortmentSkuResult", description="The sku that may be sold, or why it may not be given (授权结果)."
    ),
]
ListingResult = Annotated[
    Listing | NotAuthorizedSku | PriceOutOfRange | InvalidInput | NotAllowed,
    strawberry.union("ListingResult", description="The listing, or why the sku does not stand there (上架结果)."),
]


@saved("What came of the skus of an assortment (授权结果).")
class AuthorizedAssortment:
    """Row by row."""

    assortment: Assortment | None = about("The assortment (可售范围).")
    rows: list[AssortmentSkuResult] = each_row("What came of each row, in their order (逐行结果).")


@saved("What came of the skus of a file (上架结果).")
class ListedSkus:
    """Row by row."""

    rows: list[ListingResult] = each_row("What came of each row, in their order (逐行结果).")


AuthorizeAssortmentResult = Annotated[
    AuthorizedAssortment | InvalidInput | KeyReused | NotAllowed,
    strawberry.union(
        "AuthorizeAssortmentResult", description="What came of the grant, or why there is none (授权结果)."
    ),
]
GivenResult = Annotated[
    _Brand | _Subsidiary | _Agent | _Distributor | _Store | _Supplier | InvalidInput | NotAllowed,
    strawberry.union("GivenResult", description="Who may sell the assortment, or why not (授权结果)."),
]


@saved("What came of the organisations of a file (批量授权结果).")
class GivenAssortment:
    """Row by row."""

    assortment: Assortment | None = about("The assortment (可售范围).")
    rows: list[GivenResult] = each_row("What came of each row, in their order (逐行结果).")


GiveAssortmentResult = Annotated[
    GivenAssortment | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("GiveAssortmentResult", description="What came of the file, or why nothing was read (授权结果)."),
]
RevokeAuthorizationResult = Annotated[
    Assortment | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("RevokeAuthorizationResult", description="The assortment, or why it is still given (撤销结果)."),
]
ListSkusResult = Annotated[
    ListedSkus | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("ListSkusResult", description="What came of the file, or why nothing was read (上架结果)."),
]
UnlistResult = Annotated[
    _CloudStore | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("UnlistResult", description="The cloud store, or why nothing was taken off (下架结果)."),
]


@strawberry.type
class GrantingMutation:
    """Acts on what may be sold."""

    authorize_assortment: AuthorizeAssortmentResult = act(
        catalog.authorize_assortment,
        AuthorizeAssortmentInput,
        "An upstream lets an organisation below it sell skus, each within a band of consumer prices (授权可售范围).",
        OWN,
    )
    give_assortment: GiveAssortmentResult = act(
        catalog.give_assortment,
        GiveAssortmentInput,
        "An upstream gives an assortment, as it is, to many below it, row by row: good rows are kept (批量授权).",
        OWN,
    )
    revoke_authorization: RevokeAuthorizationResult = act(
        catalog.revoke_authorization,
        RevokeAuthorizationInput,
        "What an assortment lets an organisation sell ends: it is on no shelf from then on (撤销授权).",
        OWN,
    )
    list_skus: ListSkusResult = act(
        catalog.list_skus,
        ListSkusInput,
        "Skus are put on the shelf of a cloud store, row by row: good rows are kept (上架).",
        OWN,
    )
    unlist: UnlistResult = act(
        catalog.unlist, UnlistInput, "Skus are taken off the shelf of a cloud store (下架).", OWN
    )
