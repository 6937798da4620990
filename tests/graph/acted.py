"""The acts by their names: the whole document of each, with all that may come back."""

_REFUSED = "... on Refusal { code message } ... on InvalidInput { problems { path message } }"
_ACT = "mutation ($input: %s!, $key: String!) { done: %s(input: $input, idempotencyKey: $key) { __typename %s } }"
REFUSALS = {
    "CodeTaken": "taken",
    "AttributeInUse": "attribute kept: kind",
    "LimitReached": "most",
    "EdgeNotAllowed": "kind source target",
    "StatusForbids": "status",
    "TooManyApplications": "most",
    "TooManyOffers": "most",
    "PrimaryUpstream": "primaries",
    "RegionServed": "served: region",
    "RoleNotAllowed": "role tier",
    "ModeNotAllowed": "mode tier",
    "NotAuthorizedSku": "sku { code }",
    "PriceOutOfRange": "sku { code } unitPrice minPrice maxPrice",
    "LotDiffers": "sku { code } row lot",
    "NotEnoughStock": "shortages { sku { id } wanted available }",
    "TooManyHolds": "most",
    "TooManyOrders": "most",
    "StepMismatch": "quantity step below above",
    "BelowMinimum": "quantity minimum",
    "CapBelowHeld": "sku { code } cap held",
    "TransitionNotAllowed": "orderState to possible",
    "NotSoManyLeft": "line wanted left short",
    "PriceChanged": "expected total",
    "DeliveryNotPossible": "method ways",
    "NotForSale": "skus { code }",
    "TooManyLines": "wanted most",
    "PaymentOver": "dueAt",
    "RefundTooMuch": "line left leftAmount",
    "RefundNotFailed": "refundState",
    "NoticeNotOpen": "closedAt",
}
"""What a refusal tells beside its code and its message."""


def _whole(act: str, answer: str, *refusals: str, takes: str = "") -> str:
    """The document of an act: what it answers, and what those of its refusals tell that tell more."""
    more = " ".join("... on %s { %s }" % (name, REFUSALS[name]) for name in refusals)
    kind = takes or f"{act[0].upper()}{act[1:]}Input"
    return _ACT % (kind, act, f"{answer} {_REFUSED} {more}")


def _rows(kind: str, answer: str, *refusals: str, about: str = "") -> str:
    """What an act of many rows answers: what they are about, and what came of each."""
    more = " ".join("... on %s { %s }" % (name, REFUSALS[name]) for name in refusals)
    return "... on %s { %s rows { __typename %s %s %s } }" % (kind, about, answer, _REFUSED, more)


_PAPER = "... on StockDocument { id kind reason location { code } toLocation { code } owner { id } "
_PAPER += "movements { nodes { sku { id } lotCode onHand location { code } } } }"
_HOLD = "... on Reservation { id state createdAt expiresAt cloudStore { id } lines { sku { id } quantity } }"
_ORGANIZATION = "... on Organization { id tier code name status region { code } "
_ORGANIZATION += "upstreams { organization { id } isPrimary } cloudStore { id name mode } }"
_STORE = "... on CloudStore { id name mode organization { id } region { code } site { id } "
_STORE += "decoration { bannerUrl bannerText sections { title skus { id } categories { id } } } }"
_SITE = "... on Site { id kind code name organization { id } parent { id } region { code } }"
_TERRITORY = "... on Territory { id name organization { id } regions { code } }"
_STAFF = "... on Staff { id displayName role isActive organization { id } }"
_LIST = "... on PriceList { id code scope audience }"
_CATEGORY = "... on Category { id code name parent { code } }"
_PRODUCT = "... on Product { id code name description category { code } brand { id } }"
_SKU = "... on Sku { id code name barcode baseUnit minQty stepQty shelfLifeDays product { code } "
_SKU += "packUnits { code units } }"
_LISTING = "... on Listing { id price origin position sku { code } }"
_POLICY = "... on CloudStore { sourcingPolicy { criteria maxPackages } }"
_OFFERED = "contribution { id shareBps visibleTo { id } pool { code } skus { nodes { sku { code } cap held } } }"
_CHANNEL = [
    _whole(
        "inviteOrganizations",
        _rows("InvitedOrganizations", "... on Organization { id tier code name region { code } }", "CodeTaken"),
        "StatusForbids",
    ),
    _whole("createOrganization", _ORGANIZATION, "CodeTaken", "LimitReached"),
    _whole("setTags", _rows("SavedTags", "... on Organization { id code tags }")),
    _whole("inviteOrganization", _ORGANIZATION, "CodeTaken", "EdgeNotAllowed", "StatusForbids"),
    _whole(
        *("applyAsStore", "... on Store { id status code name }"),
        *("CodeTaken", "EdgeNotAllowed", "StatusForbids", "TooManyApplications"),
    ),
    _whole("reviewOrganization", _ORGANIZATION, "StatusForbids"),
    _whole("suspendOrganization", _ORGANIZATION, "StatusForbids", takes="ChangeStandingInput"),
    _whole("resumeOrganization", _ORGANIZATION, "StatusForbids", takes="ChangeStandingInput"),
    _whole("joinUpstream", _ORGANIZATION, "EdgeNotAllowed", "StatusForbids", "TooManyOffers", takes="UpstreamInput"),
    _whole("leaveUpstream", _ORGANIZATION, "PrimaryUpstream"),
    _whole("setPrimaryUpstream", _ORGANIZATION, takes="UpstreamInput"),
    _whole("createSite", _SITE, "CodeTaken", "RegionServed", "StatusForbids"),
    _whole("createTerritory", _TERRITORY, "StatusForbids"),
    _whole("setTerritoryRegions", _TERRITORY),
    _whole("addStaff", _STAFF, "RoleNotAllowed", "StatusForbids"),
    _whole("endStaff", _STAFF),
    _whole("openCloudStore", _STORE, "ModeNotAllowed", "StatusForbids"),
    _whole("setCloudStoreMode", _STORE, "ModeNotAllowed", "StatusForbids"),
    _whole("decorateCloudStore", _STORE, "StatusForbids"),
    _whole("closeCloudStore", _ORGANIZATION, "StatusForbids"),
]
_MEMBER = [_whole("joinCloudStore", "... on CloudStore { id name }", "LimitReached")]
_CATALOG = [
    _whole("saveCategories", _rows("SavedCategories", _CATEGORY)),
    _whole(
        "saveAttributes",
        _rows(
            "SavedAttributes",
            "... on Attribute { id code name kind unit category { code } }",
            *("AttributeInUse", "LimitReached"),
        ),
    ),
    _whole("saveProducts", _rows("SavedProducts", _PRODUCT)),
    _whole("saveSkus", _rows("SavedSkus", _SKU, "CodeTaken")),
    _whole(
        "authorizeAssortment",
        _rows("AuthorizedAssortment", "... on Sku { code }", "NotAuthorizedSku", about="assortment { id code }"),
    ),
    _whole(
        "giveAssortment",
        _rows("GivenAssortment", "... on Organization { id tier code }", about="assortment { id code }"),
    ),
    _whole("revokeAuthorization", "... on Assortment { id code }"),
    _whole("listSkus", _rows("ListedSkus", _LISTING, "NotAuthorizedSku", "PriceOutOfRange")),
    _whole("unlist", "... on CloudStore { shelf { nodes { sku { code } } } }"),
    _whole("createPriceList", _LIST, "CodeTaken"),
    _whole("setPrices", _rows("SavedPrices", "... on Sku { code }", "PriceOutOfRange", about="priceList { code }")),
    _whole("endPriceList", _LIST),
    _whole("priceListing", "... on Listing { price }", "NotAuthorizedSku", "PriceOutOfRange"),
]
_INVENTORY = [
    _whole(
        "createLocation",
        "... on Location { id kind code name organization { id } region { code } point { latitude longitude } }",
        *("CodeTaken", "LimitReached"),
    ),
    _whole("createPool", "... on Pool { id code name organization { id } }", "CodeTaken", "LimitReached"),
    _whole("holdStock", _HOLD, "NotEnoughStock", "TooManyHolds", "StepMismatch", "BelowMinimum"),
    _whole("releaseHold", _HOLD),
    _whole("receiveStock", _PAPER, "LotDiffers"),
    _whole("issueStock", _PAPER, "NotEnoughStock"),
    _whole("transferStock", _PAPER, "NotEnoughStock"),
    *(
        _whole(act, _PAPER, "NotEnoughStock", "TooManyOrders")
        for act in ("countStock", "adjustStock", "quarantineStock")
    ),
    _whole(
        "contributeToPool",
        _rows("ContributedToPool", "... on Sku { code }", "CapBelowHeld", about=_OFFERED),
        "LimitReached",
    ),
    _whole("endContribution", "... on Contribution { id shareBps }"),
    _whole("setSafetyStock", _rows("SavedSafetyStock", "... on Sku { code }", about="location { id }")),
    _whole("setSourcingPolicy", _POLICY),
]
_ORDER = """... on Order { id number kind state seller { code } buyer { code } currency total terminal placedAt
  paymentDueAt cancelCause paid refunded externalReferences { value }
  delivery { method recipient phone region { code } address note } payments { ...paying }
  refunds { nodes { ...refunding } } shipments { nodes { ...shipping } }
  lines { nodes { line sku { code } quantity unitPrice discount net brand { code } goodsOwner { code }
    fulfiller { code } shipped cancelled refunded refundedAmount short } }
  allocations { nodes { line sku { code } location { code } owner { code } lotCode quantity shipped givenBack } } }"""
_FRAGMENTS = """
fragment paying on Payment { id order { id } provider state covers amount came refunded currency payUrl createdAt
  expiresAt paidAt }
fragment refunding on Refund { id order { id } state amount reason createdAt settledAt
  lines { nodes { line quantity amount } } }
fragment shipping on Shipment { id order { id } fulfiller { code } carrier tracking shippedAt delivery { method }
  lines { nodes { line sku { code } quantity } } }"""

_NOTICE = """... on PaymentNotice { id provider kind outcome payment { ...paying } refund { ...refunding } reference
  amount currency toldAt receivedAt closedAt note }"""


def _sale(act: str, answer: str, *refusals: str) -> str:
    """An act of a sale, with the fragments that its answer is put together of."""
    document = _whole(act, answer, *refusals)
    used = [one for one in _FRAGMENTS.split("\nfragment ")[1:] if f"...{one.split()[0]}" in document]
    return "\nfragment ".join([document, *used])


_ORDERING = [
    _sale(
        *("placeOrder", _ORDER, "NotEnoughStock", "TooManyHolds", "StepMismatch", "BelowMinimum"),
        *("PriceChanged", "NotForSale", "TooManyLines", "DeliveryNotPossible"),
    ),
    _sale("payOrder", "... on Payment { ...paying }", "TransitionNotAllowed", "PaymentOver"),
    _sale("shipOrder", "... on Shipment { ...shipping }", "TransitionNotAllowed", "NotSoManyLeft"),
    _sale("receiveOrder", _ORDER, "TransitionNotAllowed"),
    _sale("cancelOrder", _ORDER, "TransitionNotAllowed"),
    _sale("cancelRest", _ORDER, "TransitionNotAllowed", "NotSoManyLeft"),
    _sale("refundOrder", "... on Refund { ...refunding }", "TransitionNotAllowed", "RefundTooMuch"),
    _sale("retryRefund", "... on Refund { ...refunding }", "RefundNotFailed"),
    _sale("closeNotice", _NOTICE, "NoticeNotOpen"),
    _sale("allocateOrder", _ORDER, "NotEnoughStock"),
]
ACTS: dict[str, str] = {
    text.split("done: ")[1].split("(")[0]: text for text in (*_CHANNEL, *_MEMBER, *_CATALOG, *_INVENTORY, *_ORDERING)
}
"""Every mutation, with all that is asked of its answer."""


def part_of(act: str, answer: str) -> str:
    """The document of an act that asks for a part of its answer."""
    head, _, _ = ACTS[act].partition("{ __typename")
    return f"{head}{{ __typename {answer} {_REFUSED} }} }}"
