"""The documents the graph tests ask, and the ids of the demo they ask about."""

from integrations.keys import Keys

Q1 = """
query Storefront($id: ID!, $first: Int) {
  store(id: $id) {
    id name
    distributor { id name brands { id name } }
    shelf(first: $first) {
      edges { cursor node { id sku { id code name product { id name } } price sellable } }
      pageInfo { hasNextPage endCursor }
    }
  }
}
"""


class Ids:
    """Global ids of a demo tenant, by the numbers of the file."""

    def __init__(self, tenant: str) -> None:
        self.keys = Keys(tenant)

    def organization(self, tier: str, number: int) -> str:
        return f"{tier.lower()}_{self.keys.of('organization', tier.upper(), number).hex}"

    def store(self, number: int) -> str:
        return self.organization("STORE", number)

    def distributor(self, number: int) -> str:
        return self.organization("DISTRIBUTOR", number)

    def brand(self, number: int) -> str:
        return self.organization("BRAND", number)

    def sku(self, item: int) -> str:
        return f"sku_{self.keys.of('sku', item).hex}"

    def product(self, item: int) -> str:
        """The product whose lowest item number this is."""
        return f"product_{self.keys.of('product', item).hex}"

    def listing(self, tier: str, number: int, item: int) -> str:
        return f"listing_{self.keys.of('listing', tier, number, item).hex}"

    def order(self, invoice: str) -> str:
        return f"order_{self.keys.of('order', invoice).hex}"

    def location(self, tier: str, number: int) -> str:
        return f"location_{self.keys.of('location', tier, number).hex}"

    def pool(self, tier: str, number: int) -> str:
        return f"pool_{self.keys.of('pool', tier, number).hex}"

    def price_list(self, code: str, number: int) -> str:
        return f"pricelist_{self.keys.of('price_list', code, number).hex}"

    def assortment(self, number: int) -> str:
        return f"assortment_{self.keys.of('assortment', number).hex}"

    def cloud_store(self, tier: str, number: int) -> str:
        return f"cloudstore_{self.keys.of('cloud_store', tier, number).hex}"

    def site(self, name: object) -> str:
        return f"site_{self.keys.of('site', name).hex}"

    def customer(self, number: int) -> str:
        return f"customer_{self.keys.of('customer', f'member:{number}').hex}"

    def of(self, kind: str, *key: object) -> str:
        """What has no number of the file: a right by its code, a promoter, a binding or a touch by its number."""
        return f"{kind}_{self.keys.of(kind, *key).hex}"

    def campaign(self, code: str) -> str:
        return f"campaign_{self.keys.of('campaign', code).hex}"

    def category(self, number: int) -> str:
        return f"category_{self.keys.of('category', number).hex}"


IOWA, FORTY = Ids("iowa"), Ids("forty")

PRICE = (
    'query ($q: Int!, $at: DateTime) { price(sellerId: "%s", buyerId: "%s", skuId: "%s", quantity: $q, at: $at) '
    "{ unitPrice amount } }"
) % (IOWA.distributor(56), IOWA.store(2191), IOWA.sku(43337))
"""What Lee county's distributor asks shop 2191 for a bottle of item 43337."""
