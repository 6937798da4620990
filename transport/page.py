"""The headers that guard every page a browser is given: what it may load, who may frame it, what it tells others.

Source: Content Security Policy Level 3; Fetch Metadata Request Headers.
"""

from __future__ import annotations

from typing import Final

from starlette.requests import Request

_OWN_SITE: Final = frozenset({"same-origin", "none"})


def guards(policy: str) -> dict[str, str]:
    """The headers of a page under a content security policy."""
    return {
        "content-security-policy": policy,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
    }


def from_own_site(request: Request) -> bool:
    """Whether one of this host's own pages asks, or a person, or what is no browser; never another site's page."""
    return request.headers.get("sec-fetch-site", "none") in _OWN_SITE
