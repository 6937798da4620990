"""The acts by their names: the whole document of each, with all that may come back."""

_PAPER = "... on StockDocument { id kind reason location { code } toLocation { code } owner { id } "
_PAPER += "movements { nodes { sku { id } lotCode onHand location { code } } } }"
_REFUSED = "... on Refusal { code message } ... on InvalidInput { problems { path message } }"
_SHORT = "... on NotEnoughStock { shortages { sku { id } wanted available } }"
_ACT = "mutation ($input: %s!, $key: String!) { done: %s(input: $input, idempotencyKey: $key) { __typename %s } }"
_PAID = "... on GoodsPaidFor { shortages { wanted } }"
_HOLD = "... on Reservation { id state createdAt expiresAt cloudStore { id } lines { sku { id } quantity } }"
_STEP = "... on StepMismatch { quantity step below above } ... on BelowMinimum { quantity minimum }"
ACTS: dict[str, str] = {
    "holdStock": _ACT % ("HoldStockInput", "holdStock", f"{_HOLD} {_REFUSED} {_SHORT} {_STEP}"),
    "releaseHold": _ACT % ("ReleaseHoldInput", "releaseHold", f"{_HOLD} {_REFUSED}"),
    "receiveStock": _ACT % ("StockInput", "receiveStock", f"{_PAPER} {_REFUSED}"),
    "issueStock": _ACT % ("StockInput", "issueStock", f"{_PAPER} {_REFUSED} {_SHORT}"),
    "transferStock": _ACT % ("TransferStockInput", "transferStock", f"{_PAPER} {_REFUSED} {_SHORT}"),
    **{
        act: _ACT % (f"{act[0].upper()}{act[1:]}Input", act, f"{_PAPER} {_REFUSED} {_SHORT} {_PAID}")
        for act in ("countStock", "adjustStock", "quarantineStock")
    },
}
"""Every mutation, with all that is asked of its answer."""
