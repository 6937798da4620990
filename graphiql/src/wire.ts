// From the page to the graph: queries and mutations over HTTP, subscriptions over graphql-transport-ws.
import type { Fetcher, FetcherParams } from '@graphiql/toolkit';
import { type ExecutionResult, Kind, type OperationDefinitionNode, OperationTypeNode, parse } from 'graphql';
import { createClient } from 'graphql-ws';
import type { Signed } from './people';

type Headers = Record<string, string>;
type Answer = ExecutionResult<Record<string, unknown>, Record<string, unknown>>;

/** `signed` is asked anew for every operation. What the headers editor says goes before what the role says. */
export function fetcherOf(address: string, signed: () => Signed): Fetcher {
  return async (params, options) => {
    const by = signed();
    const headers = { ...(await by.headers()), ...(options?.headers as Headers | undefined) };
    const operation = operationOf(params);
    const sent = operation === null ? params : { ...params, operationName: operation.name?.value };
    if (operation?.operation === OperationTypeNode.SUBSCRIPTION) return subscribed(address, sent, headers);
    const answer = await posted(address, sent, headers);
    // GraphiQL cannot take back what is on its way; what comes was for somebody else's eyes.
    if (signed() !== by) throw new Error('Somebody else is signed in by now.');
    return answer;
  };
}

async function posted(address: string, params: FetcherParams, headers: Headers): Promise<Answer> {
  const answer = await fetch(address, {
    method: 'POST',
    credentials: 'omit',
    headers: {
      Accept: 'application/graphql-response+json, application/json;q=0.9',
      'Content-Type': 'application/json',
      ...headers,
    },
    body: JSON.stringify(params),
  });
  return (await answer.json()) as Answer;
}

/** One socket for one subscription, closed with it: the token is in its first message, never in its address. */
function subscribed(address: string, params: FetcherParams, headers: Headers): AsyncIterable<Answer> {
  const url = new URL(address, location.href);
  url.protocol = url.protocol.replace('http', 'ws');
  const client = createClient({ url: url.href, connectionParams: headers, lazy: true });
  const { query, operationName } = params;
  const variables = params.variables as Record<string, unknown> | undefined;
  return client.iterate({ query, variables, operationName }) as AsyncIterable<Answer>;
}

/**
 * What will be run, as the text has it; null where the server has to say what is wrong. GraphiQL itself learns names a
 * moment after the text, so that who runs a tab as soon as it is shown would ask for the operation of the last one.
 */
function operationOf({ query, operationName }: FetcherParams): OperationDefinitionNode | null {
  try {
    const operations = parse(query).definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
    const only = operations.length === 1 ? operations[0] : undefined;
    return only ?? operations.find((each) => each.name?.value === operationName) ?? null;
  } catch {
    return null;
  }
}
