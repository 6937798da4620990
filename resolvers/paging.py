"""Pages as a client asks for them: page sizes, cursors, and the null of a parent that has no such connection."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import orjson

from domain.base import BadCursor, BadPage
from loaders.paging import MAX_PAGE, AtHand, Keyed, KeyPart, Page, Paged, PageRequest, key_of, totals
from models.base import MAX_CODE_CHARS
from models.reading import Row
from resolvers.context import Context, own_keys

_JSON_BYTES = 6
"""The most that one character of a code takes in a cursor: a control character, written with its number."""
CURSOR_CHARS = (2 * _JSON_BYTES * MAX_CODE_CHARS + 100) * 4 // 3
"""The longest cursor: in base64 two codes, the product's and the sku's, or one and what ids and numbers take."""

R = TypeVar("R", bound=Row)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BIGINT = 2**63


def cursor_of(row: Row | Keyed) -> str:
    """The cursor of a row of a page: its key, opaque to clients."""
    parts = [_written(part) for part in key_of(row)]
    return base64.urlsafe_b64encode(orjson.dumps(parts)).rstrip(b"=").decode()


def _written(part: KeyPart) -> int | str:
    if isinstance(part, datetime):
        return (part - _EPOCH) // _MICROSECOND
    return part.hex if isinstance(part, UUID) else part


def page_request(connection: Paged[Any] | AtHand, first: int, after: str | None) -> PageRequest:
    """Check what the client asked for.

    Raises: BadPage when `first` is not 1 to `MAX_PAGE`; BadCursor when `after` is no cursor of this connection.
    """
    if not 1 <= first <= MAX_PAGE:
        raise BadPage(f"`first` must be between 1 and {MAX_PAGE}.")
    return PageRequest(first, None if after is None else _key(after, connection.kinds))


def _key(cursor: str, kinds: tuple[type[KeyPart], ...]) -> tuple[KeyPart, ...]:
    try:
        if len(cursor) > CURSOR_CHARS:
            raise ValueError("too long")
        parts = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not isinstance(parts, list):
            raise TypeError("not a list of parts")
        return tuple(_read(part, kind) for part, kind in zip(parts, kinds, strict=True))
    except (ValueError, TypeError, OverflowError, binascii.Error):
        raise BadCursor("`after` is not a cursor of this connection.") from None


def _read(part: Any, kind: type[KeyPart]) -> KeyPart:
    if kind is str:
        if not isinstance(part, str) or len(part) > MAX_CODE_CHARS or "\0" in part:
            raise ValueError("not a text")
        return part
    if kind is UUID:
        # UUID() itself would also take braces, blanks and the digits of other scripts.
        if not isinstance(part, str) or len(part) != 32 or not part.isascii() or not part.isalnum():
            raise ValueError("not an id")
        return UUID(hex=part)
    if type(part) is not int or not -_BIGINT <= part < _BIGINT:
        raise ValueError("not a number")
    return _EPOCH + part * _MICROSECOND if kind is datetime else part


async def connect(
    ctx: Context, connection: Paged[R], parents: Sequence[UUID | None], first: int, after: str | None, **values: Any
) -> list[Page[R] | None]:
    """A page under each parent, in one statement; a parent that is None has no such connection."""
    request = page_request(connection, first, after)
    there = list(dict.fromkeys(parent for parent in parents if parent is not None))
    if not there:
        return [None] * len(parents)
    pages = await connection.pages(ctx.reading, there, request, **values)
    by_parent: dict[UUID | None, Page[R] | None] = {page.parent: page for page in pages}
    return [by_parent.get(parent) for parent in parents]


async def connect_own(
    ctx: Context,
    whole: Paged[Any],
    part: Paged[Any],
    rows: Sequence[Any],
    organization: str,
    first: int,
    after: str | None,
) -> list[Page[Any] | None]:
    """The whole of what is under the rows that are the viewer's own, by that column; a part of it under others.

    At most two trips. Raises: BadPage, BadCursor as `page_request` does.
    """
    own = own_keys(ctx, rows, organization)
    others = [None if key is not None else row.id for row, key in zip(rows, own, strict=True)]
    mine = await connect(ctx, whole, own, first, after)
    shared = await connect(ctx, part, others, first, after)
    return [page or other for page, other in zip(mine, shared, strict=True)]


async def total_counts(pages: Sequence[Page[Any]], ctx: Context) -> Sequence[int | None]:
    """How long each connection is in all; None beyond what is counted."""
    return await totals(ctx.reading, pages)
