"""Settings as tests take them for given, and pools by them."""

from models.database import Database, Login
from settings import Settings

DEFAULTS = Settings.model_construct()
"""The settings of an empty environment, whatever this one says."""
PRODUCTION = {
    "MILLRACE_PROFILE": "production",
    "MILLRACE_JWKS_URL": "https://issuer.example/keys",
    "MILLRACE_JWT_ISSUER": "https://issuer.example",
    "MILLRACE_JWT_AUDIENCE": "millrace",
}


def pool_of(
    login: Login,
    size: int = 1,
    *,
    request_seconds: float = DEFAULTS.request_timeout_s,
    observed: bool = False,
    fuses: bool = True,
) -> Database:
    return Database(
        login,
        pool_size=size,
        statement_cache=DEFAULTS.statement_cache,
        request_seconds=request_seconds,
        observed=observed,
        fuses=fuses,
    )
