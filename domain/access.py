"""Who asks, and who may read: the kinds of actor and the audiences of the graph's fields.

Owns the two lists and the one table that joins them. Which *rows* an actor may see is not decided here: that is a
condition of the loaders' statements with the viewer's ids as parameters.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

NAME_CHARS = 255
"""Characters of the name of an account, or of a client, in its issuer's words.

Source: RFC 7519 leaves the length of `sub` open; OpenID Connect Core, section 2, says 255.
"""


NO_CLIENT = "anonymous"
"""What a client is called that no issuer names."""


def is_name(text: str) -> bool:
    """Whether a token may call an account or a client so: printable, for it stands in logs."""
    return 1 <= len(text) <= NAME_CHARS and text.isprintable()


class ActorClass(StrEnum):
    """What kind of actor speaks. One account may hold several; a token chooses one.

    Source: docs/domain.md, Rules that hold everywhere.
    """

    NOBODY = "NOBODY"
    """访客: has shown no token."""
    CONSUMER = "CONSUMER"
    """消费者: a shopper."""
    STORE_CLERK = "STORE_CLERK"
    """店员: serves shoppers in a store."""
    STORE_MANAGER = "STORE_MANAGER"
    """店长: runs a store."""
    DISTRIBUTOR_SALESPERSON = "DISTRIBUTOR_SALESPERSON"
    """业务员: visits stores for a distributor, an agent or a regional company."""
    DISTRIBUTOR_OPERATOR = "DISTRIBUTOR_OPERATOR"
    """经销商运营: runs a distributor, an agent or a regional company."""
    BRAND_OPERATOR = "BRAND_OPERATOR"
    """品牌运营: runs a brand's channel."""
    BRAND_ANALYST = "BRAND_ANALYST"
    """品牌分析员: reads a brand's aggregates."""
    PARTNER = "PARTNER"
    """合作系统: a partner's system that speaks for one organisation."""
    PLATFORM_ADMIN = "PLATFORM_ADMIN"
    """平台管理员: operates the platform, one tenant at a time."""


SYSTEM: Final = "SYSTEM"
"""What the audit calls the kind of who acts without anybody asking: the clock, a provider's notice. Nobody reads so."""

_EVERYONE = frozenset(ActorClass)
_BUSINESS = _EVERYONE - {ActorClass.NOBODY, ActorClass.CONSUMER}
_STORE = frozenset({ActorClass.STORE_CLERK, ActorClass.STORE_MANAGER})


class Audience(StrEnum):
    """For whom a field of the graph is. Every field declares exactly one; a field without one is closed to all."""

    PUBLIC = "PUBLIC"
    """公开: shelf data, and what is written on a shop's door."""
    OWN = "OWN"
    """本组织: the viewer's own organisation."""
    COUNTERPARTY = "COUNTERPARTY"
    """约定双方: the two sides of what is agreed: a price, an assortment, the terms of a right."""
    TRADE = "TRADE"
    """交易双方: the two sides of one dealing: buyer and seller of an order, keeper and contributor of a pool."""
    MEMBER = "MEMBER"
    """会员: a shopper herself, and staff of the organisations whose member or bound customer she is."""
    UPSTREAM = "UPSTREAM"
    """上游汇总: aggregates about one's own goods below oneself; never one order, never another tier's price."""
    PLATFORM = "PLATFORM"
    """平台: the operator of the platform."""

    @property
    def admits(self) -> frozenset[ActorClass]:
        """The kinds of actor that may ever read a field of this audience."""
        return _ADMITS[self]


_ADMITS: dict[Audience, frozenset[ActorClass]] = {
    Audience.PUBLIC: _EVERYONE,
    Audience.OWN: _BUSINESS,
    Audience.COUNTERPARTY: _BUSINESS | {ActorClass.CONSUMER},
    # An analyst reads aggregates and her own organisation's terms, never one order or one consumer. A shopper is the
    # buyer of her own orders.
    Audience.TRADE: _BUSINESS - {ActorClass.BRAND_ANALYST} | {ActorClass.CONSUMER},
    Audience.MEMBER: _BUSINESS - {ActorClass.BRAND_ANALYST} | {ActorClass.CONSUMER},
    Audience.UPSTREAM: _BUSINESS - _STORE,
    Audience.PLATFORM: frozenset({ActorClass.PLATFORM_ADMIN}),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Which rows of its tenant a viewer may see: the parameters of every private statement.

    `organizations`: the organisations it speaks for (none for shoppers and nobody). `customer`: the shopper herself.
    `everything`: the platform's own operator.
    """

    organizations: tuple[UUID, ...] = ()
    customer: UUID | None = None
    everything: bool = False

    def speaks_for(self, organization: UUID) -> bool:
        """Whether the viewer may see what is an organisation's own."""
        return self.everything or organization in self.organizations


NOBODY = Scope()
