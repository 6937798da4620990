"""Which media type a client takes, and whether it sent one that we read.

Source: RFC 9110, 12.5.1 (Accept); GraphQL over HTTP, Media Types.
"""

from __future__ import annotations

from functools import lru_cache

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"

_LISTED = 3
_SUBTYPES = 2
_ANYTHING = 1

_CACHED_CHARS = 256


def response_type(accept: str | None) -> str | None:
    """The media type to answer in, None if the client takes neither.

    Without a wish, or with `*/*`, it is application/json, as older clients expect; a client that lists both without
    preferring one gets the newer type.
    """
    if not accept or not accept.strip():
        return JSON
    return _chosen(accept) if len(accept) <= _CACHED_CHARS else _chosen.__wrapped__(accept)


def is_json(content_type: str | None) -> bool:
    """Whether a request body of this Content-Type is JSON in UTF-8."""
    if content_type is None or content_type == JSON:
        return content_type is not None
    kind, parameters = _parsed(content_type)
    charset = parameters.get("charset", "utf-8").strip('"').lower()
    return kind == JSON and charset in ("utf-8", "utf8")


@lru_cache(maxsize=128)
def _chosen(accept: str) -> str | None:
    best: tuple[float, int] = (0.0, 0)
    chosen = None
    wishes = {JSON: (0.0, 0), GRAPHQL: (0.0, 0)}
    for entry in accept.split(","):
        kind, parameters = _parsed(entry)
        weight = _weight(parameters.get("q", "1"))
        for offered in wishes:
            precision = _precision(kind, offered)
            if precision > wishes[offered][1]:
                wishes[offered] = (weight, precision)
    for offered, (weight, precision) in wishes.items():
        wins = (weight, precision) > best or ((weight, precision) == best and precision == _LISTED)
        if weight > 0 and wins:
            best, chosen = (weight, precision), offered
    return chosen


def _precision(kind: str, offered: str) -> int:
    """How exactly a media range names the type offered: the more exact range decides its weight."""
    if kind == offered:
        return _LISTED
    if kind == "application/*":
        return _SUBTYPES
    return _ANYTHING if kind == "*/*" else 0


def _parsed(entry: str) -> tuple[str, dict[str, str]]:
    kind, *rest = entry.split(";")
    pairs = (p.partition("=") for p in rest)
    return kind.strip().lower(), {name.strip().lower(): value.strip() for name, _, value in pairs}


def _weight(text: str) -> float:
    """A q-value; what is not one counts as a refusal."""
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
