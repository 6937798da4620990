"""The door between transport and graph: how a request becomes somebody who asks.

Owns two protocols that the composition root fulfils, and the plain facts that travel through them. Does not know
tokens, tenants or databases.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What the wire says about who asks; nothing of it is proven yet.

    `authorization`: the header's value, scheme included. `host`: the Host header. `tenant`: the Millrace-Tenant header.
    """

    authorization: str | None
    host: str | None
    tenant: str | None
    request_id: str


class OpenRequest(Protocol):
    """A request whose viewer is known, for as long as it runs."""

    @property
    def actor_class(self) -> str:
        """The name of the viewer's actor class, as `field.extensions["audience"]` lists it."""

    @property
    def context(self) -> Any:
        """What resolvers get as `info.context`; fresh for every request, operation and event."""

    @property
    def client(self) -> str:
        """The application that asks, as far as that is proven."""

    @property
    def stored_only(self) -> bool:
        """Whether the client may send stored documents only."""

    async def document(self, digest: str) -> str | None:
        """The text stored under a SHA-256, in hexadecimal digits; None if there is none."""

    async def renew(self) -> Any:
        """A context like the one before, which is over: for an operation that has to be begun again."""

    @property
    def expires_at(self) -> datetime | None:
        """When the proof of who asks ends; None for nobody. A socket is closed then."""

    @property
    def statements(self) -> int:
        """SQL statements run so far, BEGIN and COMMIT not counted."""


class Door(Protocol):
    """Identifies the viewer of a request and opens what its resolvers need."""

    async def may_send_files(self, facts: RequestFacts) -> bool:
        """Whether the proof of who asks is that of a business, which may send files; asked before the body is read.

        Proof that is none is answered when the request is opened: here it is no proof of a business.
        """

    def open(self, facts: RequestFacts) -> AbstractAsyncContextManager[OpenRequest]:
        """Enter to identify, leave to give everything back, also when the request was cancelled.

        Raises on entering: `domain.base.Fault` (UNAUTHENTICATED, TENANT_REQUIRED) as a coded answer; anything else is
        an unexpected error.
        """
