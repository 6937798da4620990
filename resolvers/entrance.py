"""The entrance: from what a request says of itself to a viewer in a tenant, with a read session of her own.

The viewer's tenant is the token's claim, else the request's host, else the header, else (demo only) a default. What
the token says the database confirms: a role that has ended, or an account that is shut, is no proof of anything. It
does not verify tokens: that is the verifier's. A platform admin belongs to no tenant and has no row to confirm her: her
issuer's word counts until her token ends.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from domain.access import NO_CLIENT, NOBODY, ActorClass, Scope
from domain.base import Fault, TenantRequired, Unauthenticated
from domain.channel import PHONE_ADDRESS, Role, Tier
from domain.integration import PartnerKind
from domain.ordering import Provider
from domain.permissions import BY_PARTNER, BY_ROLE, STAFF
from loaders.base import Kept, Reading
from loaders.channel import ACCOUNT_BY_SUBJECT, CUSTOMER_BY_SUBJECT, PARTNER_BY_SUBJECT, STAFF_BY_SUBJECT
from loaders.integration import StoredTexts
from loaders.tenants import TenantEntry, Tenants
from models.inventory import Committer
from models.session import ReadPool, ReadSession
from models.writing import WritePool
from resolvers.context import Context, Viewer
from transport.bearer import REFUSAL, Claims, Verifier, bearer_token
from transport.door import RequestFacts

FILING = frozenset({"staff", "partner", "admin"})
"""The actors that send files of rows."""


@dataclass(slots=True)
class Opened:
    """A request whose viewer is known. `_earlier` are the statements of contexts that are over."""

    context: Context
    expires_at: datetime | None
    client: str
    stored_only: bool
    _texts: StoredTexts
    _earlier: int = 0

    @property
    def actor_class(self) -> str:
        """The name of the viewer's actor class."""
        return self.context.viewer.actor_class.value

    @property
    def statements(self) -> int:
        """SQL statements run so far, BEGIN and COMMIT not counted."""
        return self._earlier + self.context.statements

    async def document(self, digest: str) -> str | None:
        """The text that the viewer's tenant has stored under a hash."""
        return await self._texts.of(self.context.reading.session, digest)

    async def renew(self) -> Context:
        """The same viewer at the same instant, with a fresh read; the one before is closed."""
        await self.close()
        self._earlier = self.statements
        self.context = self.context.renewed()
        return self.context

    async def close(self) -> None:
        """End the read."""
        await self.context.close()


class Pool(ReadPool, WritePool, Protocol):
    """Where requests take their connections from."""


class Entrance:
    """Opens requests.

    `default_tenant` is the code of the tenant of a request that names none, in the demo; `provider` takes payments.
    """

    def __init__(
        self,
        pool: Pool,
        verifier: Verifier,
        *,
        default_tenant: str | None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        provider: Provider | None = None,
    ) -> None:
        self._pool, self._verifier, self._default, self._clock = pool, verifier, default_tenant, clock
        self._tenants = Tenants(pool)
        self._committer = Committer(pool)
        self._provider = provider
        self._kept = Kept()
        self._texts = StoredTexts()

    def open(self, facts: RequestFacts) -> "_Opening":
        """Enter to identify the viewer and open her read session; closed at the end, whatever happens.

        Raises on entering: Unauthenticated, TenantRequired.
        """
        return _Opening(self, facts)

    async def may_send_files(self, facts: RequestFacts) -> bool:
        """Whether a token proves that somebody of a business asks: staff, a partner's system, the platform.

        What it says the database confirms once the body is there.
        """
        try:
            token = bearer_token(facts.authorization)
            return token is not None and (await self._verifier.verify(token)).actor in FILING
        except Fault:
            return False

    async def opened(self, facts: RequestFacts) -> Opened:
        """A request whose viewer is known; to be closed by whoever asks. Raises: Unauthenticated, TenantRequired."""
        token = bearer_token(facts.authorization)
        claims = None if token is None else await self._verifier.verify(token)
        tenant = await (self._named(facts) if claims is None else self._claimed(claims, facts))
        now = self._clock()
        today = now.astimezone(tenant.zone).date()
        session = ReadSession(self._pool, tenant.id)
        try:
            viewer = await _viewer(session, claims)
        except BaseException:
            await session.close()
            raise
        reading = Reading(session, now, today, viewer.scope, tenant.zone, self._kept)
        client = (claims and claims.client) or NO_CLIENT
        expires_at = None if claims is None else claims.expires_at
        context = Context(viewer, reading, self._pool, self._committer, self._provider)
        return Opened(context, expires_at, client, client in tenant.stored_only, self._texts)

    async def _named(self, facts: RequestFacts) -> TenantEntry:
        """The tenant of a request without a token."""
        found = None if facts.host is None else await self._tenants.by_host(facts.host)
        if found is None:
            code = self._default if facts.tenant is None else facts.tenant
            found = None if code is None else await self._tenants.by_code(code)
        if found is None:
            raise TenantRequired("The request names no tenant.")
        return found

    async def _claimed(self, claims: Claims, facts: RequestFacts) -> TenantEntry:
        """The tenant of a request with a token; a host or header that names another is answered like a bad token."""
        by_host = None if facts.host is None else await self._tenants.by_host(facts.host)
        by_header = None if facts.tenant is None else await self._tenants.by_code(facts.tenant)
        if claims.tenant is not None:
            tenant = await self._tenants.by_id(claims.tenant)
        elif claims.actor == "admin":
            tenant = None  # an admin's token carries one tenant at a time
        else:
            tenant = by_host or by_header
            if tenant is None and facts.tenant is None and self._default is not None:
                tenant = await self._tenants.by_code(self._default)
        if (
            tenant is None
            or (by_host is not None and by_host.id != tenant.id)
            or (facts.tenant is not None and (by_header is None or by_header.id != tenant.id))
        ):
            raise Unauthenticated(REFUSAL)
        return tenant


class _Opening:
    """A request from its opening to its end."""

    __slots__ = ("_entrance", "_facts", "_opened")

    def __init__(self, entrance: Entrance, facts: RequestFacts) -> None:
        self._entrance, self._facts = entrance, facts
        self._opened: Opened | None = None

    async def __aenter__(self) -> Opened:
        self._opened = await self._entrance.opened(self._facts)
        return self._opened

    async def __aexit__(self, *_: object) -> None:
        if self._opened is not None:
            await self._opened.close()


async def _viewer(session: ReadSession, claims: Claims | None) -> Viewer:
    """The actor the claims choose, as the database has it now. Raises Unauthenticated when it has no such actor."""
    tenant_id = session.tenant_id
    if claims is None:
        return Viewer(ActorClass.NOBODY, tenant_id, NOBODY)
    if claims.actor == "admin":
        return Viewer(
            ActorClass.PLATFORM_ADMIN,
            tenant_id,
            Scope(everything=True),
            claims.subject,
            name=f"admin:{claims.subject}",
        )
    read = {"staff": _staff, "consumer": _consumer, "partner": _partner}[claims.actor]
    viewer = await read(session, claims)
    if viewer is None:
        raise Unauthenticated(REFUSAL)
    return viewer


async def _staff(session: ReadSession, claims: Claims) -> Viewer | None:
    subjects = [claims.subject]
    if claims.phone is not None:
        subjects.append(f"{PHONE_ADDRESS}{claims.phone}")  # she was given her role by her phone, which is proven now
    rows = await session.fetch(STAFF_BY_SUBJECT, subjects=subjects, organization=claims.organization, role=claims.role)
    if not rows:
        return None
    row = rows[0]
    actor = STAFF.get((Tier(row.tier), Role(row.role)))
    if actor is None:
        return None
    scope = Scope(organizations=(row.organization_id,))
    return Viewer(
        actor,
        session.tenant_id,
        scope,
        row.display_name,
        row.role,
        row.organization_id,
        account_id=row.account_id,
        name=f"account:{row.account_id.hex}",
        permissions=BY_ROLE[Role(row.role)],
    )


async def _consumer(session: ReadSession, claims: Claims) -> Viewer | None:
    rows = await session.fetch(CUSTOMER_BY_SUBJECT, subject=claims.subject)
    if not rows:
        return await _newcomer(session, claims)
    row: Any = rows[0]
    return Viewer(
        ActorClass.CONSUMER,
        session.tenant_id,
        Scope(customer=row.customer_id),
        row.display_name,
        account_id=row.account_id,
        customer_id=row.customer_id,
        name=f"account:{row.account_id.hex}",
    )


async def _newcomer(session: ReadSession, claims: Claims) -> Viewer | None:
    """A shopper whom her issuer knows and the tenant does not yet, unless her account is shut."""
    accounts = await session.fetch(ACCOUNT_BY_SUBJECT, subject=claims.subject)
    if accounts and not accounts[0].is_active:
        return None
    name = f"subject:{claims.subject}"
    return Viewer(ActorClass.NOBODY, session.tenant_id, NOBODY, name=name, subject=claims.subject)


async def _partner(session: ReadSession, claims: Claims) -> Viewer | None:
    rows = await session.fetch(PARTNER_BY_SUBJECT, subject=claims.subject)
    if not rows:
        return None
    row = rows[0]
    return Viewer(
        ActorClass.PARTNER,
        session.tenant_id,
        Scope(organizations=(row.organization_id,)),
        row.display_name,
        organization_id=row.organization_id,
        name=f"partner:{claims.subject}",
        permissions=BY_PARTNER[PartnerKind(row.kind)],
    )
