"""The outbox: what happened, written in the transaction in which it happened, and its place in the tenant's feed.

An event gets its position after its commit, from a sequencer that holds the tenant's head: dense from 1, so that a
reader who has seen position n has seen all before it. `due_at` repeats when it happened for as long as it has no
position, and is all that the worker sees of it.
"""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from domain.channel import MAX_HOPS
from models.base import Base, Id, Instant, TenantId, at_least, table_args, unkeyed_args

MAX_AUDIENCE = MAX_HOPS + 45
"""Organisations that may see one event: the longest chain there is and 44 others who are named in it. What more are to
hear is told in several events.
"""


def audiences(hears: Collection[UUID]) -> list[str]:
    """Who hears of one thing, as PostgreSQL writes arrays, an event for each: as few as hold them all.

    As text, for many of different lengths are no array of arrays.
    """
    named = [str(one) for one in sorted(hears)]
    starts = range(0, max(1, len(named)), MAX_AUDIENCE)
    return [f"{{{','.join(named[start : start + MAX_AUDIENCE])}}}" for start in starts]


class OutboxEvent(Base):
    """A fact of business. `audience` are the organisations that may hear of it."""

    __tablename__ = "outbox_event"

    tenant_id: Mapped[TenantId]
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    type: Mapped[str]
    aggregate: Mapped[str]
    aggregate_id: Mapped[Id]
    audience: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    occurred_at: Mapped[Instant]
    position: Mapped[int | None]
    due_at: Mapped[Instant | None]
    __table_args__ = unkeyed_args(
        *at_least(1, "position"),
        CheckConstraint(f"cardinality(audience) <= {MAX_AUDIENCE}", name="audience"),
        CheckConstraint("(position IS NULL) = (due_at IS NOT NULL) AND due_at = occurred_at", name="due_until_stamped"),
        Index(
            "uq_outbox_event_position",
            *("tenant_id", "position"),
            unique=True,
            postgresql_where=text("position IS NOT NULL"),
        ),
        Index("ix_outbox_event_unstamped", "tenant_id", "id", postgresql_where=text("due_at IS NOT NULL")),
    )


class FeedHead(Base):
    """The last position that the tenant's feed has given out. Whoever stamps holds this row."""

    __tablename__ = "feed_head"

    tenant_id: Mapped[TenantId]
    position: Mapped[int] = mapped_column(server_default="0")
    __table_args__ = table_args(*at_least(0, "position"))


# ── stamping ──────────────────────────────────────────────────────────────────────────────────────────────────────────
STAMPED_AT_ONCE = 1_000
"""The most events that get their positions in one transaction."""

_OPEN = text("INSERT INTO feed_head (tenant_id, position) VALUES (:tenant, 0) ON CONFLICT DO NOTHING")
_HEAD = text("SELECT position FROM feed_head WHERE tenant_id = :tenant FOR UPDATE")
_STAMP = text("""
    WITH next AS (
        SELECT id, row_number() OVER (ORDER BY id) AS n
        FROM (
            SELECT id FROM outbox_event WHERE tenant_id = :tenant AND due_at IS NOT NULL ORDER BY id LIMIT :most
        ) unstamped
    ), stamped AS (
        UPDATE outbox_event e SET position = :head + next.n, due_at = NULL
        FROM next
        WHERE e.tenant_id = :tenant AND e.id = next.id
        RETURNING e.id
    ), moved AS (
        UPDATE feed_head SET position = :head + (SELECT count(*) FROM next)
        WHERE tenant_id = :tenant AND EXISTS (SELECT FROM next)
        RETURNING position
    )
    SELECT count(*) FROM stamped
""")


async def stamp(session: AsyncSession, tenant_id: UUID) -> int:
    """Give positions to a tenant's events that have none, in the order in which they were written; how many.

    `session` has begun, with the tenant set. The tenant's head is held until it commits, so that positions become
    visible in their order: whoever sees one sees all before it. What is written by acts that have not committed yet
    comes later, and so behind what commits before it; of one aggregate nothing does, for acts hold it.
    """
    values: dict[str, Any] = {"tenant": tenant_id}
    await session.execute(_OPEN, values)
    values["head"] = await session.scalar(_HEAD, values)
    return int(await session.scalar(_STAMP, {**values, "most": STAMPED_AT_ONCE}) or 0)
