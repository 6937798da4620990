"""Where a shopper's order goes, as it is said and as it is read."""

import re
from typing import TYPE_CHECKING, Annotated

import strawberry

from domain import ordering as domain
from domain.member import PHONE
from resolvers import channel
from schema.acts import Checking, Refusal, fact, refusal
from schema.base import TRADE, attribute, edge
from schema.enums import DeliveryMethod

if TYPE_CHECKING:
    from schema.channel import Region

_Region = Annotated["Region", strawberry.lazy("schema.channel")]


@strawberry.type(description="Where an order goes, and how, as it was said when it was placed (收货信息).")
class Delivery:
    """Its source is a `Delivered`: for who bought, who sold and who ships."""

    method: DeliveryMethod = attribute("How the goods reach her (配送方式).", TRADE)
    recipient: str | None = attribute("Who receives them (收货人).", TRADE)
    phone: str | None = attribute(
        "The recipient's phone, its middle hidden but for the buyer herself (收货电话, 已脱敏).", TRADE
    )
    region: _Region | None = edge(channel.region, "The area of the address (收货区划).", TRADE)
    address: str | None = attribute("Street and number; null for what is picked up (收货地址).", TRADE)
    note: str | None = attribute("What else is to be known to hand them over (备注).", TRADE)


@refusal(domain.DeliveryNotPossible, "The goods cannot reach the shopper that way (配送方式不可用).")
class DeliveryNotPossible(Refusal):
    """With the ways that fit who would ship."""

    method: DeliveryMethod = fact("method", "The way that was wanted (配送方式).")
    ways: list[DeliveryMethod] = fact("possible", "The ways that are possible (可选方式).", 2)


_SIZES = {
    "recipient": domain.MAX_RECIPIENT_CHARS,
    "address": domain.MAX_ADDRESS_CHARS,
    "note": domain.MAX_DELIVERY_NOTE_CHARS,
}


@strawberry.input(description="Where an order goes, and how (收货信息).")
class DeliveryInput:
    """A delivery needs recipient, phone and address; what is picked up has no address."""

    method: DeliveryMethod = strawberry.field(description="How the goods reach her (配送方式).")
    recipient: str | None = strawberry.field(
        default=None, description=f"Who receives them, at most {domain.MAX_RECIPIENT_CHARS} characters (收货人)."
    )
    phone: str | None = strawberry.field(
        default=None, description="The recipient's phone with its country's code, like +8613800001234 (收货电话)."
    )
    region_code: str | None = strawberry.field(default=None, description="The area of the address (收货区划代码).")
    address: str | None = strawberry.field(
        default=None, description=f"Street and number, at most {domain.MAX_ADDRESS_CHARS} characters (收货地址)."
    )
    note: str | None = strawberry.field(
        default=None,
        description=f"What else is to be known, at most {domain.MAX_DELIVERY_NOTE_CHARS} characters (备注).",
    )

    def to_command(self, check: Checking) -> domain.Delivery:
        """The delivery, with everything that is wrong with it."""
        picked_up = self.method == DeliveryMethod.STORE_PICKUP
        for name, given in (("recipient", self.recipient), ("phone", self.phone), ("address", self.address)):
            if not picked_up and given is None:
                check.wrong(name, "It is expected of what is delivered.")
        for name, given in (("regionCode", self.region_code), ("address", self.address)):
            if picked_up and given is not None:
                check.wrong(name, "What is picked up goes to no address.")
        if self.phone is not None and re.fullmatch(PHONE, self.phone) is None:
            check.wrong("phone", "A phone like +8613800001234 is expected.")
        recipient, address, note = (
            check.optional_text(name, getattr(self, name), most, lines=name == "note") for name, most in _SIZES.items()
        )
        region = check.optional_code("regionCode", self.region_code)
        return domain.Delivery(domain.DeliveryMethod(self.method), recipient, self.phone, region, address, note)
