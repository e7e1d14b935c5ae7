import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Engine } from './engine/engine.ts';
import { Orchestrations } from './engine/orchestrations.ts';
import { readHostFile } from './hostFile.ts';
import { callFunction } from './http/callFunction.ts';
import { type ClientAddress, durableClientInput } from './http/clientUrls.ts';
import { HostServer } from './http/hostServer.ts';
import { type HostKeys, mayCallFunction, mayManage } from './http/keys.ts';
import { ManagementApi, managementPath } from './http/managementApi.ts';
import { sendEmpty, sendJson } from './http/messages.ts';
import { RouteTable } from './http/routeTable.ts';
import type { Logger } from './logger.ts';
import { type FileLock, lockStateFile } from './store/lockFile.ts';
import { hasState, openDatabase } from './store/schema.ts';
import { Store } from './store/store.ts';
import { WriteHealth } from './store/writeHealth.ts';
import { Worker } from './worker/worker.ts';

/** What a host is started with. */
export interface HostOptions {
  readonly appDirectory: string;
  readonly stateFile: string;
  /** 0: any free one. */
  readonly port: number;
  /** False: show what is stored, run nothing and lock nothing. */
  readonly isActive: boolean;
  readonly keys: HostKeys;
  readonly log: Logger;
  /** Called when the disk has taken no state for a minute; the host does nothing useful from then on. */
  readonly onStateLost: (reason: string) => void;
}

/** A host that serves requests. */
export interface Host {
  readonly url: string;
  /** The HTTP functions, as {@link RouteTable.describe} gives them. */
  readonly routes: readonly string[];
  /** Takes no new work, lets what runs end, closes everything. After `limitMs` it waits no longer: what still runs will be run again at the next start. */
  stop(limitMs: number): Promise<void>;
}

/** What calls functions here; those with another trigger are loaded and never called. */
const TRIGGERS: ReadonlySet<string> = new Set(['httptrigger', 'orchestrationtrigger', 'activitytrigger']);

/** The Functions host answers with the status alone; here whoever tries it out is told what is missing. */
const NO_KEY = {
  error: {
    kind: 'unauthorized',
    message: 'This route takes a function key, and the one of this request is missing or wrong',
    hint: 'Send it as the header x-functions-key',
  },
};

/** How long running functions may take before the appTerminate hooks run: ten seconds on the Functions host, less where there is less time. */
const LONGEST_DRAIN_MS = 10_000;
const DRAIN_SHARE = 2 / 3;

/** Starts a host in this process. Only one per process: the app's libraries keep what they learn about their host. */
export async function startHost(options: HostOptions): Promise<Host> {
  const { appDirectory, stateFile, isActive, keys, log } = options;
  const file = readHostFile(appDirectory, process.env);
  if (isActive) mkdirSync(dirname(stateFile), { recursive: true });
  const lock = isActive ? await lockStateFile(stateFile) : undefined;
  const health = new WriteHealth(options.onStateLost);
  const store = new Store(openState(stateFile, isActive), (error) => health.note(error));
  const publicServer = new HostServer(log);
  const rpcServer = new HostServer(log);

  const url = await publicServer.listen(options.port);
  const rpcUrl = await rpcServer.listen(0);
  // The durable client takes this as a sign to leave the host's URLs as they are.
  process.env['WEBSITE_HOSTNAME'] = `localhost:${new URL(url).port}`;
  const worker = new Worker(log);
  await worker.load(appDirectory);

  const engine = new Engine({ store, worker, log }, file);
  const orchestrations = new Orchestrations(store, engine);
  // The client's own entrance asks for no key; a path that cannot be guessed keeps other local programs out.
  const rpcPath = `/${randomBytes(18).toString('base64url')}/durabletask/`;
  const rpcBaseUrl = `${rpcUrl}${rpcPath}`;
  const address: ClientAddress = { origin: url, systemKey: keys.system, rpcBaseUrl, taskHub: file.taskHub };
  const management = new ManagementApi({ store, orchestrations }, address, isActive);
  const routes = new RouteTable(worker.registry.all(), file.routePrefix);
  for (const { name, trigger, triggerType } of worker.registry.all()) {
    if (!TRIGGERS.has(triggerType)) log.warn(`Function ${name} will not be called: this host has no ${trigger.type}`);
  }
  const durableClient = durableClientInput(address);
  worker.durableClient = durableClient;
  const ports = { worker, log, durableClient };

  rpcServer.serve(async ({ pathname, searchParams: query }, request, response) => {
    if (!pathname.startsWith(rpcPath)) sendEmpty(response, 404);
    else await management.handle(pathname.slice(rpcPath.length), { request, response, query, origin: url });
  });
  publicServer.serve(async (requestUrl, request, response) => {
    const { pathname, searchParams: query, origin } = requestUrl;
    const path = managementPath(pathname);
    if (path !== undefined) {
      if (mayManage(keys, request, query)) await management.handle(path, { request, response, query, origin });
      else sendEmpty(response, 401);
      return;
    }
    const route = routes.match(request.method ?? 'GET', pathname);
    if (route === undefined) sendEmpty(response, pathname === '/' ? 200 : 404);
    else if (!mayCallFunction(keys, route.authLevel, request, query)) sendJson(response, 401, NO_KEY);
    else await callFunction(ports, route, requestUrl, request, response);
  });
  if (isActive) engine.start();
  const parts = { publicServer, rpcServer, engine, worker, store, lock, log };
  return { url, routes: routes.describe(), stop: (limitMs) => stopHost(parts, limitMs) };
}

function openState(stateFile: string, isActive: boolean): ReturnType<typeof openDatabase> {
  if (isActive) return openDatabase(stateFile, false);
  // Nothing has run yet: an empty store says so.
  if (!existsSync(stateFile) || !hasState(stateFile)) return openDatabase(':memory:', false);
  return openDatabase(stateFile, true);
}

interface HostParts {
  readonly publicServer: HostServer;
  readonly rpcServer: HostServer;
  readonly engine: Engine;
  readonly worker: Worker;
  readonly store: Store;
  readonly lock: FileLock | undefined;
  readonly log: Logger;
}

/**
 * The order of the Functions host: no new work; time for what runs to end by itself; then the worker's terminate message,
 * which runs the appTerminate hooks while the rest still runs; then the end, whatever runs.
 */
async function stopHost(parts: HostParts, limitMs: number): Promise<void> {
  const { publicServer, rpcServer, engine, worker, store, lock, log } = parts;
  const abort = new AbortController();
  const after = (ms: number): Promise<'time-up'> =>
    delay(ms, 'time-up' as const, { signal: abort.signal }).catch(() => 'time-up' as const);
  const timeUp = after(limitMs);
  const drained = after(Math.min(limitMs * DRAIN_SHARE, LONGEST_DRAIN_MS));
  // Running functions may still call the durable client: its entrance closes last.
  const ended = Promise.all([publicServer.stop(), engine.stop()]).then(() => 'ended' as const);
  await Promise.race([ended, drained]);
  const terminated = worker.terminate();
  if ((await Promise.race([ended, timeUp])) === 'time-up') {
    log.warn('Functions still run after the time for shutting down: they will run again at the next start');
  }
  await Promise.race([terminated, timeUp]);
  abort.abort();
  rpcServer.close();
  publicServer.close();
  store.close();
  lock?.release();
}
