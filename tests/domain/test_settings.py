"""The settings: defaults, what each refuses, and that an operator learns of every problem at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pydantic
import pytest

import settings
from settings import Settings, SettingsError
from tests.domain.environment import ISSUER, NAMES, PROVIDER, SERVER, problems, read


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_defaults_are_the_demo_on_this_machine() -> None:
    assert Settings().model_dump() == {
        "host": "127.0.0.1",
        "port": 8000,
        "workers": 1,
        "data_dir": None,
        "database_url": None,
        "app_database_url": None,
        "worker_database_url": None,
        "pool_size": 10,
        "statement_cache": 256,
        "profile": "demo",
        "introspection": None,
        "graphiql": None,
        "request_timeout_s": 15.0,
        "graceful_shutdown_s": 10,
        "cors_origins": (),
        "log_level": "info",
        "log_format": "json",
        "jwks_url": None,
        "jwt_issuer": None,
        "jwt_audience": None,
        "jwt_algorithms": ("RS256", "ES256", "EdDSA"),
        "jwt_leeway_s": 30,
        "gateway_secrets": (),
        "public_url": None,
        "payment_url": None,
        "payment_key": None,
        "payment_notice_secrets": (),
        "payment_notice_copies": 1,
    }


def test_every_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made = read(
        monkeypatch,
        HOST="0.0.0.0",
        PORT="0",
        WORKERS="64",
        DATA_DIR=str(tmp_path / "new"),
        DATABASE_URL="postgres://owner@db/millrace",
        APP_DATABASE_URL="postgresql://app@db/millrace",
        WORKER_DATABASE_URL="postgresql://worker@db/millrace",
        MILLRACE_POOL_SIZE="3",
        MILLRACE_STATEMENT_CACHE="0",
        MILLRACE_PROFILE="Production",
        MILLRACE_INTROSPECTION="yes",
        MILLRACE_GRAPHIQL="on",
        MILLRACE_REQUEST_TIMEOUT_S="0.5",
        MILLRACE_GRACEFUL_SHUTDOWN_S="0",
        MILLRACE_CORS_ORIGINS="https://a.example, http://localhost:3000,",
        MILLRACE_LOG_LEVEL="DEBUG",
        MILLRACE_LOG_FORMAT="console",
        MILLRACE_JWT_ALGORITHMS="PS256",
        MILLRACE_JWT_LEEWAY_S="0",
        MILLRACE_GATEWAY_SECRETS="x" * 32,
        MILLRACE_PUBLIC_URL="https://shop.example",
        MILLRACE_PAYMENT_NOTICE_COPIES="5",
        **PROVIDER,
        **ISSUER,
    )
    assert made.model_dump() == {
        "host": "0.0.0.0",
        "port": 0,
        "workers": 64,
        "data_dir": tmp_path / "new",
        "database_url": "postgresql://owner@db/millrace",
        "app_database_url": "postgresql://app@db/millrace",
        "worker_database_url": "postgresql://worker@db/millrace",
        "pool_size": 3,
        "statement_cache": 0,
        "profile": "production",
        "introspection": True,
        "graphiql": True,
        "request_timeout_s": 0.5,
        "graceful_shutdown_s": 0,
        "cors_origins": ("https://a.example", "http://localhost:3000"),
        "log_level": "debug",
        "log_format": "console",
        "jwks_url": "https://issuer.example/keys",
        "jwt_issuer": "https://issuer.example",
        "jwt_audience": "millrace",
        "jwt_algorithms": ("PS256",),
        "jwt_leeway_s": 0,
        "gateway_secrets": ("x" * 32,),
        "public_url": "https://shop.example",
        "payment_url": "https://pay.example/v1",
        "payment_key": "k" * 32,
        "payment_notice_secrets": ("n" * 32, "o" * 32),
        "payment_notice_copies": 5,
    }


def test_settings_cannot_be_changed() -> None:
    made = Settings()
    with pytest.raises(pydantic.ValidationError):
        made.port = 1


def test_argument_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "9000")
    assert Settings(PORT=0).port == 0


def test_empty_variable_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    made = read(monkeypatch, DATABASE_URL="", PORT="", MILLRACE_CORS_ORIGINS="")
    assert (made.database_url, made.port, made.cors_origins) == (None, 8000, ())


def test_only_the_documented_spelling_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert read(monkeypatch, port="9000", millrace_profile="production").model_dump() == Settings().model_dump()


@pytest.mark.parametrize(
    ("profile", "said", "enabled"),
    [
        ("demo", "", True),
        ("demo", "off", False),
        ("production", "", False),
        ("production", "on", True),
    ],
)
def test_introspection_and_the_workbench_follow_the_profile(
    monkeypatch: pytest.MonkeyPatch, profile: str, said: str, enabled: bool
) -> None:
    about = {"MILLRACE_INTROSPECTION": said}
    assert read(monkeypatch, MILLRACE_PROFILE=profile, **about, **ISSUER).introspection_enabled is enabled
    about = {"MILLRACE_INTROSPECTION": "", "MILLRACE_GRAPHIQL": said}
    assert read(monkeypatch, MILLRACE_PROFILE=profile, **about, **ISSUER).graphiql_enabled is enabled


def test_production_without_an_issuer_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError) as caught:
        read(monkeypatch, MILLRACE_PROFILE="production")
    assert str(caught.value) == (
        "1 setting is wrong:\n"
        "  MILLRACE_JWKS_URL, MILLRACE_JWT_ISSUER, MILLRACE_JWT_AUDIENCE: must be set when MILLRACE_PROFILE is "
        "production, where the demo's own tokens are not accepted"
    )


@pytest.mark.parametrize("missing", list(ISSUER))
def test_half_an_issuer_is_refused(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    half = {name: value for name, value in ISSUER.items() if name != missing}
    assert problems(monkeypatch, **half) == (
        f"{missing}: must be set too; MILLRACE_JWKS_URL, MILLRACE_JWT_ISSUER, MILLRACE_JWT_AUDIENCE go together",
    )
    assert problems(monkeypatch, MILLRACE_PROFILE="production", **half) == (
        f"{missing}: must be set when MILLRACE_PROFILE is production, where the demo's own tokens are not accepted",
    )


@pytest.mark.parametrize("name", ["APP_DATABASE_URL", "WORKER_DATABASE_URL"])
def test_role_of_an_unnamed_server_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert problems(monkeypatch, **{name: SERVER}) == (f"{name}: needs DATABASE_URL, which is not set",)


@pytest.mark.parametrize(
    "url", ["https://issuer.example/keys", "http://127.0.0.1:9/k", "http://localhost/k", "http://[::1]:8080/k"]
)
def test_key_set_over_https_or_from_this_machine(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert read(monkeypatch, **(ISSUER | {"MILLRACE_JWKS_URL": url})).jwks_url == url


@pytest.mark.parametrize(
    "url",
    [
        "http://issuer.example/keys",
        "http://10.0.0.1/keys",
        "http://127.0.0.1.evil.example/keys",
        "http://localhost@evil.example/keys",
        "https://",
        "https://user:pw@issuer.example/keys",
        "https://issuer.example:99999/keys",
        "https://issuer.example/keys#x",
        "ftp://issuer.example/keys",
        "file:///etc/passwd",
        "keys",
    ],
)
def test_other_key_set_addresses_are_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    found = problems(monkeypatch, **(ISSUER | {"MILLRACE_JWKS_URL": url}))
    assert len(found) == 1
    assert found[0].startswith("MILLRACE_JWKS_URL: must ")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("PORT", "abc", "must be a valid integer, unable to parse string as an integer (given: 'abc')"),
        ("PORT", "-1", "must be greater than or equal to 0 (given: '-1')"),
        ("WORKERS", "0", "must be greater than or equal to 1 (given: '0')"),
        ("WORKERS", "65", "must be less than or equal to 64 (given: '65')"),
        ("PORT", "65536", "must be less than or equal to 65535 (given: '65536')"),
        ("HOST", "a b", r"String should match pattern '^\S+$' (given: 'a b')"),
        ("MILLRACE_POOL_SIZE", "0", "must be greater than or equal to 1 (given: '0')"),
        ("MILLRACE_POOL_SIZE", "201", "must be less than or equal to 200 (given: '201')"),
        ("MILLRACE_STATEMENT_CACHE", "10001", "must be less than or equal to 10000 (given: '10001')"),
        ("MILLRACE_REQUEST_TIMEOUT_S", "0", "must be greater than 0 (given: '0')"),
        ("MILLRACE_REQUEST_TIMEOUT_S", "nan", "must be a finite number (given: 'nan')"),
        ("MILLRACE_REQUEST_TIMEOUT_S", "301", "must be less than or equal to 300 (given: '301')"),
        ("MILLRACE_GRACEFUL_SHUTDOWN_S", "301", "must be less than or equal to 300 (given: '301')"),
        ("MILLRACE_JWT_LEEWAY_S", "301", "must be less than or equal to 300 (given: '301')"),
        ("MILLRACE_PROFILE", "prod", "must be 'demo' or 'production' (given: 'prod')"),
        ("MILLRACE_LOG_LEVEL", "loud", "must be 'debug', 'info', 'warning' or 'error' (given: 'loud')"),
        ("MILLRACE_LOG_FORMAT", "xml", "must be 'json' or 'console' (given: 'xml')"),
        (
            "MILLRACE_INTROSPECTION",
            "perhaps",
            "must be a valid boolean, unable to interpret input (given: 'perhaps')",
        ),
        ("DATA_DIR", "/dev/null", "must be a directory, and is a file (given: '/dev/null')"),
        ("DATA_DIR", "~no-such-user/x", "names a home directory that does not exist (given: '~no-such-user/x')"),
    ],
)
def test_wrong_value_is_named_with_its_variable(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    assert problems(monkeypatch, **{name: value}) == (f"{name}: {message}",)


@pytest.mark.parametrize("secret", ["x" * 31, "x" * 256, "x" * 32 + " x", "ü" * 32, f"{'x' * 32},short", ","])
def test_a_gateway_secret_is_long_and_is_not_shown(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    assert problems(monkeypatch, MILLRACE_GATEWAY_SECRETS=secret) == (
        "MILLRACE_GATEWAY_SECRETS: must be one or more secrets of 32 to 255 printable ASCII characters, without "
        "spaces and commas",
    )
    kept = read(monkeypatch, MILLRACE_GATEWAY_SECRETS=f"{'x' * 32}, {'y' * 40}")
    assert kept.gateway_secrets == ("x" * 32, "y" * 40)
    assert "x" * 32 not in repr(kept)


@pytest.mark.parametrize("algorithms", ["HS256", "RS256,HS256", "none", "rs256", ","])
def test_shared_secret_algorithms_are_refused(monkeypatch: pytest.MonkeyPatch, algorithms: str) -> None:
    assert problems(monkeypatch, MILLRACE_JWT_ALGORITHMS=algorithms) == (
        "MILLRACE_JWT_ALGORITHMS: must name one or more of ES256, ES384, ES512, Ed25519, EdDSA, PS256, PS384, PS512, "
        f"RS256, RS384, RS512 (given: {algorithms!r})",
    )


@pytest.mark.parametrize(
    "origins",
    ["shop.example", "https://shop.example/", "https://a.example,*", "https://u@a.example", "ftp://a", "null"],
)
def test_what_is_no_web_origin_is_refused(monkeypatch: pytest.MonkeyPatch, origins: str) -> None:
    assert problems(monkeypatch, MILLRACE_CORS_ORIGINS=origins) == (
        f"MILLRACE_CORS_ORIGINS: must be * alone, or origins like https://shop.example, without a path "
        f"(given: {origins!r})",
    )


def test_list_settings_hold_at_most_100_items(monkeypatch: pytest.MonkeyPatch) -> None:
    origins = [f"https://shop{number}.example" for number in range(101)]
    assert len(read(monkeypatch, MILLRACE_CORS_ORIGINS=",".join(origins[:100])).cors_origins) == 100
    found = problems(monkeypatch, MILLRACE_CORS_ORIGINS=",".join(origins))
    assert len(found) == 1
    assert "at most 100 items" in found[0]
    assert len(found[0]) < 200


@pytest.mark.parametrize(
    "url", ["mysql://a:hunter2@b/c", "postgresql+asyncpg://a:hunter2@b/c", "postgresql://a:hunter2@b", "hunter2"]
)
def test_wrong_database_url_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    assert problems(monkeypatch, DATABASE_URL=url) == (
        "DATABASE_URL: must look like postgresql://user:password@host:5432/database, without a driver in the scheme",
    )
    assert problems(monkeypatch, DATABASE_URL="postgresql://a:hunter2@b:port/c") == ("DATABASE_URL: must be a URL",)


@pytest.mark.parametrize(
    "name", ["MILLRACE_PROFLE", "MILLRACE_PROFILES", "MILLRACE_", "MILLRACE_REPORT", "MILLRACE_PORT"]
)
def test_a_variable_of_our_name_that_is_no_setting_is_refused(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    assert problems(monkeypatch, **{name: "production"}) == (f"{name}: is not a setting",)
    assert problems(monkeypatch, PORT="abc", **{name: "x"})[1:] == (f"{name}: is not a setting",)
    assert read(monkeypatch, PORT="", **{name: ""}) == Settings()


def test_what_the_tests_read_and_what_kubernetes_adds_are_not_taken_for_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told = {"SERVICE_HOST": "10.0.0.1", "SERVICE_PORT_HTTP": "80", "PORT": "tcp://10.0.0.1:80", "PORT_80_TCP_ADDR": "x"}
    variables = {f"MILLRACE_{service}{name}": value for service in ("", "DB_") for name, value in told.items()}
    assert read(monkeypatch, MILLRACE_PROVE="1", **variables) == Settings()


def test_passwords_are_not_in_the_text_of_the_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    made = read(monkeypatch, DATABASE_URL=SERVER, APP_DATABASE_URL=SERVER, WORKER_DATABASE_URL=SERVER)
    assert made.database_url == SERVER
    assert "hunter2" not in repr(made) + str(made)


def test_argument_that_is_no_setting_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"  port: is not a setting$"):
        Settings(port=1)  # type: ignore[call-arg] # the mistake itself


def test_every_problem_is_told_at_once_without_a_traceback(tmp_path: Path) -> None:
    program = (
        "import sys, settings\ntry: settings.Settings()\nexcept settings.SettingsError as error: sys.exit(str(error))\n"
    )
    environment = {name: value for name, value in os.environ.items() if name not in NAMES} | {
        "PORT": "abc",
        "DATABASE_URL": "mysql://a:hunter2@b/c",
        "MILLRACE_PROFILE": "production",
        "MILLRACE_JWKS_URL": "http://issuer.example/keys",
    }
    root = Path(settings.__file__).parent
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1
    assert run.stderr == (
        "4 settings are wrong:\n"
        "  PORT: must be a valid integer, unable to parse string as an integer (given: 'abc')\n"
        "  DATABASE_URL: must look like postgresql://user:password@host:5432/database, without a driver in the scheme\n"
        "  MILLRACE_JWKS_URL: must be an https URL (plain http is accepted from this machine only) "
        "(given: 'http://issuer.example/keys')\n"
        "  MILLRACE_JWT_ISSUER, MILLRACE_JWT_AUDIENCE: must be set when MILLRACE_PROFILE is production, where the "
        "demo's own tokens are not accepted\n"
    )


def test_table_lists_every_variable_with_default_and_description() -> None:
    rows = settings.table()
    assert [name for name, _, _ in rows] == NAMES
    assert all(description.endswith(".") for _, _, description in rows)
    defaults = {name: default for name, default, _ in rows}
    assert defaults["PORT"] == "8000"
    assert defaults["DATABASE_URL"] == "not set"
    assert defaults["MILLRACE_REQUEST_TIMEOUT_S"] == "15"
    assert defaults["MILLRACE_CORS_ORIGINS"] == "not set"
    assert defaults["MILLRACE_JWT_ALGORITHMS"] == "RS256,ES256,EdDSA"
