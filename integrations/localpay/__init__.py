"""A payment provider (支付渠道) that runs beside Millrace: what a third party would be, for the demo and for tests.

It keeps charges, refunds and notices in a file of its own (`book`), shows the shopper a page to pay at (`page`), and
tells its merchant what happened, signed, at least once, until the merchant has it (`courier`). Whatever a real one does
to a merchant it does too: notices come late, twice, after a crash, and money that was paid just before time was up.
It knows nothing of orders: what it is told is a merchant's id, an amount, and a text that comes back.

Source: docs/decisions/0031-payments.md
"""

from integrations.localpay.book import Book
from integrations.localpay.courier import Courier
from integrations.localpay.records import Conflict, NoRefund, Pace, UnreadableBook
from integrations.localpay.serving import LocalPay, Merchant
from integrations.localpay.signing import SIGNATURE, TIMESTAMP, signature

__all__ = [
    "SIGNATURE",
    "TIMESTAMP",
    "Book",
    "Conflict",
    "Courier",
    "LocalPay",
    "Merchant",
    "NoRefund",
    "Pace",
    "UnreadableBook",
    "signature",
]
