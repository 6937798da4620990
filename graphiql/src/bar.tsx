// The bar above the editors: who asks, whom the shown query was written for, and the worked queries to open again.
import { pick, useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useState } from 'react';
import type { Directory, Identity, Person, WorkedQuery } from './people';

const MONOSPACE = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace';
const FONT_SIZE = 13;
const AS = /^# as: (\S+)$/m;
const TENANT = /^# tenant: (\S+)$/m;
const NOBODY = 'nobody';

interface BarProps {
  directory: Directory | null;
  identity: Identity | null;
  problem: string | null;
  queries: WorkedQuery[];
  onIdentity(identity: Identity): void;
}

export function Bar({ directory, identity, problem, queries, onIdentity }: BarProps) {
  useReadableEditors();
  useSystemTheme();
  const { stop, updateActiveTabValues } = useGraphiQLActions();
  const { responseEditor, tabs } = useGraphiQL(pick('responseEditor', 'tabs'));
  const become = (next: Identity) => {
    stop();
    for (const tab of tabs) tab.response = null; // what every tab keeps was for somebody else's eyes
    responseEditor?.setValue('');
    updateActiveTabValues({ response: null });
    onIdentity(next);
  };
  return (
    <header className="graphiql-container bar">
      <span className="bar-name">
        <Mill />
        Millrace
      </span>
      {directory === null || identity === null ? (
        <span className="bar-note">{problem ?? 'Put your token into Headers, below: {"Authorization": "Bearer …"}'}</span>
      ) : (
        <>
          <label className="bar-role">
            <span>Signed in as</span>
            <Roles directory={directory} identity={identity} onIdentity={become} />
          </label>
          <WrittenFor directory={directory} identity={identity} onIdentity={become} />
          {problem !== null && <span className="bar-problem">{problem}</span>}
        </>
      )}
      <Worked queries={queries} />
    </header>
  );
}

type RolesProps = Pick<BarProps, 'onIdentity'> & { directory: Directory; identity: Identity };

function Roles({ directory, identity, onIdentity }: RolesProps) {
  return (
    <select
      id="role"
      value={JSON.stringify([identity.tenant, identity.subject])}
      onChange={(event) => {
        const [tenant, subject] = JSON.parse(event.target.value) as [string, string | null];
        onIdentity({ tenant, subject });
      }}
    >
      {directory.tenants.map((tenant) => (
        <optgroup key={tenant.code} label={tenant.name}>
          {tenant.people.map((person) => (
            <option key={person.subject} value={JSON.stringify([tenant.code, person.subject])}>
              {worded(person)}
            </option>
          ))}
        </optgroup>
      ))}
    </select>
  );
}

/** Offers to become the one whom the shown query was written for, where that is somebody else. */
function WrittenFor({ directory, identity, onIdentity }: RolesProps) {
  const query = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.query) ?? '';
  const meant = AS.exec(query)?.[1];
  if (meant === undefined) return null;
  const tenant = TENANT.exec(query)?.[1] ?? directory.start.tenant;
  const subject = meant === NOBODY ? null : meant;
  const person = directory.tenants
    .find((each) => each.code === tenant)
    ?.people.find((each) => each.subject === subject);
  if (person === undefined || (identity.tenant === tenant && identity.subject === subject)) return null;
  return (
    <span className="bar-note">
      This query was written for: {person.title.toLowerCase()}.{' '}
      <button type="button" id="become" onClick={() => onIdentity({ tenant, subject })}>
        Switch
      </button>
    </span>
  );
}

/** Opens a worked query in a tab of its own: the editor keeps closed and changed tabs as the user left them. */
function Worked({ queries }: Pick<BarProps, 'queries'>) {
  const { addTab } = useGraphiQLActions();
  const { queryEditor, variableEditor } = useGraphiQL(pick('queryEditor', 'variableEditor'));
  if (queries.length === 0) return null;
  const open = (index: number) => {
    const chosen = queries[index];
    if (chosen === undefined) return;
    addTab();
    queryEditor?.setValue(chosen.query);
    variableEditor?.setValue(chosen.variables ?? '');
  };
  return (
    <select
      id="worked"
      className="bar-worked"
      aria-label="Open a worked query"
      value=""
      onChange={(event) => open(Number(event.target.value))}
    >
      <option value="" disabled hidden>
        Worked queries
      </option>
      {queries.map((each, index) => (
        <option key={each.title} value={index}>
          {each.title}
        </option>
      ))}
    </select>
  );
}

function worded({ title, name, organization }: Person): string {
  const who = [name, organization].filter((part) => part !== null).join(', ');
  return who === '' ? title : `${title} (${who})`;
}

/** The editors ask for a font that would have to be fetched: the system has one with every script the data needs. */
function useReadableEditors() {
  const editors = useGraphiQL(pick('queryEditor', 'variableEditor', 'headerEditor', 'responseEditor'));
  const [given] = useState(() => new WeakSet<object>());
  useEffect(() => {
    for (const editor of Object.values(editors)) {
      if (editor === undefined || given.has(editor)) continue;
      given.add(editor);
      editor.updateOptions({ fontFamily: MONOSPACE, fontSize: FONT_SIZE, wordWrap: 'on' });
    }
  });
}

/** The editors take the system's light or dark at the start only, the rest of the page at any time. */
function useSystemTheme() {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    const dark = window.matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setTheme(theme);
    dark.addEventListener('change', follow);
    return () => dark.removeEventListener('change', follow);
  }, [theme, setTheme]);
}

function Mill() {
  return (
    <svg viewBox="0 0 32 32" width="24" height="24" aria-hidden="true" fill="none" stroke="currentColor" strokeWidth="2.4">
      <circle cx="16" cy="14" r="8" />
      <path d="M16 3v22M5 14h22M8.2 6.2l15.6 15.6M23.8 6.2 8.2 21.8M3 28.5c3-2 5.5-2 8.5 0s5.5 2 8.5 0 5.5-2 8.5 0" strokeLinecap="round" />
    </svg>
  );
}
