// The workbench: GraphiQL below a bar that says who asks. Everything comes from the host it is served by.
import './workers';
import { GraphiQLProvider } from '@graphiql/react';
import { DOC_EXPLORER_PLUGIN, DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { HISTORY_PLUGIN, HistoryStore } from '@graphiql/plugin-history';
import { GraphiQL, GraphiQLInterface } from 'graphiql';
import { useCallback, useMemo, useRef, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { Bar } from './bar';
import { type Directory, type Identity, Signed, type Start, type WorkedQuery, read } from './people';
import { fetcherOf } from './wire';
import '@graphiql/react/style.css';
import 'graphiql/graphiql.css';
import '@graphiql/plugin-doc-explorer/style.css';
import '@graphiql/plugin-history/style.css';
import './style.css';

const PLUGINS = [DOC_EXPLORER_PLUGIN, HISTORY_PLUGIN];

interface WorkbenchProps {
  start: Start;
  directory: Directory | null;
  problem: string | null;
}

function Workbench({ start, directory, problem: early }: WorkbenchProps) {
  const [identity, setIdentity] = useState<Identity | null>(directory?.start ?? null);
  const [problem, setProblem] = useState(early);
  const signed = useRef(new Signed(start.people, identity));
  const fetcher = useMemo(() => fetcherOf(start.graph, () => signed.current), [start.graph]);
  const become = useCallback(
    (next: Identity) => {
      signed.current = new Signed(start.people, next);
      setIdentity(next);
      signed.current.headers().then(
        () => setProblem(null),
        (error: unknown) => setProblem(`Signing in failed: ${worded(error)}`),
      );
    },
    [start.people],
  );
  return (
    <GraphiQLProvider
      fetcher={fetcher}
      {...first(start.queries)}
      plugins={PLUGINS}
      referencePlugin={DOC_EXPLORER_PLUGIN}
      schemaDescription
      inputValueDeprecation
    >
      <HistoryStore>
        <DocExplorerStore>
          <Bar
            directory={directory}
            identity={identity}
            problem={problem}
            queries={start.queries}
            onIdentity={become}
          />
          <GraphiQLInterface showPersistHeadersSettings={false}>
            <GraphiQL.Logo>
              <span />
            </GraphiQL.Logo>
          </GraphiQLInterface>
        </DocExplorerStore>
      </HistoryStore>
    </GraphiQLProvider>
  );
}

/** The worked queries as tabs, where this browser has kept none; the first one's variables have to be said apart. */
function first(queries: WorkedQuery[]) {
  if (queries.length === 0 || localStorage.getItem('graphiql:tabState') !== null) return {};
  return { defaultTabs: queries, initialVariables: queries[0]?.variables ?? undefined };
}

function worded(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

async function open(place: HTMLElement): Promise<void> {
  const root = createRoot(place);
  try {
    const start = await read<Start>('/graphiql/start');
    let directory: Directory | null = null;
    let problem: string | null = null;
    if (start.people !== null) {
      try {
        directory = await read<Directory>(start.people);
      } catch (error) {
        problem = `Nobody can be signed in: ${worded(error)}`;
      }
    }
    root.render(<Workbench start={start} directory={directory} problem={problem} />);
  } catch (error) {
    root.render(<p className="broken">The workbench did not start: {worded(error)}</p>);
  }
}

const place = document.getElementById('workbench');
if (place !== null) void open(place);
