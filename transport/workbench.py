"""/graphiql: the workbench, a page to try the graph with, and what it asks of its own host.

Owns the built page's files with their headers, the worked queries, and the two requests by which the demo's page
becomes somebody. Does not know who the demo's people are: `People` is what it asks of the composition root, which
outside the demo has none to give. Files are looked up by name in what was there at the start, so that no path leads
out.

Source: Content Security Policy Level 3; Fetch Metadata Request Headers; RFC 8246 (immutable).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import orjson
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from domain.base import Fault
from engine.faults import error_entry
from engine.limits import Limits
from transport.body import read_body
from transport.http import PATH as GRAPH_PATH
from transport.negotiation import is_json
from transport.page import from_own_site, guards
from transport.parameters import MalformedError, decoded

PATH: Final = "/graphiql"
BODY_BYTES: Final = 1_000
"""Bytes of a request for a token: a tenant's code and a subject."""

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        # The editor places its lines and colours by style attributes and elements it writes as text; without this it
        # shows nothing. Scripts have no such exception.
        "style-src 'self' 'unsafe-inline'",
        "connect-src 'self'",  # a websocket to the same host and port is 'self' too
        "worker-src 'self'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
_GUARDS: Final = guards(POLICY)
_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".md": "text/markdown; charset=utf-8",
    ".svg": "image/svg+xml",
    ".ttf": "font/ttf",
}
"""What is served, by suffix; the machine's own table of types is not asked. A file of another suffix is not served."""

_HASHED: Final = re.compile(r"assets/.+-[\w-]{8}\.\w+")
"""Names that change with their content."""
_FOREVER: Final = {"cache-control": "public, max-age=31536000, immutable"}
_ASK_AGAIN: Final = {"cache-control": "no-cache"}
_NEVER: Final = {"cache-control": "no-store"}
_METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


@dataclass(frozen=True, slots=True)
class WorkedQuery:
    """A query to begin with."""

    title: str
    query: str
    variables: str | None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody one can be. `subject` is the demo's name of her, None for nobody."""

    subject: str | None
    title: str
    name: str | None = None
    organization: str | None = None


@dataclass(frozen=True, slots=True)
class TenantPeople:
    """A tenant, and whom one can be in it."""

    code: str
    name: str
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Directory:
    """Every tenant's people, and as whom the page begins."""

    tenants: tuple[TenantPeople, ...]
    tenant: str
    subject: str | None


@dataclass(frozen=True, slots=True)
class Signed:
    """A token, and the seconds it is good for."""

    token: str
    seconds: int


class People(Protocol):
    """The demo's people."""

    async def directory(self) -> Directory:
        """All of them. Raises: domain.base.Unavailable."""
        ...

    async def sign(self, tenant: str, subject: str) -> Signed | None:
        """A token of one of them; None if there is no such person. Raises: domain.base.Unavailable."""
        ...


def worked_queries(folder: Path) -> tuple[WorkedQuery, ...]:
    """The worked queries in `folder`, `NN-name.graphql` with `NN-name.variables.json` beside it, in the order of names.

    The comment a query opens with says whom it is written for, `# as: store:2191/clerk` (without it: nobody), and in
    which tenant, `# tenant: code`: the page reads it.
    """
    return tuple(_worked(path) for path in sorted(folder.glob("*.graphql")))


def _worked(path: Path) -> WorkedQuery:
    query = path.read_text(encoding="utf-8")
    variables = path.with_suffix(".variables.json")
    return WorkedQuery(
        title=path.stem.partition("-")[2].replace("-", " ").capitalize(),
        query=query,
        variables=variables.read_text(encoding="utf-8").strip() if variables.exists() else None,
    )


def workbench_routes(
    page: Path, queries: Sequence[WorkedQuery], people: People | None, limits: Limits
) -> list[BaseRoute]:
    """The routes of the workbench: the page in the folder `page` and its files; with `people`, signing in as them."""
    files = _Files(page)
    start = {
        "graph": GRAPH_PATH,
        "people": None if people is None else f"{PATH}/people",
        "queries": [asdict(query) for query in queries],
    }

    async def root(_request: Request) -> Response:
        return RedirectResponse(PATH, headers={**_GUARDS, **_ASK_AGAIN})

    async def begin(_request: Request) -> Response:
        return _json(start)

    return [
        Route("/", root),
        Route(f"{PATH}/start", begin),
        *([] if people is None else [Route(f"{PATH}/people", _SignIn(people, limits).answer, methods=["GET", "POST"])]),
        Route(PATH, files.page),
        Route(PATH + "/{name:path}", files.file, methods=list(_METHODS)),
    ]


class _Files:
    """The files of the built page, by the name under which they are asked for."""

    def __init__(self, folder: Path) -> None:
        self._page = folder / "index.html"
        self._files = {
            path.relative_to(folder).as_posix(): path
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix in _TYPES and path != self._page
        }

    async def page(self, _request: Request) -> Response:
        """GET /graphiql."""
        return _sent(self._page, _ASK_AGAIN)

    async def file(self, request: Request) -> Response:
        """GET /graphiql/…: 404 for any other name, whatever the method."""
        name = request.path_params["name"]
        if name == "":
            return RedirectResponse(PATH, headers={**_GUARDS, **_ASK_AGAIN})
        path = self._files.get(name)
        if path is None:
            return PlainTextResponse("Not found", 404, headers={**_GUARDS, **_NEVER})
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("Method not allowed", 405, headers={**_GUARDS, **_NEVER, "allow": "GET, HEAD"})
        return _sent(path, _FOREVER if _HASHED.fullmatch(name) else _ASK_AGAIN)


class _SignIn:
    """Becoming one of the demo's people. A POST has to be JSON and from this host's own pages, and says nothing in its
    address.
    """

    def __init__(self, people: People, limits: Limits) -> None:
        self._people, self._limits = people, limits

    async def answer(self, request: Request) -> Response:
        """GET: everybody; POST with a tenant's code and a subject: her token."""
        try:
            if not from_own_site(request):
                raise MalformedError("Only this host's own pages may sign in.", status=403, code="FORBIDDEN")
            return await (self._token(request) if request.method == "POST" else self._everybody())
        except MalformedError as error:
            return _refused(error.status, error.code, error.message, error.headers)
        except Fault as fault:
            return _refused(503, fault.code, fault.message)

    async def _everybody(self) -> Response:
        found = await self._people.directory()
        return _json(
            {
                "start": {"tenant": found.tenant, "subject": found.subject},
                "tenants": [asdict(tenant) for tenant in found.tenants],
            }
        )

    async def _token(self, request: Request) -> Response:
        if not is_json(request.headers.get("content-type")):
            raise MalformedError("The body has to be application/json.", status=415, code="UNSUPPORTED_MEDIA_TYPE")
        body = await read_body(request.receive, BODY_BYTES, self._limits.body_seconds)
        asked = decoded(body, self._limits)
        tenant, subject = (asked.get("tenant"), asked.get("subject")) if isinstance(asked, dict) else (None, None)
        if not isinstance(tenant, str) or not isinstance(subject, str):
            raise MalformedError("Name a tenant and a subject.")
        signed = await self._people.sign(tenant, subject)
        if signed is None:
            raise MalformedError("There is no such person.", status=404, code="NOT_FOUND")
        return _json({"token": signed.token, "seconds": signed.seconds})


def _sent(path: Path, caching: dict[str, str]) -> Response:
    return FileResponse(path, headers={**_GUARDS, **caching, "content-type": _TYPES[path.suffix]})


def _json(value: Any, status: int = 200) -> Response:
    headers = {**_GUARDS, **_NEVER}
    return Response(orjson.dumps(value), status, headers, media_type="application/json")


def _refused(status: int, code: str, message: str, headers: Mapping[bytes, bytes] | None = None) -> Response:
    response = _json({"errors": [error_entry(code, message)]}, status)
    response.raw_headers.extend((headers or {}).items())
    return response
