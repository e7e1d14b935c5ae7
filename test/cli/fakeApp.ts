import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { MigrationReport } from '../../src/contract/migrationReport.ts';
import { type MigrationStatus, PHASES } from '../../src/contract/migrationStatus.ts';
import { sampleReport } from '../unit/report/sampleReport.ts';

/** One request as the fake saw it. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly key: string | undefined;
  /** The header `Authorization`, where there was one. */
  readonly authorization?: string;
  readonly body: unknown;
}

/** An answer of the fake; `hang` never comes, `cut` closes the connection. */
export type Answer = { readonly status: number; readonly body?: unknown; readonly text?: string } | 'hang' | 'cut';

export interface FakeApp extends AsyncDisposable {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** Requests that begin with this, such as `POST /api/migrations`. */
  readonly requests: (start: string) => SeenRequest[];
}

const readBody = async (request: IncomingMessage): Promise<unknown> => {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text === '' ? undefined : JSON.parse(text);
};

/** A function app that answers as `answer` says. The second argument counts earlier requests of the same method and path. */
export const startFakeApp = async (answer: (request: SeenRequest, count: number) => Answer): Promise<FakeApp> => {
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const { method = '', url: path = '' } = request;
      const count = seen.filter((earlier) => earlier.method === method && earlier.path === path).length;
      const { authorization, 'x-functions-key': key } = request.headers;
      const login = authorization === undefined ? {} : { authorization };
      const one = { method, path, key: key?.toString(), ...login, body: await readBody(request) };
      seen.push(one);
      const given = answer(one, count);
      if (given === 'hang') return;
      if (given === 'cut') {
        request.socket.destroy();
        return;
      }
      response.statusCode = given.status;
      response.end(given.text ?? JSON.stringify(given.body ?? {}));
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    requests: (start) => seen.filter(({ method, path }) => `${method} ${path}`.startsWith(start)),
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** The status of a run that copies two tables. */
export const statusOf = (over: Partial<MigrationStatus> = {}): MigrationStatus => ({
  id: 'migration-lab',
  name: 'lab',
  status: 'running',
  kind: 'migration',
  phase: 'copy',
  phases: PHASES,
  endedIn: null,
  dryRun: false,
  source: 'db:5432/mlflow',
  target: 'mongo:27017/mlflow_migrated',
  layout: 'tables',
  experiments: null,
  tables: {
    runs: { total: 1000, copied: 400, validated: 0, errors: 0 },
    params: { total: 10, copied: 10, validated: 0, errors: 0 },
  },
  totals: { total: 1010, copied: 410, validated: 0, errors: 0 },
  rowsPerSecond: 1234,
  bytesPerSecond: 56_000,
  throttled: 0,
  requestUnits: null,
  percent: 20,
  secondsLeft: 5,
  startedAt: '2026-11-24T00:00:00Z',
  finishedAt: null,
  lastSignAt: '2026-11-24T00:00:30Z',
  failures: [],
  links: { self: '', report: '', cancel: '', suspend: '', resume: '', cutover: '' },
  ...over,
});

/** The report of a run that went well, changed where a test needs it. */
export const reportOf = (changes: Parameters<typeof sampleReport>[0] = {}): MigrationReport =>
  sampleReport(
    {
      id: 'migration-lab',
      reports: { json: '/api/r', text: '/api/r?format=text', html: '/api/r?format=html' },
      ...changes,
    },
    { runs: 1010 },
  );

/** Answers of an app in which the given run is under way for two polls and then ends with the report; null: it has none. */
export const answersFor =
  (end: MigrationStatus, report: MigrationReport | null) =>
  ({ method, path }: SeenRequest, count: number): Answer => {
    const request = `${method} ${path}`;
    if (request === 'POST /api/migrations' || request === 'POST /api/analyses') {
      return { status: 202, body: { id: end.id, status: 'pending', statusUrl: `/api/migrations/${end.id}` } };
    }
    if (request === 'GET /api/migrations') return { status: 200, body: { migrations: [end] } };
    if (request === `GET /api/migrations/${end.id}`) {
      return { status: 200, body: count === 0 ? statusOf({ id: end.id, name: end.name }) : end };
    }
    if (path.startsWith(`/api/migrations/${end.id}/report`) && report !== null) {
      if (path.endsWith('format=text')) return { status: 200, text: 'THE TEXT REPORT\n' };
      if (path.endsWith('format=html'))
        return { status: 200, text: `<html>${Object.values(report.reports).join(' ')}</html>` };
      if (path.endsWith('format=manifest'))
        return { status: 404, body: { error: { kind: 'not-found', message: 'None', hint: '' } } };
      return { status: 200, body: report };
    }
    return { status: 404, body: { error: { kind: 'not-found', message: 'There is none', hint: 'Look' } } };
  };
