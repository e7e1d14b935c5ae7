import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { buildMonitorPage } from '../../scripts/monitorPage.ts';
import type { ConnectionList } from '../../src/contract/connectionList.ts';
import type { MigrationSeries } from '../../src/contract/migrationSeries.ts';
import type { MigrationList, MigrationStatus } from '../../src/contract/migrationStatus.ts';
import type { StartRequest } from '../../src/contract/startRequest.ts';
import { getMonitor } from '../../src/functions/getMonitor.ts';
import { renderHtml } from '../../src/report/renderHtml.ts';
import { renderText } from '../../src/report/renderText.ts';
import { sampleReport } from '../unit/report/sampleReport.ts';
import { sampleSeries } from './sampleSeries.ts';
import { sampleStatus } from './sampleStatus.ts';

/** What the app answers, built from src/monitor as it stands. */
const page = await getMonitor(await buildMonitorPage())();

export const FUNCTION_KEY = 'k3y-canary_a==';

/** A request as the API saw it. */
interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly key: string | undefined;
  readonly body: string;
}

/** The routes of the function app that the live page uses, answering from memory. Tests change `migrations` and `faults` as they go. */
export interface FakeApi {
  readonly url: string;
  readonly seen: SeenRequest[];
  /** The latest start last. */
  readonly migrations: Map<string, MigrationStatus>;
  readonly series: Map<string, MigrationSeries>;
  connections: ConnectionList;
  /** Answers instead of the route's own, by `METHOD path`. */
  readonly faults: Map<string, { readonly status: number; readonly body: unknown }>;
  change(id: string, changes: Partial<MigrationStatus>): void;
  /** Stops listening and drops all connections. */
  goOffline(): Promise<void>;
  /** Listens again on the same port. */
  goOnline(): Promise<void>;
}

/** Starts the API on a free port. `prefix` is the route prefix of host.json. */
export async function startFakeApi(prefix = 'api'): Promise<FakeApi> {
  const seen: SeenRequest[] = [];
  const migrations = new Map<string, MigrationStatus>();
  const series: FakeApi['series'] = new Map();
  const faults: FakeApi['faults'] = new Map();
  const change = (id: string, changes: Partial<MigrationStatus>) => {
    const status = migrations.get(id);
    if (status !== undefined) migrations.set(id, { ...status, ...changes });
  };

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const method = request.method ?? 'GET';
    const path = url.pathname;
    if (method === 'GET' && path === `/${prefix}/monitor`) {
      response.writeHead(200, page.headers as OutgoingHttpHeaders).end(page.body);
      return;
    }
    const key = request.headers['x-functions-key']?.toString();
    const body = await text(request);
    seen.push({ method, url: request.url ?? '', key, body });
    const fault = faults.get(`${method} ${path}`);
    if (key !== FUNCTION_KEY) send(response, 401, '');
    else if (fault !== undefined) send(response, fault.status, JSON.stringify(fault.body));
    else
      route(
        method,
        path
          .slice(prefix.length + 2)
          .split('/')
          .map(decodeURIComponent),
        url,
        response,
        body,
      );
  };

  const route = (method: string, path: readonly string[], url: URL, response: ServerResponse, body: string): void => {
    const [room, id, action] = path;
    const status = migrations.get(id ?? '');
    if (room === 'connections') {
      send(response, 200, JSON.stringify(api.connections));
    } else if (id === undefined && method === 'POST') {
      const started = startedBy(JSON.parse(body) as StartRequest);
      migrations.set(started.id, started);
      send(response, 202, JSON.stringify({ id: started.id, status: 'pending' }));
    } else if (id === undefined) {
      send(response, 200, JSON.stringify(listed([...migrations.values()].reverse(), url.searchParams)));
    } else if (status === undefined) {
      const error = { kind: 'not-found', message: `No migration ${id}`, hint: 'List what there is' };
      send(response, 404, JSON.stringify({ error }));
    } else if (method === 'GET' && action === undefined) {
      send(response, 200, JSON.stringify(status));
    } else if (action === 'series') {
      send(response, 200, JSON.stringify(series.get(id) ?? sampleSeries({ id, at: [], events: [] })));
    } else if (action === 'request') {
      send(response, 200, JSON.stringify(requestOf(status)));
    } else if (action === 'report') {
      sendReport(url.searchParams.get('format'), response);
    } else {
      if (action === 'suspend') change(id, { status: 'suspended' });
      if (action === 'resume') change(id, { status: 'running' });
      if (action === 'cancel') change(id, { status: 'cancelled' });
      send(response, 202, '{}');
    }
  };

  const handle = (request: IncomingMessage, response: ServerResponse): void => void answer(request, response);
  let server = createServer(handle);
  const port = await listen(server, 0);
  const api: FakeApi = {
    url: `http://127.0.0.1:${port}`,
    seen,
    migrations,
    series,
    connections: {
      sources: [
        { key: 'secret', name: 'POSTGRES_URI' },
        { key: 'server', name: 'pg1' },
      ],
      targets: [
        { key: 'secret', name: 'MONGODB_URI' },
        { key: 'account', name: 'acct' },
      ],
    },
    faults,
    change,
    goOffline: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    goOnline: async () => {
      server = createServer(handle);
      await listen(server, port);
    },
  };
  return api;
}

/** As the app lists: the latest first, fifty at once, those that are asked for. */
function listed(migrations: readonly MigrationStatus[], query: URLSearchParams): MigrationList {
  const words = (key: string) => query.get(key)?.split(',') ?? null;
  const [kinds, statuses] = [words('kind'), words('status')];
  const from = Number(query.get('after') ?? 0);
  const found = migrations.filter(
    ({ id, kind, status }) =>
      id.includes(query.get('search') ?? '') && kinds?.includes(kind) !== false && statuses?.includes(status) !== false,
  );
  const page = found.slice(from, from + 50);
  query.set('after', String(from + 50));
  return { migrations: page, next: from + 50 < found.length ? `/api/migrations?${query}` : null };
}

/** What becomes of a start request at once. */
function startedBy(body: StartRequest): MigrationStatus {
  const isDryRun = body.migration_settings?.dry_run === true;
  const name = body.name ?? 'made-up';
  const kind = isDryRun ? 'analysis' : 'migration';
  const id = isDryRun && !name.endsWith('-analysis') ? `${name}-analysis` : name;
  return sampleStatus({ id, kind, dryRun: isDryRun, ...(isDryRun ? { status: 'completed', phase: 'done' } : {}) });
}

function requestOf({ name, kind }: MigrationStatus): StartRequest {
  const settings = kind === 'analysis' ? { dry_run: true } : {};
  return {
    name,
    source: { secret: 'POSTGRES_URI' },
    destination: { secret: 'MONGODB_URI' },
    follow: 60,
    migration_settings: { ...settings, validate: 'counts' },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

function sendReport(format: string | null, response: ServerResponse): void {
  const report = sampleReport();
  if (format === 'html') send(response, 200, renderHtml(report), 'text/html; charset=utf-8');
  else if (format === 'text') send(response, 200, renderText(report), 'text/plain; charset=utf-8');
  else send(response, 200, JSON.stringify(report));
}

function send(response: ServerResponse, status: number, body: string, type = 'application/json'): void {
  response.writeHead(status, { 'Content-Type': type }).end(body);
}
