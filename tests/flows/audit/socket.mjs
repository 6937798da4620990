// The graphql-ws client against a server: prints { query, events, refused, renewed } as JSON.
// Usage: node socket.mjs <ws url>
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const url = process.argv[2];

function collect(client, payload) {
  return new Promise((resolve) => {
    const results = [];
    client.subscribe(payload, {
      next: (value) => results.push(value),
      error: (error) => resolve({ results, error: Array.isArray(error) ? error : { code: error?.code, reason: error?.reason } }),
      complete: () => resolve({ results, error: null }),
    });
  });
}

const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0, connectionParams: { authorization: 'Bearer staff' } });
const query = await collect(client, { query: '{ brand { id } }' });
const events = await collect(client, { query: 'subscription ($to: Int!) { count(to: $to) }', variables: { to: 3 } });
const refused = await collect(client, { query: '{ brand {' });
await client.dispose();

// A client whose token ends while it listens: it is to connect again with the new one, and hear on.
const tokens = ['Bearer brief', 'Bearer staff'];
let connections = 0;
const patient = createClient({
  url,
  webSocketImpl: WebSocket,
  retryAttempts: 3,
  shouldRetry: () => true,
  retryWait: async () => undefined,
  connectionParams: () => ({ authorization: tokens[Math.min(connections++, 1)] }),
});
const renewed = await collect(patient, { query: 'subscription { ticks(to: 2, every: 1.5) { context } }' });
await patient.dispose();

console.log(JSON.stringify({ query, events, refused, renewed: { connections, count: renewed.results.length, error: renewed.error } }));
