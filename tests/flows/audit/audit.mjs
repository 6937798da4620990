// graphql-http's audit of a server: prints [{ id, name, status, reason }] as JSON. Usage: node audit.mjs <url>
import { serverAudits } from 'graphql-http';

const audits = serverAudits({ url: process.argv[2] });
const results = await Promise.all(audits.map((audit) => audit.fn()));
console.log(
  JSON.stringify(
    results.map((result, i) => ({
      id: audits[i].id,
      name: audits[i].name,
      status: result.status,
      reason: result.status === 'ok' ? null : result.reason,
    })),
  ),
);
