"""The documents that all can answer: one for each schema's own shape, with aliases so that the answers are the same.

P1 is as big as the benchmark's Q1 and asks the same of a store and its shelf. It leaves out whom campaigns reach and
what a member's rights are worth: the peers have no rules for those. Brand, category, barcode, cloud store and region,
plain relations and columns, are asked in their place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from tests.bench.documents import ASKED, Q2, Q3, Document
from tests.bench.issuer import Issuer
from tests.bench.load import post
from tests.bench.sizes import CODE, TENANT, Size, key

P1: Final = """
query Storefront($store: ID!) {
  store(id: $store) {
    id code name
    region { code name }
    cloudStore { id mode name }
    distributor { id code name brands { id name } }
    shelf(first: 20) {
      nodes {
        id origin price sellable
        sku {
          id code name barcode
          product { id code name brand { id name } category { id name } }
        }
      }
      pageInfo { hasNextPage }
    }
  }
}
"""
P2: Final = Q2
P3: Final = Q3
POSTGRAPHILE: Final[Mapping[str, str]] = {
    "P1": """
query Storefront($tenant: UUID!, $store: UUID!) {
  store: organizationByTenantIdAndRowId(tenantId: $tenant, rowId: $store) {
    id: rowId code name
    region: regionByRegionCode { code name }
    cloudStore: cloudStoreByTenantIdAndOrganizationId { id: rowId mode name }
    distributor { id: rowId code name brands: brandsList { id: rowId name } }
    shelf(first: 20) {
      nodes {
        id: rowId origin price sellable
        sku: skuByTenantIdAndSkuId {
          id: rowId code name barcode
          product: productByTenantIdAndProductId {
            id: rowId code name
            brand: organizationByTenantIdAndBrandId { id: rowId name }
            category: categoryByTenantIdAndCategoryId { id: rowId name }
          }
        }
      }
      pageInfo { hasNextPage }
    }
  }
}
""",
    "P2": """
query Product($tenant: UUID!, $id: UUID!) {
  product: productByTenantIdAndRowId(tenantId: $tenant, rowId: $id) { id: rowId code name }
}
""",
    "P3": """
query Products($tenant: UUID!) {
  products: allProducts(condition: {tenantId: $tenant}, orderBy: [CODE_ASC, ROW_ID_ASC], first: 100) {
    nodes {
      id: rowId code name description
      brand: organizationByTenantIdAndBrandId { id: rowId name }
      category: categoryByTenantIdAndCategoryId { id: rowId name }
    }
  }
}
""",
}
"""PostGraphile's fields are those of the tables and their keys, of which the tenant is a part."""


def plain_id(written: str) -> str:
    """An id as PostgreSQL writes it: ours have their kind before them and no hyphens."""
    return str(UUID(hex=written.replace("-", "")[-32:]))


def plain_ids(answer: Any) -> Any:
    """An answer with every `id` as PostgreSQL writes it. Nothing else in it is touched."""
    if isinstance(answer, dict):
        return {
            name: plain_id(value) if name == "id" and isinstance(value, str) else plain_ids(value)
            for name, value in answer.items()
        }
    return [plain_ids(each) for each in answer] if isinstance(answer, list) else answer


@dataclass(frozen=True)
class PeerDocument(Document):
    """A document that is asked of each server in the shape of its own schema; the schema of mercurius has ours."""

    def requests(self, issuer: Issuer, variant: str) -> list[bytes]:
        """The bytes that are sent to a variant."""
        return [post(self.body(variant, variables), {"millrace-tenant": CODE}) for variables, _ in self.asked]

    def body(self, variant: str, variables: Mapping[str, str]) -> dict[str, Any]:
        """What a variant is asked: the text, and the ids as it spells them."""
        text, spelled = self.text, dict(variables)
        if not variant.startswith("ours"):
            spelled = {name: plain_id(value) for name, value in variables.items()}
        if variant.startswith("postgraphile"):
            text, spelled = POSTGRAPHILE[self.name], {"tenant": str(TENANT), **spelled}
        return {"query": text, "variables": spelled} if spelled else {"query": text}

    def plain(self, answer: Any) -> Any:
        """An answer with its ids spelled in one way."""
        return plain_ids(answer)


def documents(size: Size, asked: int = ASKED) -> tuple[PeerDocument, ...]:
    """The three over data of this size; nobody in particular asks them."""
    stores = tuple(({"store": f"store_{key('STORE', n).hex}"}, None) for n in range(min(asked, size.wide)))
    products = tuple(({"id": f"product_{key('product', n).hex}"}, None) for n in range(min(asked, size.skus // 2)))
    return (
        PeerDocument("P1", "storefront: shelf of 20 with goods, price and what can be sold", P1, stores),
        PeerDocument("P2", "one product by id", P2, products),
        PeerDocument("P3", "list of 100 × 8 fields", P3, (({}, None),)),
    )
