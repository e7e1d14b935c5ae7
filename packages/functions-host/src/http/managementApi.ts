import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { OrchestrationRefusal, type Orchestrations, type Refusal } from '../engine/orchestrations.ts';
import { outputValue, statusObject } from '../engine/statusView.ts';
import { type InstanceFilter, type InstanceRow, isFinished } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { wellFormedJson } from '../worker/typedData.ts';
import { type ClientAddress, MANAGEMENT_PATH, managementUrls } from './clientUrls.ts';
import { readBody, sendEmpty, sendJson, sendTooLarge } from './messages.ts';

const LIST_SIZE = 100;
const LARGEST_LIST = 1000;
const STATUSES: ReadonlySet<string> = new Set([
  'Pending',
  'Running',
  'Suspended',
  'Completed',
  'Failed',
  'Terminated',
  'Canceled',
  'ContinuedAsNew',
]);
const TOKEN_HEADER = 'x-ms-continuation-token';

/** The extension's own codes. */
const STATUS_OF: Readonly<Record<Refusal, number>> = {
  'not-found': 404,
  finished: 410,
  exists: 409,
  unfinished: 412,
  'wrong-state': 500,
  'bad-request': 400,
};

/** One request to the management API; `origin` is the address under which the answer's URLs are given. */
interface ManagementRequest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly origin: string;
}

/** The durable management API: start, status, list, events, life cycle, purge. Paths are relative to its base, keys checked before. */
export class ManagementApi {
  readonly #store: Store;
  readonly #orchestrations: Orchestrations;
  readonly #address: ClientAddress;
  /** False: the host only shows what is stored, and refuses everything else with 503. */
  readonly #isActive: boolean;

  constructor(ports: { store: Store; orchestrations: Orchestrations }, address: ClientAddress, isActive: boolean) {
    this.#store = ports.store;
    this.#orchestrations = ports.orchestrations;
    this.#address = address;
    this.#isActive = isActive;
  }

  /** Answers a request; `path` is what follows the base, without leading slash, still encoded. */
  async handle(path: string, exchange: ManagementRequest): Promise<void> {
    try {
      const [room, id, verb, detail, ...rest] = path
        .split('/')
        .filter((part) => part !== '')
        .map(decodeURIComponent);
      const method = exchange.request.method ?? 'GET';
      if (method !== 'GET' && !this.#isActive) {
        sendJson(exchange.response, 503, { Message: 'This host only shows state: it runs no orchestrations' });
      } else if (rest.length > 0 || id?.includes('/') || verb?.includes('/')) sendEmpty(exchange.response, 404);
      else if (room === 'orchestrators' && method === 'POST' && id !== undefined && detail === undefined) {
        await this.#start(exchange, id, verb);
      } else if (room === 'instances') await this.#instances(exchange, method, id, verb, detail);
      else sendEmpty(exchange.response, 404);
    } catch (error) {
      if (error instanceof OrchestrationRefusal) {
        sendJson(exchange.response, STATUS_OF[error.refusal], { Message: error.message });
      } else if (error instanceof URIError) sendEmpty(exchange.response, 400);
      else throw error;
    }
  }

  async #instances(
    exchange: ManagementRequest,
    method: string,
    id: string | undefined,
    verb: string | undefined,
    detail: string | undefined,
  ): Promise<void> {
    const { query, response } = exchange;
    if (method === 'GET' && verb === undefined) {
      if (id === undefined) this.#list(exchange);
      else this.#status(exchange, id);
    } else if (method === 'DELETE' && verb === undefined) {
      if (id === undefined) this.#purgeAll(exchange);
      else {
        this.#orchestrations.purge(id);
        sendJson(response, 200, { instancesDeleted: 1 });
      }
    } else if (method === 'POST' && id !== undefined && verb !== undefined) {
      if (verb.toLowerCase() === 'raiseevent' && detail !== undefined) await this.#raiseEvent(exchange, id, detail);
      else if (detail === undefined) this.#changeLife(exchange, id, verb.toLowerCase(), query.get('reason'));
      else sendEmpty(response, 404);
    } else sendEmpty(response, 404);
  }

  #changeLife({ response, query, origin }: ManagementRequest, id: string, verb: string, reason: string | null): void {
    switch (verb) {
      case 'terminate':
      case 'suspend':
      case 'resume':
        this.#orchestrations[verb](id, reason);
        sendEmpty(response, 202);
        break;
      case 'restart': {
        const withNewId = query.get('restartWithNewInstanceId')?.toLowerCase() !== 'false';
        this.#sendStarted(response, origin, this.#orchestrations.restart(id, withNewId));
        break;
      }
      case 'rewind':
        this.#orchestrations.refuseRewind(id);
        sendJson(response, 501, { Message: 'Rewind is not supported by this host' });
        break;
      default:
        sendEmpty(response, 404);
    }
  }

  async #start(exchange: ManagementRequest, name: string, instanceId: string | undefined): Promise<void> {
    const input = await readJsonText(exchange);
    if (input === undefined) return;
    const { query, response, origin } = exchange;
    const id = this.#orchestrations.start({ name, instanceId, version: query.get('version') ?? undefined, input });
    const timeoutMs = Number(query.get('timeout') ?? 0) * 1000;
    if (!(timeoutMs > 0)) {
      this.#sendStarted(response, origin, id);
      return;
    }
    const pollMs = Math.max(Number(query.get('pollingInterval') ?? 1) * 1000 || 1000, 10);
    const end = performance.now() + timeoutMs;
    for (;;) {
      const instance = this.#store.instance(id);
      if (instance?.status === 'Completed') return sendJson(response, 200, outputValue(instance));
      if (instance !== undefined && isFinished(instance.status)) {
        return sendJson(
          response,
          200,
          statusObject(instance, { showInput: true, history: undefined, showHistoryOutput: false }),
        );
      }
      const leftMs = end - performance.now();
      if (leftMs <= 0 || response.destroyed) return this.#sendStarted(response, origin, id);
      await delay(Math.min(pollMs, leftMs));
    }
  }

  #sendStarted(response: ServerResponse, origin: string, id: string): void {
    // As in the extension: the app's own client is given the address for a rewind, the answer to a start is not.
    const { rewindPostUri: _, ...urls } = managementUrls(this.#address, origin, id);
    sendJson(response, 202, urls, { location: urls['statusQueryGetUri'] ?? '', 'retry-after': '10' });
  }

  #status({ query, response, origin }: ManagementRequest, id: string): void {
    const instance = this.#store.instance(id);
    if (instance === undefined) {
      sendJson(response, 404, { Message: `There is no orchestration '${id}'` });
      return;
    }
    const body = statusObject(instance, {
      showInput: query.get('showInput')?.toLowerCase() !== 'false',
      history: isTrue(query, 'showHistory') ? this.#store.history(id) : undefined,
      showHistoryOutput: isTrue(query, 'showHistoryOutput'),
    });
    if (isFinished(instance.status)) {
      const isError = instance.status === 'Failed' && isTrue(query, 'returnInternalServerErrorOnFailure');
      sendJson(response, isError ? 500 : 200, body);
    } else {
      const location = managementUrls(this.#address, origin, id)['statusQueryGetUri'] ?? '';
      sendJson(response, 202, body, { location, 'retry-after': '5' });
    }
  }

  #list({ request, query, response }: ManagementRequest): void {
    const filter = readFilter(query);
    const top = readTop(query);
    const token = request.headers[TOKEN_HEADER]?.toString() ?? '';
    const after = Buffer.from(token, 'base64url').toString();
    const found = this.#store.listInstances(filter, after, top + 1);
    const page = found.slice(0, top);
    const hasMore = found.length > top;
    const showInput = query.get('showInput')?.toLowerCase() !== 'false';
    const show = (instance: InstanceRow): unknown =>
      statusObject(instance, { showInput, history: undefined, showHistoryOutput: false });
    // An empty page leads nowhere else: its token begins with a character that no id has.
    const next = hasMore ? Buffer.from(page.at(-1)?.id ?? '\0').toString('base64url') : '';
    sendJson(response, 200, page.map(show), { [TOKEN_HEADER]: next });
  }

  #purgeAll({ query, response }: ManagementRequest): void {
    const filter = readFilter(query);
    if (filter.createdFrom === undefined) {
      throw new OrchestrationRefusal('bad-request', 'createdTimeFrom is missing');
    }
    const instancesDeleted = this.#orchestrations.purgeAll(filter);
    if (instancesDeleted === 0) sendEmpty(response, 404);
    else sendJson(response, 200, { instancesDeleted });
  }

  async #raiseEvent(exchange: ManagementRequest, id: string, eventName: string): Promise<void> {
    const type = exchange.request.headers['content-type'] ?? '';
    if (!/^application\/json\b/i.test(type)) {
      throw new OrchestrationRefusal('bad-request', 'Only application/json request content is supported');
    }
    const input = await readJsonText(exchange);
    if (input === undefined) return;
    if (input === null) throw new OrchestrationRefusal('bad-request', 'An event needs a body, if only null');
    this.#orchestrations.raiseEvent(id, eventName, wellFormedJson(input));
    sendEmpty(exchange.response, 202);
  }
}

/** The JSON text of a body, null for none; undefined when the answer (413) has been given already. */
async function readJsonText({ request, response }: ManagementRequest): Promise<string | null | undefined> {
  const body = await readBody(request);
  if (body === undefined) {
    sendTooLarge(response);
    return undefined;
  }
  if (body.length === 0) return null;
  try {
    return minified(body.toString('utf8'));
  } catch {
    throw new OrchestrationRefusal('bad-request', 'The body is not JSON');
  }
}

/** JSON text as a value that JSON.stringify writes as it is: ES2026, which the compiler's library does not know yet. */
const { rawJSON: rawJson } = JSON as unknown as { rawJSON(text: string): unknown };

/** JSON in one line; numbers keep the digits in which they were sent. Throws a SyntaxError. */
function minified(text: string): string {
  const keepDigits = (_: string, value: unknown, { source }: { source?: string } = {}): unknown =>
    typeof value === 'number' && source !== undefined ? rawJson(source) : value;
  return JSON.stringify(JSON.parse(text, keepDigits));
}

/** As in the extension, what cannot be read narrows nothing. */
function readFilter(query: URLSearchParams): InstanceFilter {
  const createdFrom = readTime(query, 'createdTimeFrom');
  const createdTo = readTime(query, 'createdTimeTo');
  const statuses = (query.get('runtimeStatus') ?? '').split(',').filter((status) => STATUSES.has(status));
  const idPrefix = query.get('instanceIdPrefix');
  return {
    ...(createdFrom === undefined ? {} : { createdFrom }),
    ...(createdTo === undefined ? {} : { createdTo }),
    ...(statuses.length === 0 ? {} : { statuses }),
    ...(idPrefix === null || idPrefix === '' ? {} : { idPrefix }),
  };
}

function readTime(query: URLSearchParams, name: string): number | undefined {
  const time = Date.parse(query.get(name) ?? '');
  return Number.isNaN(time) ? undefined : time;
}

function readTop(query: URLSearchParams): number {
  const text = query.get('top') ?? '';
  return /^\d+$/.test(text) ? Math.min(Number(text), LARGEST_LIST) : LIST_SIZE;
}

function isTrue(query: URLSearchParams, name: string): boolean {
  return query.get(name)?.toLowerCase() === 'true';
}

/** What follows the base of the management API in a path, or undefined if the path lies elsewhere. */
export function managementPath(path: string): string | undefined {
  const isInside = path.toLowerCase().startsWith(`${MANAGEMENT_PATH}/`);
  return isInside ? path.slice(MANAGEMENT_PATH.length + 1) : undefined;
}
