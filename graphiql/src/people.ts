// Who one may be in the demo, and the tokens that make one so. Tokens are kept in memory only: never in an address,
// never in storage.

export interface Person {
  /** The demo's name of the person, as `make token AS=…` takes it; null for nobody. */
  subject: string | null;
  title: string;
  name: string | null;
  organization: string | null;
}

export interface Tenant {
  code: string;
  name: string;
  people: Person[];
}

export interface Identity {
  tenant: string;
  subject: string | null;
}

export interface WorkedQuery {
  title: string;
  query: string;
  variables: string | null;
}

/** What the server says of itself at the start. `people` is null where nobody can be signed in: outside the demo. */
export interface Start {
  graph: string;
  people: string | null;
  queries: WorkedQuery[];
}

export interface Directory {
  start: Identity;
  tenants: Tenant[];
}

const EARLY_MS = 60_000; // a token is renewed this long before it ends

export async function read<Answer>(address: string, body?: unknown): Promise<Answer> {
  const post = { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const answer = await fetch(address, { credentials: 'omit', ...(body === undefined ? {} : post) });
  if (!answer.ok) throw new Error(`${address} answers ${answer.status}`);
  return (await answer.json()) as Answer;
}

/** The one who asks. */
export class Signed {
  private token: Promise<string> | null = null;
  private renewAt = 0;

  constructor(
    private readonly address: string | null,
    readonly identity: Identity | null,
  ) {}

  /** The headers that say who asks. */
  async headers(): Promise<Record<string, string>> {
    if (this.identity === null) return {};
    const tenant = { 'Millrace-Tenant': this.identity.tenant };
    if (this.identity.subject === null || this.address === null) return tenant;
    return { ...tenant, Authorization: `Bearer ${await this.bearer(this.address)}` };
  }

  private bearer(address: string): Promise<string> {
    if (this.token === null || Date.now() >= this.renewAt) {
      this.renewAt = Number.POSITIVE_INFINITY;
      this.token = this.renew(address).catch((error: unknown) => {
        this.token = null;
        throw error;
      });
    }
    return this.token;
  }

  private async renew(address: string): Promise<string> {
    const made = await read<{ token: string; seconds: number }>(address, this.identity);
    this.renewAt = Date.now() + made.seconds * 1000 - EARLY_MS;
    return made.token;
  }
}
