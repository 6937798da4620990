"""Serve the floor."""

from datetime import UTC, datetime

from tests.bench.documents import Q1, Q2, Q3, Q4
from tests.bench.floor.answers import Storefront
from tests.bench.floor.goods import product, products
from tests.bench.floor.ground import Application, Pool
from tests.bench.serving import given, serve


def main() -> None:
    """Serve until stopped."""
    here = given()
    storefront = Storefront(here.zone)
    answers = {Q1: storefront.q1, Q2: product, Q3: products, Q4: storefront.q4}
    pool = Pool(here.dsn, here.pool_size)
    serve(Application(pool, here.verifiers, here.tenants, answers, lambda: datetime.now(UTC)))


main()
