"""The local provider's values: what it is asked, how things stand, at what pace it tells, what it refuses.

Amounts are minor units, instants milliseconds since 1970.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class UnreadableBook(Exception):
    """The file is no book of this version."""


class Conflict(Exception):
    """The merchant's id stands for something else already."""


class NoRefund(Exception):
    """The refund cannot be: nothing was paid, or not so much is left of it. The message says which."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How notices are sent, in seconds: those that are not taken again and again, the wait doubled each time.

    By the defaults for some eight hours: 19 waits, from a second to an hour.
    """

    first_wait: float = 1.0
    longest_wait: float = 3600.0
    attempts: int = 20
    """After which a notice is given up: it is kept, and sent when somebody asks for it."""
    answer: float = 5.0
    """What a merchant may take to answer."""
    lease: float = 15.0
    """How long a notice is one process's to send; longer than an answer may take, or two send it."""
    look: float = 0.5
    """Between two looks for what is due."""
    late: float = 5.0
    """How long after a charge's end the notice of a late payment goes out."""

    def wait_ms(self, attempts: int) -> int:
        """The wait after so many attempts."""
        return int(1000 * min(self.longest_wait, self.first_wait * 2 ** min(attempts - 1, 30)))


class ChargeAsked(NamedTuple):
    """A charge as a merchant asks for it. `attach` is the merchant's own text, which comes back in each notice."""

    id: str
    amount: int
    currency: str
    subject: str
    attach: str
    expires_at: int


class RefundAsked(NamedTuple):
    """A refund as a merchant asks for it; `charge` is the merchant's id of what was paid."""

    id: str
    charge: str
    amount: int
    currency: str
    reason: str


class Charge(NamedTuple):
    """A charge as it stands. `token` names its page, `since` says when it came into its state, `paid` how much came."""

    id: str
    reference: str
    token: str
    amount: int
    currency: str
    subject: str
    attach: str
    expires_at: int
    state: str
    since: int
    tries: int
    returnable: int
    refunded: int
    paid: int


class Refund(NamedTuple):
    """A refund as it stands."""

    id: str
    charge: str
    reference: str
    amount: int
    currency: str
    reason: str
    state: str
    since: int


class Owed(NamedTuple):
    """A notice that is ours to send until the lease ends; `attempts` are those before."""

    id: str
    body: str
    attempts: int
