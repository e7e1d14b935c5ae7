import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildMonitorPage } from '../../scripts/monitorPage.ts';
import type { MigrationStatus } from '../../src/contract/migrationStatus.ts';
import { getMonitor } from '../../src/functions/getMonitor.ts';
import { renderHtml } from '../../src/report/renderHtml.ts';
import { renderText } from '../../src/report/renderText.ts';
import { sampleReport } from '../unit/report/sampleReport.ts';

/** What the app answers, built from src/monitor as it stands. */
const page = await getMonitor(await buildMonitorPage())();

export const FUNCTION_KEY = 'k3y-canary_a==';

/** A request as the API saw it. */
interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly key: string | undefined;
}

/** The routes of the function app that the live page uses, answering from memory. Tests change `migrations` and `faults` as they go. */
export interface FakeApi {
  readonly url: string;
  readonly seen: SeenRequest[];
  readonly migrations: Map<string, MigrationStatus>;
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
  const faults: FakeApi['faults'] = new Map();
  const change = (id: string, changes: Partial<MigrationStatus>) => {
    const status = migrations.get(id);
    if (status !== undefined) migrations.set(id, { ...status, ...changes });
  };

  const answer = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const method = request.method ?? 'GET';
    const path = url.pathname;
    if (method === 'GET' && path === `/${prefix}/monitor`) {
      response.writeHead(200, page.headers as OutgoingHttpHeaders).end(page.body);
      return;
    }
    const key = request.headers['x-functions-key']?.toString();
    seen.push({ method, url: request.url ?? '', key });
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
      );
  };

  const route = (method: string, path: readonly string[], url: URL, response: ServerResponse): void => {
    const [, id, action] = path;
    const status = migrations.get(id ?? '');
    if (id === undefined) {
      send(response, 200, JSON.stringify({ migrations: [...migrations.values()] }));
    } else if (status === undefined) {
      const error = { kind: 'not-found', message: `No migration ${id}`, hint: 'List what there is' };
      send(response, 404, JSON.stringify({ error }));
    } else if (method === 'GET' && action === undefined) {
      send(response, 200, JSON.stringify(status));
    } else if (action === 'report') {
      sendReport(url.searchParams.get('format'), response);
    } else {
      if (action === 'suspend') change(id, { status: 'suspended' });
      if (action === 'resume') change(id, { status: 'running' });
      if (action === 'cancel') change(id, { status: 'cancelled' });
      send(response, 202, '{}');
    }
  };

  let server = createServer(answer);
  const port = await listen(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    migrations,
    faults,
    change,
    goOffline: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    goOnline: async () => {
      server = createServer(answer);
      await listen(server, port);
    },
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
