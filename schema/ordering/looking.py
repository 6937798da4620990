"""What payment providers told that somebody has to look at, and the act of whoever has."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain import ordering as domain
from loaders.ordering import NoticeRow
from resolvers import ordering
from schema.acts import Checking, InvalidInput, KeyReused, NotAllowed, Refusal, act, fact, refusal
from schema.base import OWN, PLATFORM, Connection, Fen, Node, attribute, connection, edge, global_id, graph_type, leaf
from schema.enums import NoticeKind, NoticeOutcome
from schema.ordering.reading import Payment, Refund


@graph_type(NoticeRow, "What a payment provider told about a payment, and what that did (支付通知).")
class PaymentNotice(Node):
    """A notice, for the seller whose order it is about; of what nobody knows, for the platform."""

    id: strawberry.ID = global_id("paymentnotice")
    provider: str = attribute("Who told it (支付渠道).", OWN)
    kind: NoticeKind = attribute("What it tells (通知类型).", OWN)
    outcome: NoticeOutcome = attribute("What it did here (处理结果).", OWN)
    payment: Payment | None = edge(ordering.payment_of, "The payment it names; null where there is none (支付单).", OWN)
    refund: Refund | None = edge(
        ordering.refund_of, "The refund it names, or that gives back what came first (退款单).", OWN
    )
    reference: str = attribute("What the provider calls the payment; may be empty (渠道单号).", OWN)
    amount: Fen = leaf(lambda row: row.amount_fen, "The amount it tells of (金额).", OWN)
    currency: str = attribute("In which currency, ISO 4217 (币种).", OWN)
    told_at: datetime = attribute("When it happened there (发生时间).", OWN)
    received_at: datetime = attribute("When it was heard of here (接收时间).", OWN)
    closed_at: datetime | None = attribute("When nobody had to look any more (关闭时间).", OWN)
    note: str | None = attribute("What came of it, in the words of who looked (处理说明).", OWN)


@refusal(domain.NoticeNotOpen, "Nobody has to look at the notice, or somebody has (通知已关闭).")
class NoticeNotOpen(Refusal):
    """With the time at which somebody had."""

    closed_at: datetime | None = fact("closed_at", "When it was closed; null where nobody had to look (关闭时间).")


@strawberry.input(description="A notice that somebody has looked at (关闭通知).")
class CloseNoticeInput:
    """A notice."""

    notice_id: strawberry.ID = strawberry.field(description="The notice (支付通知标识).")
    note: str = strawberry.field(description=f"What came of it, at most {domain.MAX_NOTE_CHARS} characters (处理说明).")

    def to_command(self, check: Checking) -> domain.CloseNotice:
        """What is closed."""
        note = check.text("note", self.note, domain.MAX_NOTE_CHARS, lines=True)
        return domain.CloseNotice(check.id("noticeId", self.notice_id, "paymentnotice"), note)


CloseNoticeResult = Annotated[
    PaymentNotice | NoticeNotOpen | InvalidInput | KeyReused | NotAllowed,
    strawberry.union("CloseNoticeResult", description="The notice, or why it is not closed (关闭通知结果)."),
]


@strawberry.type
class LookingQuery:
    """What somebody has to look at."""

    open_notices: Connection[PaymentNotice] | None = connection(
        ordering.open_notices,
        "What payment providers told that somebody has to look at, newest first; for the platform (待处理支付通知).",
        PLATFORM,
    )


@strawberry.type
class LookingMutation:
    """The act of whoever has looked."""

    close_notice: CloseNoticeResult = act(
        ordering.close_notice,
        CloseNoticeInput,
        "Say that somebody has looked at what a provider told; money moves by other acts alone (关闭通知).",
        OWN,
    )
