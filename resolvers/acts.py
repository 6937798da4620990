"""How an act is done: once, wholly, remembered; and what is said of one that is refused.

Owns the way from a command to its answer. What an act decides and writes is its centre's.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from domain.base import Refused, Unavailable
from models.reading import NO_ANSWER
from models.writing import Collision, Made, Transaction
from resolvers.context import Context
from resolvers.integration import NODE_LOADERS

ATTEMPTS: Final = 3
"""How often an act is begun that PostgreSQL undoes for another's sake."""


@dataclass(frozen=True, slots=True)
class Done:
    """What an act has done: what it made or changed, and what the audit says of it beside that."""

    made: Made
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Told:
    """A refusal as an answer. Not the exception itself, which executors would raise."""

    refused: Refused


Effect = Callable[[Transaction], Awaitable[Done]]
"""What an act does in its transaction. Raises: domain.base.Refused, and then nothing of it has happened."""


async def act(ctx: Context, operation: str, key: str | None, command: Any, effect: Effect) -> Any:
    """Do what is commanded, once under its key, and answer with the row of what was made, read afresh.

    Args:
        operation: the mutation's name, which scopes the key and stands in the audit.
        key: the client's idempotency key, None for an act that needs none.
        command: what is asked, a dataclass of plain values.
        effect: does it.

    Returns: the row, or `Told` of a refusal, after which nothing has happened.
    Raises: Unavailable, TimedOut where the database failed; what was asked may be asked again under the same key.
    """
    for attempt in range(1, ATTEMPTS + 1):
        try:
            made = await _once(ctx, operation, key, command, effect)
        except Refused as refused:
            return Told(refused)
        except Collision as collision:
            if attempt == ATTEMPTS:
                raise Unavailable(NO_ANSWER) from collision
            continue
        break
    return await ctx.load(NODE_LOADERS[made.kind]).one(made.id)


async def _once(ctx: Context, operation: str, key: str | None, command: Any, effect: Effect) -> Made:
    async with ctx.transaction() as tx:
        before = None if key is None else await tx.once(operation, key, command)
        if before is not None:
            return before
        done = await effect(tx)
        await tx.made(operation, key, done.made, done.details)
    return done.made
