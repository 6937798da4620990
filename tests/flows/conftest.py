"""The real application over the worker's database, served by a real uvicorn for the whole session."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

import app as application
import boot
from settings import Settings
from tests.flows.served import serving


@dataclass(frozen=True)
class Real:
    """The running application: its address, and the secret its tokens are signed with."""

    url: str
    secret: bytes

    @property
    def graphql(self) -> str:
        return f"{self.url}/graphql"


@pytest.fixture(scope="session")
def real(access: boot.Access, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Real]:
    settings = Settings(DATA_DIR=tmp_path_factory.mktemp("data"), MILLRACE_POOL_SIZE=4)
    made = application.create(settings, access)
    with serving(made, application.limits_of(settings)) as (url, _, _):
        yield Real(url, application.secret_of(settings))


@pytest.fixture(scope="session")
def here(access: boot.Access, real: Real, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The settings by which a command meets the worker's database and the running application's secret."""
    data = tmp_path_factory.mktemp("cli")
    (data / application.SECRET_FILE).write_bytes(real.secret)
    (data / application.SECRET_FILE).chmod(0o600)
    return {"DATABASE_URL": access.owner, "APP_DATABASE_URL": access.app.url, "DATA_DIR": str(data)}
