// What both peers stand on: ten connections as ours has, the tenants' codes, and the word that they are up.
import pg from "pg";

export function pool() {
  return new pg.Pool({
    connectionString: process.env.DATABASE,
    max: Number(process.env.POOL_SIZE),
    idleTimeoutMillis: 0,
    options: "-c jit=off",
  });
}

export async function tenants(connections) {
  const { rows } = await connections.query("SELECT code, id FROM tenant");
  return new Map(rows.map(({ code, id }) => [code, id]));
}

export function listen(server) {
  server.listen(0, "127.0.0.1", () => announce(server));
}

export function announce(server) {
  process.stderr.write(`serving http://127.0.0.1:${server.address().port}/graphql\n`);
  process.once("SIGTERM", () => process.exit(0));
}
