"""A tenant of members made up by hand: organisations, cloud stores, people, rights, bindings.

Names are the keys: whatever is called "ann" has the id that the tenant and "ann" make together.
"""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from domain.attribution import BindingEnd, TouchSource
from domain.channel import CloudStoreMode, OrganizationStatus, Role, Tier
from domain.member import CouponBenefit, CouponState, RightKind, RightScope
from models.session import set_tenant

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_AGO = NOW - 100 * DAY
ORDER = (
    "account",
    "organization",
    "organization_closure",
    "site",
    "cloud_store",
    "staff",
    "partner_client",
    "customer",
    "membership",
    "right_terms",
    "right_honour",
    "member_tier",
    "member_growth",
    "member_balance",
    "coupon_offer",
    "order_header",
    "coupon",
    "promoter",
    "touch",
    "binding",
    "binding_hop",
)
"""Tables, in the order that keys need."""


class Members:
    """Rows of one tenant, gathered and then written at once."""

    def __init__(self, code: str) -> None:
        self.code, self.tenant = code, uuid5(UUID(int=7), code)
        self.rows: dict[str, list[dict[str, Any]]] = {table: [] for table in ORDER}
        self._tiers: dict[str, str] = {}
        self._numbers = 0

    def key(self, name: str) -> UUID:
        return uuid5(self.tenant, name)

    def id(self, kind: str, name: str) -> str:
        """The global id of what has the name."""
        return f"{kind}_{self.key(name).hex}"

    def _key(self, name: str | None) -> UUID | None:
        return None if name is None else self.key(name)

    def _add(self, table: str, **columns: Any) -> None:
        self.rows[table].append({"tenant_id": self.tenant, **columns})

    def _number(self) -> int:
        self._numbers += 1
        return self._numbers

    # ── the channel ───────────────────────────────────────────────────────────────────────────────────────────────
    def organization(
        self, name: str, tier: Tier, above: tuple[str, ...] = (), status: OrganizationStatus = OrganizationStatus.ACTIVE
    ) -> None:
        """An organisation, below those of `above`, the nearest first."""
        self._tiers[name] = tier
        self._add("organization", id=self.key(name), tier=tier, code=name, name=name.title(), status=status)
        for hops, other in enumerate((name, *above)):
            self._add(
                "organization_closure",
                descendant_id=self.key(name),
                ancestor_id=self.key(other),
                hops=hops,
                descendant_tier=tier,
                descendant_code=name,
            )

    def site(self, name: str, organization: str, parent: str | None = None) -> None:
        kind = "MAIN" if parent is None else "CITY"
        self._add(
            "site",
            id=self.key(name),
            kind=kind,
            code=name,
            name=name,
            organization_id=self.key(organization),
            parent_id=self._key(parent),
        )

    def cloud_store(
        self,
        name: str,
        organization: str,
        mode: CloudStoreMode = CloudStoreMode.O2O,
        site: str | None = None,
        *,
        closed: bool = False,
    ) -> None:
        self._add(
            "cloud_store",
            id=self.key(name),
            organization_id=self.key(organization),
            mode=mode,
            name=name,
            site_id=self._key(site),
            opened_at=LONG_AGO,
            closed_at=NOW - DAY if closed else None,
        )

    def _account(self, subject: str, name: str, phone: str | None = None) -> UUID:
        key = self.key(f"account {subject}")
        self._add("account", id=key, subject=subject, display_name=name, phone=phone)
        return key

    def staff(self, subject: str, organization: str, role: Role, name: str, *, active: bool = True) -> None:
        self._add(
            "staff",
            id=self.key(subject),
            account_id=self._account(subject, name),
            organization_id=self.key(organization),
            role=role,
            is_active=active,
        )

    def partner(self, subject: str, organization: str) -> None:
        self._add(
            "partner_client",
            id=self.key(subject),
            organization_id=self.key(organization),
            kind="ERP",
            subject=subject,
            name="A system",
        )

    # ── members and their rights ──────────────────────────────────────────────────────────────────────────────────
    def customer(
        self, name: str, phone: str | None = None, referred_by: str | None = None, tags: tuple[str, ...] = ()
    ) -> None:
        self._add(
            "customer",
            id=self.key(name),
            account_id=self._account(f"member:{name}", name.title(), phone),
            joined_at=LONG_AGO,
            tags=list(tags),
            referred_by_id=self._key(referred_by),
        )

    def member(self, customer: str, cloud_store: str, at: datetime | None = None) -> None:
        self._add(
            "membership",
            id=self.key(f"{customer} at {cloud_store}"),
            customer_id=self.key(customer),
            cloud_store_id=self.key(cloud_store),
            joined_at=at or LONG_AGO + self._number() * timedelta(minutes=1),
        )

    def terms(
        self,
        name: str,
        kind: RightKind,
        issuer: str,
        scope: RightScope = RightScope.TENANT,
        place: str | None = None,
        *,
        bearer: str | None = None,
        redeem: tuple[int, int] = (100, 100),
        since: datetime = LONG_AGO,
        until: datetime | None = None,
    ) -> None:
        """Terms; `place` is the site or the cloud store of their scope."""
        points = kind is RightKind.POINTS
        self._add(
            "right_terms",
            id=self.key(name),
            kind=kind,
            code=name,
            name=name.title(),
            scope=scope,
            site_id=self._key(place) if scope is RightScope.SITE else None,
            cloud_store_id=self._key(place) if scope is RightScope.STORE else None,
            issuer_id=self.key(issuer),
            bearer_id=self.key(bearer or issuer),
            redeem_points=redeem[0] if points else None,
            redeem_fen=redeem[1] if points else None,
            valid_from=since,
            valid_until=until,
        )

    def honour(self, terms: str, organization: str, *, below: bool = False) -> None:
        self._add(
            "right_honour", terms_id=self.key(terms), organization_id=self.key(organization), includes_below=below
        )

    def tier(self, terms: str, level: int, growth_from: int) -> None:
        self._add(
            "member_tier",
            id=self.key(f"{terms} {level}"),
            terms_id=self.key(terms),
            level=level,
            code=f"L{level}",
            name=f"Level {level}",
            growth_from=growth_from,
        )

    def grown(self, customer: str, terms: str, growth: int, level: int) -> None:
        self._add(
            "member_growth",
            customer_id=self.key(customer),
            terms_id=self.key(terms),
            growth=growth,
            tier_id=self.key(f"{terms} {level}"),
        )

    def holds(self, customer: str, terms: str, kind: RightKind, balance: int) -> None:
        self._add(
            "member_balance",
            customer_id=self.key(customer),
            terms_id=self.key(terms),
            terms_kind=kind,
            balance=balance,
        )

    def offer(
        self, terms: str, *, off_fen: int | None = None, off_bps: int | None = None, most: int | None = None
    ) -> None:
        benefit = CouponBenefit.PERCENT_OFF if off_fen is None else CouponBenefit.AMOUNT_OFF
        self._add(
            "coupon_offer",
            terms_id=self.key(terms),
            benefit=benefit,
            off_fen=off_fen,
            off_bps=off_bps,
            max_off_fen=most,
        )

    def coupon(
        self,
        name: str,
        customer: str,
        terms: str,
        seller: str,
        state: CouponState = CouponState.AVAILABLE,
        since: datetime = LONG_AGO,
        until: datetime = NOW + 30 * DAY,
    ) -> None:
        """A coupon; one that an order holds is held by an order that `seller` sells."""
        order = None
        if state in (CouponState.LOCKED, CouponState.USED):
            order = self.key(f"order of {name}")
            self._add(
                "order_header",
                id=order,
                number=name,
                kind="CONSUMER",
                state="PENDING_PAYMENT",
                seller_id=self.key(seller),
                customer_id=self.key(customer),
                currency="CNY",
                total_fen=0,
                placed_at=LONG_AGO,
            )
        self._add(
            "coupon",
            id=self.key(name),
            customer_id=self.key(customer),
            terms_id=self.key(terms),
            code=name,
            state=state,
            granted_at=LONG_AGO,
            valid_from=since,
            valid_until=until,
            order_id=order,
        )

    # ── who brought them ──────────────────────────────────────────────────────────────────────────────────────────
    def promoter(self, name: str, organization: str) -> None:
        self._add(
            "promoter",
            id=self.key(name),
            account_id=self._account(f"promoter:{name}", name.title()),
            organization_id=self.key(organization),
            kind="PROMOTER",
            code=name,
            joined_at=LONG_AGO,
        )

    def touch(
        self,
        name: str,
        customer: str,
        organization: str,
        outcome: str,
        rejection: str | None = None,
        *,
        guide: str | None = None,
        promoter: str | None = None,
    ) -> None:
        self._add(
            "touch",
            id=self.key(name),
            customer_id=self.key(customer),
            organization_id=self.key(organization),
            guide_id=self._key(guide),
            promoter_id=self._key(promoter),
            source=TouchSource.OFFLINE_SCAN,
            strength=40,
            terminal="SHOP",
            occurred_at=LONG_AGO + self._number() * timedelta(hours=1),
            outcome=outcome,
            rejection=rejection,
        )

    def binding(
        self,
        name: str,
        customer: str,
        owner: str,
        chain: tuple[str, ...] = (),
        *,
        at: datetime = NOW - 10 * DAY,
        ended: BindingEnd | None = None,
        guide: str | None = None,
        promoter: str | None = None,
    ) -> None:
        """A binding; `chain` stands above the owner."""
        self._add(
            "binding",
            id=self.key(name),
            customer_id=self.key(customer),
            owner_id=self.key(owner),
            guide_id=self._key(guide),
            promoter_id=self._key(promoter),
            source=TouchSource.OFFLINE_SCAN,
            strength=40,
            bound_at=at,
            protected_until=at + 30 * DAY,
            valid_until=at + 180 * DAY,
            ended_at=None if ended is None else at + DAY,
            end_cause=ended,
            end_reason=None,
        )
        for hops, organization in enumerate((owner, *chain)):
            self._add(
                "binding_hop",
                binding_id=self.key(name),
                hops=hops,
                organization_id=self.key(organization),
                tier=self._tiers[organization],
            )

    async def write(self, owner: Any) -> None:
        """Commit everything gathered, as the owner of the database and inside the tenant."""
        async with owner.transaction():
            await owner.execute("INSERT INTO tenant (id, code, name) VALUES ($1, $2, 'x')", self.tenant, self.code)
            await owner.execute(set_tenant(self.tenant))
            for table, rows in self.rows.items():
                if rows:
                    columns = list(rows[0])
                    places = ", ".join(f"${place}" for place in range(1, len(columns) + 1))
                    into = " ".join(("INSERT INTO", table, f"({', '.join(columns)}) VALUES ({places})"))
                    await owner.executemany(into, [tuple(row[column] for column in columns) for row in rows])
