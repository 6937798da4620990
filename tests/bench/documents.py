"""The four documents, what they are asked with, and by whom."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from tests.bench.issuer import Issuer
from tests.bench.load import post
from tests.bench.sizes import CODE, Size, key

ASKED: Final = 20
"""Different stores, shoppers and products that a document is asked about, in turn."""

Q1: Final = """
query Storefront($store: ID!, $at: ID!) {
  store(id: $store) {
    id name
    distributor { id name brands { id name } }
    shelf(first: 20) {
      edges {
        cursor
        node {
          id
          sku { id code name product { id name } }
          price
          sellable
          campaigns(terminal: MINI_PROGRAM) { campaign { id name kind } offFen offBps priceFen }
        }
      }
      pageInfo { hasNextPage endCursor }
    }
  }
  viewer {
    customer {
      id displayName
      rights(at: $at) { usable reason balance worthFen right { id kind name } }
    }
  }
}
"""
Q2: Final = "query Product($id: ID!) { product(id: $id) { id code name } }"
Q3: Final = """
query Products {
  products(first: 100) { nodes { id code name description brand { id name } category { id name } } }
}
"""
Q4: Final = """
query Shelf($store: ID!, $at: ID!) {
  store(id: $store) {
    id name
    shelf(first: 100) {
      nodes {
        id
        sku { id name }
        price
        campaigns(terminal: MINI_PROGRAM) {
          campaign { id name kind priority endsAt owner { id name } }
          thresholdFen thresholdUnits offFen offBps priceFen
        }
      }
    }
  }
  viewer {
    customer {
      id displayName
      rights(at: $at) {
        usable reason balance worthFen growth
        right { id kind code name scope validFrom validUntil issuer { id name } }
        tier { level code name }
        coupon { id code state validUntil }
      }
    }
  }
}
"""


SHELF: Final = 20
GROWTH: Final = (1, 10, 100)
GROWING: Final = """
query Growing($stores: Int!) {
  stores(first: $stores) {
    nodes { id shelf(first: 20) { nodes { id position sku { code } } } }
  }
}
"""
PLANNED: Final = ("ours", "core")


@dataclass(frozen=True)
class Document:
    """A document, with who asks it about what, in turn; `None` is nobody in particular."""

    name: str
    title: str
    text: str
    asked: tuple[tuple[dict[str, Any], str | None], ...]
    only: tuple[str, ...] | None = None
    """The variants that can answer it; None for all."""

    def among(self, variants: Iterable[str]) -> tuple[str, ...]:
        """Those of the variants that answer it."""
        return tuple(variant for variant in variants if self.only is None or variant in self.only)

    def requests(self, issuer: Issuer, variant: str) -> list[bytes]:
        """The bytes that are sent to a variant."""
        return [
            post(
                {"query": self.text, "variables": variables},
                {"millrace-tenant": CODE} | ({} if who is None else {"authorization": f"Bearer {issuer.token(who)}"}),
            )
            for variables, who in self.asked
        ]

    def plain(self, answer: Any) -> Any:
        """An answer without what the variants may spell differently, which here is nothing."""
        return answer


def documents(size: Size, asked: int = ASKED) -> tuple[Document, ...]:
    """The four over data of this size."""
    shops = tuple(_shops(size, asked))
    products = tuple(({"id": f"product_{key('product', n).hex}"}, None) for n in range(min(asked, size.skus // 2)))
    return (
        Document("Q1", "storefront: shelf of 20, campaigns, rights", Q1, shops),
        Document("Q2", "one product by id", Q2, products),
        Document("Q3", "list of 100 × 8 fields", Q3, (({}, None),)),
        Document("Q4", "shelf of 100, campaigns, rights", Q4, shops),
    )


def growing() -> tuple[Document, ...]:
    """One document over 20, 200 and 2,000 listings: what an item costs where there are few and where there are many."""
    return tuple(
        Document(f"G{stores * SHELF}", f"{stores * SHELF:,} listings", GROWING, (({"stores": stores}, None),), PLANNED)
        for stores in GROWTH
    )


def _shops(size: Size, asked: int) -> Iterator[tuple[dict[str, Any], str]]:
    """Stores with a long shelf, each looked at by one of its members."""
    for number in range(min(asked, size.wide)):
        member = number + size.stores * (number % (size.members // size.stores))
        at = key("cloud_store", number)
        yield {"store": f"store_{key('STORE', number).hex}", "at": f"cloudstore_{at.hex}"}, f"member:{member}"


def leaves(value: Any) -> int:
    """How many leaves an answer has."""
    if isinstance(value, dict):
        return sum(map(leaves, value.values()))
    return sum(map(leaves, value)) if isinstance(value, list) else 1
