"""The environment as tests of the settings write it, and what comes of it."""

import pytest

from settings import Settings, SettingsError

NAMES = [
    "HOST",
    "PORT",
    "WORKERS",
    "DATA_DIR",
    "DATABASE_URL",
    "APP_DATABASE_URL",
    "WORKER_DATABASE_URL",
    "MILLRACE_POOL_SIZE",
    "MILLRACE_STATEMENT_CACHE",
    "MILLRACE_PROFILE",
    "MILLRACE_INTROSPECTION",
    "MILLRACE_GRAPHIQL",
    "MILLRACE_REQUEST_TIMEOUT_S",
    "MILLRACE_GRACEFUL_SHUTDOWN_S",
    "MILLRACE_CORS_ORIGINS",
    "MILLRACE_LOG_LEVEL",
    "MILLRACE_LOG_FORMAT",
    "MILLRACE_JWKS_URL",
    "MILLRACE_JWT_ISSUER",
    "MILLRACE_JWT_AUDIENCE",
    "MILLRACE_JWT_ALGORITHMS",
    "MILLRACE_JWT_LEEWAY_S",
    "MILLRACE_GATEWAY_SECRETS",
    "MILLRACE_PUBLIC_URL",
    "MILLRACE_PAYMENT_URL",
    "MILLRACE_PAYMENT_KEY",
    "MILLRACE_PAYMENT_NOTICE_SECRETS",
    "MILLRACE_PAYMENT_NOTICE_COPIES",
]
ISSUER = {
    "MILLRACE_JWKS_URL": "https://issuer.example/keys",
    "MILLRACE_JWT_ISSUER": "https://issuer.example",
    "MILLRACE_JWT_AUDIENCE": "millrace",
}
PROVIDER = {
    "MILLRACE_PAYMENT_URL": "https://pay.example/v1",
    "MILLRACE_PAYMENT_KEY": "k" * 32,
    "MILLRACE_PAYMENT_NOTICE_SECRETS": f"{'n' * 32},{'o' * 32}",
}
SERVER = "postgresql://owner:hunter2@db.example:5432/millrace?sslmode=require"


def read(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return Settings()


def problems(monkeypatch: pytest.MonkeyPatch, **variables: str) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        read(monkeypatch, **variables)
    return caught.value.problems
