"""How cloud stores want their orders sourced, for who runs them."""

from uuid import UUID

from sqlalchemy import select

from loaders.base import ById
from models.channel import CloudStore
from models.inventory import SourcingPolicy
from models.reading import TENANT, Row, ids, in_scope, read


class SourcingPolicyRow(Row):
    """The policy of the cloud store `id`: the criteria in their order, and the most packages."""

    id: UUID
    criteria: list[str]
    max_packages: int


class SourcingPolicyOf(ById[SourcingPolicyRow]):
    """The policies of cloud stores, by the cloud store's id."""

    statement = read(
        SourcingPolicyRow,
        select(SourcingPolicy.cloud_store_id.label("id"), SourcingPolicy.criteria, SourcingPolicy.max_packages)
        .join(CloudStore, (CloudStore.tenant_id == TENANT) & (CloudStore.id == SourcingPolicy.cloud_store_id))
        .where(
            SourcingPolicy.tenant_id == TENANT,
            SourcingPolicy.cloud_store_id == ids("ids").any_(),
            in_scope(CloudStore.organization_id),
        ),
    )
