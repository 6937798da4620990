"""Every setting of the server, read from the environment once and handed down.

Owns the names, defaults, limits and descriptions of the settings, and the text an operator reads when one is wrong.
Does not own what a setting does: nothing is opened, connected or created here, and no other module reads the
environment for these names.

    settings = Settings()          # reads the environment; raises SettingsError with every problem at once
    table()                        # rows for the README: name, default, what it does
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Final, Literal, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

ASYMMETRIC_ALGORITHMS: Final = frozenset(
    {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"}
)
"""Signature algorithms an issuer with a key set may use. None shares a secret, so a public key is never one."""

WORKERS_MAX: Final = 64
POOL_SIZE_MAX: Final = 200
REQUEST_TIMEOUT_MAX_S: Final = 300.0
GRACEFUL_SHUTDOWN_MAX_S: Final = 300
STATEMENT_CACHE_MAX: Final = 10_000
LEEWAY_MAX_S: Final = 300
LIST_MAX: Final = 100
"""Items in a list setting."""
NAME_MAX: Final = 255
"""Characters of a host, issuer or audience, or of a gateway's secret."""
GATEWAY_SECRET_MIN: Final = 32
"""Characters of a gateway's secret, at least."""
SHOWN_VALUE_MAX: Final = 60
"""Characters of a wrong value that an error message repeats."""

READ_BY_TESTS: Final = frozenset({"MILLRACE_PROVE"})
"""Variables that bear our name and are no settings: the test suite's."""

_ORCHESTRATED: Final = re.compile(
    r"MILLRACE_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_\w+)?)=.*|MILLRACE_(\w+_)?PORT=\w+://.*"
)
"""What Kubernetes puts into every container beside a service called `millrace` or `millrace-…`: no slips.

Its `MILLRACE_PORT` is an address; a number there is meant for `PORT`.
"""
_HEADER_VALUE: Final = re.compile(r"[!-~]+")
_TOGETHER: Final = ("MILLRACE_JWKS_URL", "MILLRACE_JWT_ISSUER", "MILLRACE_JWT_AUDIENCE")


class SettingsError(Exception):
    """The environment cannot be meant. The message is short, complete and fit to be shown to an operator as it is.

    Not a ValueError, so that pydantic lets it pass instead of wrapping it.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        count = "1 setting is" if len(problems) == 1 else f"{len(problems)} settings are"
        super().__init__("\n".join([f"{count} wrong:", *(f"  {problem}" for problem in problems)]))


def _split_list(value: object) -> object:
    """`a, b` as an environment writes a list."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _split_url(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # reading it is what checks the number
    except ValueError:
        raise ValueError("must be a URL") from None
    return parts


def _database_url(url: str) -> str:
    parts = _split_url(url)
    if parts.scheme not in {"postgresql", "postgres"} or len(parts.path) < 2:
        raise ValueError("must look like postgresql://user:password@host:5432/database, without a driver in the scheme")
    return url.replace("postgres://", "postgresql://", 1) if parts.scheme == "postgres" else url


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _jwks_url(url: str) -> str:
    parts = _split_url(url)
    host = parts.hostname or ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))
    if not host or not safe:
        raise ValueError("must be an https URL (plain http is accepted from this machine only)")
    if parts.username is not None or parts.fragment:
        raise ValueError("must hold neither a user name nor a fragment")
    return url


def _origins(origins: tuple[str, ...]) -> tuple[str, ...]:
    if origins == ("*",):
        return origins
    for origin in origins:
        parts = _split_url(origin)
        if parts.scheme not in {"http", "https"} or origin != f"{parts.scheme}://{parts.netloc}" or "@" in origin:
            raise ValueError("must be * alone, or origins like https://shop.example, without a path")
    return origins


def _algorithms(names: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in names if name not in ASYMMETRIC_ALGORITHMS]
    if unknown or not names:
        raise ValueError(f"must name one or more of {', '.join(sorted(ASYMMETRIC_ALGORITHMS))}")
    return names


def _gateway_secrets(secrets: tuple[str, ...]) -> tuple[str, ...]:
    usable = [len(one) in range(GATEWAY_SECRET_MIN, NAME_MAX + 1) and _HEADER_VALUE.fullmatch(one) for one in secrets]
    if not usable or not all(usable):
        raise ValueError(
            f"must be one or more secrets of {GATEWAY_SECRET_MIN} to {NAME_MAX} printable ASCII characters, without "
            "spaces and commas"
        )
    return secrets


def _directory(path: Path) -> Path:
    try:
        path = path.expanduser().absolute()
    except RuntimeError:
        raise ValueError("names a home directory that does not exist") from None
    if path.exists() and not path.is_dir():
        raise ValueError("must be a directory, and is a file")
    return path


_List = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split_list), Field(max_length=LIST_MAX)]
_Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX, pattern=r"^\S+$")]
_DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
_Seconds = Annotated[float, Field(gt=0, le=REQUEST_TIMEOUT_MAX_S, allow_inf_nan=False)]


class Settings(BaseSettings):
    """What an operator may decide, one environment variable each. Frozen: read once at the start, handed down.

    Keyword arguments are named like the variables and win over them (`Settings(PORT=0)`). An empty variable counts as
    not set. No file is read.

    Raises:
        SettingsError: one or more values are wrong or contradict each other, or the environment holds a `MILLRACE_…`
            that is no setting; the message names each of them.
    """

    model_config = SettingsConfigDict(frozen=True, case_sensitive=True, env_ignore_empty=True, extra="forbid")

    host: _Name = Field(default="127.0.0.1", alias="HOST", description="Address the HTTP server listens on.")
    port: int = Field(
        default=8000,
        alias="PORT",
        ge=0,
        le=65535,
        description="Port the HTTP server listens on; 0 takes a free one.",
    )
    workers: int = Field(
        default=1,
        alias="WORKERS",
        ge=1,
        le=WORKERS_MAX,
        description="Server processes on that port. More than one run under a parent that replaces and renews them.",
    )
    data_dir: Annotated[Path, AfterValidator(_directory)] | None = Field(
        default=None,
        alias="DATA_DIR",
        description="Directory of the embedded PostgreSQL and of the demo's token secret. Not set: `.millrace` in the "
        "project, or a directory below `/var/lib/millrace` when run as root.",
    )
    database_url: _DatabaseUrl | None = Field(
        default=None,
        alias="DATABASE_URL",
        repr=False,
        description="PostgreSQL 15 or newer, as the owner of the schema: "
        "`postgresql://user:password@host:5432/database`. Not set: an embedded PostgreSQL is started.",
    )
    app_database_url: _DatabaseUrl | None = Field(
        default=None,
        alias="APP_DATABASE_URL",
        repr=False,
        description="The same database as the role that serves requests and cannot bypass row security. Not set: "
        "`DATABASE_URL`, switching to that role on each connection.",
    )
    pool_size: int = Field(
        default=10,
        alias="MILLRACE_POOL_SIZE",
        ge=1,
        le=POOL_SIZE_MAX,
        description="Database connections of one server process, at most; `WORKERS` processes have as many each.",
    )
    statement_cache: int = Field(
        default=256,
        alias="MILLRACE_STATEMENT_CACHE",
        ge=0,
        le=STATEMENT_CACHE_MAX,
        description="Prepared statements kept per connection, of 1,600 characters each on the average; 0 behind "
        "pgbouncer in transaction mode.",
    )
    profile: Annotated[Literal["demo", "production"], BeforeValidator(_lower)] = Field(
        default="demo",
        alias="MILLRACE_PROFILE",
        description="`demo` imports the demo data and accepts tokens signed with the data directory's own secret; "
        "`production` accepts tokens of the configured issuer only, and must be given one.",
    )
    introspection: bool | None = Field(
        default=None,
        alias="MILLRACE_INTROSPECTION",
        description="Whether clients may read the schema. Not set: on in `demo`, off in `production`.",
    )
    graphiql: bool | None = Field(
        default=None,
        alias="MILLRACE_GRAPHIQL",
        description="Whether the workbench, a page to try the graph with, is served at `/graphiql`. Not set: on in "
        "`demo`, where it can sign in as anyone; off in `production`, where it never can.",
    )
    request_timeout_s: _Seconds = Field(
        default=15.0, alias="MILLRACE_REQUEST_TIMEOUT_S", description="Seconds one operation may take."
    )
    graceful_shutdown_s: int = Field(
        default=10,
        alias="MILLRACE_GRACEFUL_SHUTDOWN_S",
        ge=0,
        le=GRACEFUL_SHUTDOWN_MAX_S,
        description="Seconds open requests and sockets are given to end when the server stops.",
    )
    cors_origins: Annotated[_List, AfterValidator(_origins)] = Field(
        default=(),
        alias="MILLRACE_CORS_ORIGINS",
        description="Web origins whose pages may call the API, separated by commas; `*` for all. Not set: none.",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(_lower)] = Field(
        default="info", alias="MILLRACE_LOG_LEVEL", description="Least severe level that is logged."
    )
    log_format: Annotated[Literal["json", "console"], BeforeValidator(_lower)] = Field(
        default="json", alias="MILLRACE_LOG_FORMAT", description="`json` for machines, `console` for people."
    )
    jwks_url: Annotated[str, AfterValidator(_jwks_url)] | None = Field(
        default=None,
        alias="MILLRACE_JWKS_URL",
        description="Where the issuer of bearer tokens publishes its public keys (JSON Web Key Set). Goes together "
        "with issuer and audience; needed in `production`.",
    )
    jwt_issuer: _Name | None = Field(
        default=None, alias="MILLRACE_JWT_ISSUER", description="The `iss` that bearer tokens must carry."
    )
    jwt_audience: _Name | None = Field(
        default=None, alias="MILLRACE_JWT_AUDIENCE", description="The `aud` that bearer tokens must contain."
    )
    jwt_algorithms: Annotated[_List, AfterValidator(_algorithms)] = Field(
        default=("RS256", "ES256", "EdDSA"),
        alias="MILLRACE_JWT_ALGORITHMS",
        description="Signature algorithms accepted from the issuer, separated by commas; asymmetric ones only.",
    )
    jwt_leeway_s: int = Field(
        default=30,
        alias="MILLRACE_JWT_LEEWAY_S",
        ge=0,
        le=LEEWAY_MAX_S,
        description="Seconds by which the issuer's clock and ours may differ.",
    )

    gateway_secrets: Annotated[_List, AfterValidator(_gateway_secrets)] = Field(
        default=(),
        alias="MILLRACE_GATEWAY_SECRETS",
        repr=False,
        validate_default=False,
        description="Secrets by which the gateway of a larger graph is known at `/subgraph`, in the header "
        "`Millrace-Gateway`, separated by commas; 32 to 255 characters each. Not set: nothing is served there.",
    )

    @property
    def introspection_enabled(self) -> bool:
        """Whether clients may read the schema, with the profile's default applied."""
        return self.profile == "demo" if self.introspection is None else self.introspection

    @property
    def graphiql_enabled(self) -> bool:
        """Whether the workbench is served, with the profile's default applied."""
        return self.profile == "demo" if self.graphiql is None else self.graphiql

    @model_validator(mode="wrap")
    @classmethod
    def _report_everything_at_once(cls, values: dict[str, object], handler: ModelWrapValidatorHandler[Self]) -> Self:
        # An "after" validator would not run beside a wrong field, and the operator would learn of the second
        # problem only after mending the first.
        others = _contradictions(values) + _unknown()
        try:
            settings = handler(values)
        except ValidationError as error:
            raise SettingsError(_problems(error) + others) from None
        if others:
            raise SettingsError(others)
        return settings


def _contradictions(values: Mapping[str, object]) -> list[str]:
    """Values that are each well formed but cannot be meant together."""
    given = {name: value for name, value in values.items() if value is not None}
    found = []
    missing = [name for name in _TOGETHER if name not in given]
    if _lower(given.get("MILLRACE_PROFILE")) == "production" and missing:
        found.append(
            f"{', '.join(missing)}: must be set when MILLRACE_PROFILE is production, "
            "where the demo's own tokens are not accepted"
        )
    elif 0 < len(missing) < len(_TOGETHER):
        found.append(f"{', '.join(missing)}: must be set too; {', '.join(_TOGETHER)} go together")
    if "DATABASE_URL" not in given:
        found += ["APP_DATABASE_URL: needs DATABASE_URL, which is not set"] if "APP_DATABASE_URL" in given else []
    return found


def _unknown() -> list[str]:
    """Variables of the environment that bear our name and are no settings: a slip in one would leave its default."""
    known = {field.alias for field in Settings.model_fields.values()} | READ_BY_TESTS
    said = [(name, value) for name, value in sorted(os.environ.items()) if name.startswith("MILLRACE_") and value]
    return [
        f"{name}: is not a setting"
        for name, value in said
        if name not in known and not _ORCHESTRATED.fullmatch(f"{name}={value}")
    ]


def _problems(error: ValidationError) -> list[str]:
    """One line for each wrong field; what may hold a password is not repeated."""
    fields = {field.alias: field for field in Settings.model_fields.values()}
    lines = []
    for problem in error.errors(include_url=False):
        name = str(problem["loc"][0])
        if (field := fields.get(name)) is None:
            lines.append(f"{name}: is not a setting")
            continue
        message = problem["msg"].removeprefix("Value error, ").replace("Input should be", "must be")
        lines.append(f"{name}: {message} (given: {_shown(problem['input'])})" if field.repr else f"{name}: {message}")
    return lines


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_VALUE_MAX else text[: SHOWN_VALUE_MAX - 1] + "…"


def table() -> list[tuple[str, str, str]]:
    """The settings as the README lists them.

    Returns:
        One row for each environment variable, in the order above: name, default as it would be written in the
        environment ("not set" where there is none), description.
    """
    return [
        (field.alias or name, _written(field.default), field.description or "")
        for name, field in Settings.model_fields.items()
    ]


def _written(default: object) -> str:
    if default is None or default == ():
        return "not set"
    if isinstance(default, tuple):
        return ",".join(default)
    if isinstance(default, float):
        return f"{default:g}"
    return str(default)
