// PostGraphile on node's own http server, over the tables as they are and the functions of functions.sql.
//
// With ROW_SECURITY=1 every request carries role and tenant as pgSettings, which PostGraphile sets for a transaction of
// its own; without, it sends its statements as the login that it was given, which must then bypass row security.
import { createServer } from "node:http";
import { grafserv } from "postgraphile/grafserv/node";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";
import { pgSmartTags } from "postgraphile/utils";
import { listen, pool, tenants } from "./ground.mjs";

const connections = pool();
const known = await tenants(connections);
const walled = process.env.ROW_SECURITY === "1";

function pgSettings(requestContext) {
  const tenant = known.get(requestContext.node.req.headers["millrace-tenant"]);
  return { role: process.env.SERVING_ROLE, "app.tenant_id": tenant };
}

// Two tables are called what PostGraphile calls types of its own.
const names = pgSmartTags(
  ["organization_edge", "campaign_condition"].map((table) => ({
    kind: "class",
    match: ({ relname }) => relname === table,
    tags: { name: `${table}_row` },
  })),
);

const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [names],
  pgServices: [
    makePgService({
      pool: connections,
      schemas: ["public", "peers"],
      pgSettings: walled ? pgSettings : undefined,
    }),
  ],
  // Only what is asked for is public there; nothing is written.
  schema: { defaultBehavior: "-insert -update -delete" },
  grafast: { explain: false },
  grafserv: { graphiql: false, watch: false, outputDataAsString: true },
};

const server = createServer();
await postgraphile(preset).createServ(grafserv).addTo(server);
listen(server);
