// mercurius on fastify with JIT: a schema by hand, and a loader for everything asked by key, as its pages teach.
import Fastify from "fastify";
import mercurius from "mercurius";
import pg from "pg";
import { announce, pool, tenants } from "./ground.mjs";
import { statements } from "./statements.mjs";

pg.types.setTypeParser(pg.types.builtins.INT8, Number);
pg.types.setTypeParser(pg.types.builtins.NUMERIC, Number);

const schema = `
  type Query {
    store(id: ID!): Store
    product(id: ID!): Product
    products(first: Int!): ProductPage!
  }
  type Store {
    id: ID! code: String! name: String!
    region: Region
    cloudStore: CloudStore
    distributor: Distributor
    shelf(first: Int!): ListingPage!
  }
  type Region { code: String! name: String! }
  type CloudStore { id: ID! mode: String! name: String! }
  type Distributor { id: ID! code: String! name: String! brands: [Brand!]! }
  type Brand { id: ID! name: String! }
  type Category { id: ID! name: String! }
  type ListingPage { nodes: [Listing!]! pageInfo: PageInfo! }
  type PageInfo { hasNextPage: Boolean! }
  type Listing { id: ID! origin: String! sku: Sku! price: Int sellable: Int! }
  type Sku { id: ID! code: String! name: String! barcode: String product: Product! }
  type Product { id: ID! code: String! name: String! description: String brand: Brand! category: Category }
  type ProductPage { nodes: [Product!]! }
`;

const connections = pool();
const known = await tenants(connections);

async function rows(statement, ...values) {
  return (await connections.query({ ...statement, values })).rows;
}

// A loader of rows that are found by one key of the parent's.
function found(statement, key, by = "id", shared = false) {
  return async (queries, { tenant }) => {
    const keys = [...new Set(queries.map(({ obj }) => obj[key]))];
    const got = await (shared ? rows(statement, keys) : rows(statement, tenant, keys));
    const at = new Map(got.map((row) => [row[by], row]));
    return queries.map(({ obj }) => at.get(obj[key]) ?? null);
  };
}

function grouped(got, by) {
  const groups = new Map();
  for (const row of got) {
    const group = groups.get(row[by]);
    if (group) group.push(row);
    else groups.set(row[by], [row]);
  }
  return groups;
}

const column = (queries, name) => queries.map(({ obj }) => obj[name]);

const resolvers = {
  Query: {
    store: async (_, { id }, { tenant }) => (await rows(statements.store, tenant, id))[0],
    product: async (_, { id }, { tenant }) => (await rows(statements.product, tenant, id))[0],
    products: async (_, { first }, { tenant }) => ({ nodes: await rows(statements.products, tenant, first) }),
  },
};

const loaders = {
  Store: {
    region: found(statements.regions, "region_code", "id", true),
    cloudStore: found(statements.cloudStores, "id", "organization_id"),
    distributor: found(statements.distributors, "id", "downstream_id"),
    async shelf(queries, { tenant }) {
      const most = Math.max(...queries.map(({ params }) => params.first));
      const shelves = grouped(await rows(statements.shelf, tenant, column(queries, "id"), most + 1), "store_id");
      return queries.map(({ obj, params: { first } }) => {
        const shelf = shelves.get(obj.id) ?? [];
        return { nodes: shelf.slice(0, first), pageInfo: { hasNextPage: shelf.length > first } };
      });
    },
  },
  Distributor: {
    async brands(queries, { tenant }) {
      const brands = grouped(await rows(statements.brands, tenant, column(queries, "id")), "below_id");
      return queries.map(({ obj }) => brands.get(obj.id) ?? []);
    },
  },
  Listing: {
    sku: found(statements.skus, "sku_id"),
    async price(queries, { tenant }) {
      const asked = ["sku_id", "seller_id", "region_code", "site_id"].map((name) => column(queries, name));
      return (await rows(statements.prices, tenant, ...asked)).map(({ unit_fen }) => unit_fen);
    },
    async sellable(queries, { tenant }) {
      const asked = ["sku_id", "seller_id"].map((name) => column(queries, name));
      return (await rows(statements.sellable, tenant, ...asked)).map(({ units }) => units);
    },
  },
  Sku: { product: found(statements.productsById, "product_id") },
  Product: {
    brand: found(statements.organizations, "brand_id"),
    category: found(statements.categories, "category_id"),
  },
};

// Its cache writes every parent and its arguments as JSON to know them again; nothing here is asked twice in a request.
const uncached = (type) =>
  Object.fromEntries(Object.entries(type).map(([field, loader]) => [field, { loader, opts: { cache: false } }]));

const app = Fastify({ logger: false });
app.register(mercurius, {
  schema,
  resolvers,
  loaders: Object.fromEntries(Object.entries(loaders).map(([name, type]) => [name, uncached(type)])),
  jit: 1,
  graphiql: false,
  context: (request) => ({ tenant: known.get(request.headers["millrace-tenant"]) }),
});
await app.listen({ port: 0, host: "127.0.0.1" });
announce(app.server);
