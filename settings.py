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
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, ModelWrapValidatorHandler, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

import forms
from forms import NAME_MAX

WORKERS_MAX: Final = 64
POOL_SIZE_MAX: Final = 200
REQUEST_TIMEOUT_MAX_S: Final = 300.0
GRACEFUL_SHUTDOWN_MAX_S: Final = 300
STATEMENT_CACHE_MAX: Final = 10_000
LEEWAY_MAX_S: Final = 300
LIST_MAX: Final = 100
"""Items in a list setting."""
NOTICE_SECRETS_MAX: Final = 2
"""Secrets of a payment provider's notices: one, or two while the one follows the other."""
NOTICE_COPIES_MAX: Final = 5
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
_ISSUER: Final = ("MILLRACE_JWKS_URL", "MILLRACE_JWT_ISSUER", "MILLRACE_JWT_AUDIENCE")
_ROLES: Final = ("APP_DATABASE_URL", "WORKER_DATABASE_URL")
_PROVIDER: Final = ("MILLRACE_PAYMENT_URL", "MILLRACE_PAYMENT_KEY", "MILLRACE_PAYMENT_NOTICE_SECRETS")


class SettingsError(Exception):
    """The environment cannot be meant. The message is short, complete and fit to be shown to an operator as it is.

    Not a ValueError, so that pydantic lets it pass instead of wrapping it.
    """

    def __init__(self, problems: list[str]) -> None:
        self.problems = tuple(problems)
        count = "1 setting is" if len(problems) == 1 else f"{len(problems)} settings are"
        super().__init__("\n".join([f"{count} wrong:", *(f"  {problem}" for problem in problems)]))


_List = Annotated[tuple[str, ...], NoDecode, BeforeValidator(forms.split_list), Field(max_length=LIST_MAX)]
_Name = Annotated[str, Field(min_length=1, max_length=NAME_MAX, pattern=r"^\S+$")]
_DatabaseUrl = Annotated[str, AfterValidator(forms.database_url)]
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
    data_dir: Annotated[Path, AfterValidator(forms.directory)] | None = Field(
        default=None,
        alias="DATA_DIR",
        description="Directory of the embedded PostgreSQL, of the demo's secrets and of its payment provider's file. "
        "Not set: `.millrace` in the project, or a directory below `/var/lib/millrace` when run as root.",
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
    worker_database_url: _DatabaseUrl | None = Field(
        default=None,
        alias="WORKER_DATABASE_URL",
        repr=False,
        description="The same database as the role that sees when something is due in all tenants, and nothing else. "
        "Not set: `DATABASE_URL`, switching to that role on each connection.",
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
    profile: Annotated[Literal["demo", "production"], BeforeValidator(forms.lowered)] = Field(
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
    cors_origins: Annotated[_List, AfterValidator(forms.origins)] = Field(
        default=(),
        alias="MILLRACE_CORS_ORIGINS",
        description="Web origins whose pages may call the API, separated by commas; `*` for all. Not set: none.",
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(forms.lowered)] = Field(
        default="info", alias="MILLRACE_LOG_LEVEL", description="Least severe level that is logged."
    )
    log_format: Annotated[Literal["json", "console"], BeforeValidator(forms.lowered)] = Field(
        default="json", alias="MILLRACE_LOG_FORMAT", description="`json` for machines, `console` for people."
    )
    jwks_url: Annotated[str, AfterValidator(forms.safe_url)] | None = Field(
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
    jwt_algorithms: Annotated[_List, AfterValidator(forms.signature_algorithms)] = Field(
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

    gateway_secrets: Annotated[_List, AfterValidator(forms.secrets)] = Field(
        default=(),
        alias="MILLRACE_GATEWAY_SECRETS",
        repr=False,
        validate_default=False,
        description="Secrets by which the gateway of a larger graph is known at `/subgraph`, in the header "
        "`Millrace-Gateway`, separated by commas; 32 to 255 characters each. Not set: nothing is served there.",
    )
    public_url: Annotated[str, AfterValidator(forms.origin)] | None = Field(
        default=None,
        alias="MILLRACE_PUBLIC_URL",
        description="Address by which browsers reach this server, `https://shop.example`: the demo's pay pages lie "
        "below it. Not set: `HOST` and `PORT`.",
    )
    payment_url: Annotated[str, AfterValidator(forms.safe_url)] | None = Field(
        default=None,
        alias="MILLRACE_PAYMENT_URL",
        description="Where the payment provider is asked, one that speaks as `integrations/localpay` does. Goes "
        "together with its key and the secret of its notices. Not set: in `demo` a provider of its own, in "
        "`production` none.",
    )
    payment_key: Annotated[str, AfterValidator(forms.secret)] | None = Field(
        default=None,
        alias="MILLRACE_PAYMENT_KEY",
        repr=False,
        description="By which the payment provider knows us; 32 to 255 characters.",
    )
    payment_notice_secrets: Annotated[_List, Field(max_length=NOTICE_SECRETS_MAX), AfterValidator(forms.secrets)] = (
        Field(
            default=(),
            alias="MILLRACE_PAYMENT_NOTICE_SECRETS",
            repr=False,
            validate_default=False,
            description="Secrets that the payment provider's notices may be signed with, 32 to 255 characters: one, or "
            "two with a comma between while a new one follows an old.",
        )
    )
    payment_notice_copies: int = Field(
        default=1,
        alias="MILLRACE_PAYMENT_NOTICE_COPIES",
        ge=1,
        le=NOTICE_COPIES_MAX,
        description="How often the demo's own payment provider sends each notice: 2 tries what comes twice.",
    )

    @property
    def introspection_enabled(self) -> bool:
        """Whether clients may read the schema, with the profile's default applied."""
        return self.profile == "demo" if self.introspection is None else self.introspection

    @property
    def graphiql_enabled(self) -> bool:
        """Whether the workbench is served, with the profile's default applied."""
        return self.profile == "demo" if self.graphiql is None else self.graphiql

    @property
    def own_url(self) -> str:
        """The address of this server as this machine reaches it."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    @property
    def shown_url(self) -> str:
        """The address of this server as browsers reach it."""
        return self.public_url or self.own_url

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
    missing = [name for name in _ISSUER if name not in given]
    if forms.lowered(given.get("MILLRACE_PROFILE")) == "production" and missing:
        found.append(
            f"{', '.join(missing)}: must be set when MILLRACE_PROFILE is production, "
            "where the demo's own tokens are not accepted"
        )
    else:
        found += _halved(_ISSUER, given)
    found += _halved(_PROVIDER, given)
    if "DATABASE_URL" not in given:
        found += [f"{name}: needs DATABASE_URL, which is not set" for name in _ROLES if name in given]
    return found


def _halved(together: tuple[str, ...], given: Mapping[str, object]) -> list[str]:
    """What is missing of settings that go together, where some of them are given."""
    missing = [name for name in together if name not in given]
    if not 0 < len(missing) < len(together):
        return []
    return [f"{', '.join(missing)}: must be set too; {', '.join(together)} go together"]


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
