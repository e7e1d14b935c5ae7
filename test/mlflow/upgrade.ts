import { runPython } from './runPython.ts';
import type { Servers } from './servers.ts';

const TIMEOUT_MS = 5 * 60_000;

/** Brings a database to the schema of the installed release by MLflow's own upgrade; gives its URI as MLflow takes it. */
export async function upgrade(servers: Servers, uri: string): Promise<string> {
  const sqlUri = uri.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:');
  await runPython(servers, ['upgrade.py'], { POSTGRES_URI: sqlUri }, TIMEOUT_MS, true);
  return sqlUri;
}
