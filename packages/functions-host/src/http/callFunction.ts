import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Logger } from '../logger.ts';
import type { HttpCookie, HttpData, InvocationResponse, NamedData, Nullable } from '../worker/coreTypes.ts';
import type { RegisteredFunction } from '../worker/functionRegistry.ts';
import type { Worker } from '../worker/worker.ts';
import { headersOf, readBody, sendEmpty, sendTooLarge } from './messages.ts';
import type { RouteMatch } from './routeTable.ts';
import { streamFunction } from './streamFunction.ts';

/** What calling an HTTP function needs of the host. */
export interface FunctionCallPorts {
  readonly worker: Worker;
  readonly log: Logger;
  /** The text of the durable client binding. */
  readonly durableClient: string;
}

/** Has a function answer a request: through the library's own server if the app streams, else with bodies in memory. */
export async function callFunction(
  ports: FunctionCallPorts,
  route: RouteMatch,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const clients = clientInputs(route.target, ports.durableClient);
  if (ports.worker.streamUrl !== undefined) {
    await streamFunction(ports, { streamUrl: ports.worker.streamUrl, route, url, clients }, request, response);
    return;
  }
  const body = await bodyOf(request);
  if (body === undefined) {
    sendTooLarge(response);
    return;
  }
  const http = toHttpData(route, url, request, body);
  try {
    const { toResponse } = await ports.worker.invoke(route.target, {
      inputData: [{ name: route.target.triggerName, data: { http } }, ...clients],
    });
    sendAnswer(request, response, findAnswer(route.target, await toResponse()));
  } catch (error) {
    ports.log.failure(route.target.name, error);
    sendEmpty(response, 500);
  }
}

/** As the Functions host does, a body without a length, or with that of zero, does not reach an app that does not stream. */
function bodyOf(request: IncomingMessage): Promise<Buffer | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > 0) return readBody(request);
  request.resume();
  return Promise.resolve(Buffer.alloc(0));
}

function clientInputs(target: RegisteredFunction, durableClient: string): NamedData[] {
  return Object.entries(target.metadata.bindings)
    .filter(([, binding]) => binding.direction === 'in' && binding.type?.toLowerCase() === 'durableclient')
    .map(([name]) => ({ name, data: { string: durableClient } }));
}

function toHttpData(route: RouteMatch, url: URL, request: IncomingMessage, body: Buffer): HttpData {
  const query: Record<string, Nullable<string>> = {};
  for (const key of new Set(url.searchParams.keys())) query[key] = { value: url.searchParams.getAll(key).join(',') };
  const hasBody = request.method !== 'GET' && request.method !== 'HEAD' && body.length > 0;
  return {
    method: request.method ?? 'GET',
    url: url.href,
    nullableHeaders: nullable(headersOf(request)),
    nullableParams: nullable(route.parameters),
    nullableQuery: query,
    ...(hasBody ? { body: { bytes: body } } : {}),
  };
}

function nullable(values: Readonly<Record<string, string>>): Record<string, Nullable<string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, { value }]));
}

/** The HTTP answer stands in the return value, or in a named output binding of type `http`. */
function findAnswer(target: RegisteredFunction, response: InvocationResponse): HttpData | undefined {
  if (response.returnValue?.http !== undefined) return response.returnValue.http;
  const outputs = response.outputData ?? [];
  return outputs.find(({ name, data }) => target.metadata.bindings[name]?.type === 'http' && data?.http)?.data?.http;
}

const HOP_BY_HOP: ReadonlySet<string> = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length']);

function sendAnswer(request: IncomingMessage, response: ServerResponse, answer: HttpData | undefined): void {
  if (answer === undefined) {
    sendEmpty(response, 204);
    return;
  }
  const status = Number(answer.statusCode ?? 200);
  const body = Buffer.from(answer.body?.bytes ?? answer.body?.string ?? '');
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    if (!HOP_BY_HOP.has(name.toLowerCase())) response.setHeader(name, value);
  }
  if ((answer.cookies?.length ?? 0) > 0) response.setHeader('set-cookie', (answer.cookies ?? []).map(cookieText));
  const mayHaveBody = status >= 200 && status !== 204 && status !== 304;
  // As the Functions host answers, whatever the length.
  if (mayHaveBody) response.setHeader('transfer-encoding', 'chunked');
  response.writeHead(status);
  response.end(mayHaveBody && request.method !== 'HEAD' ? body : undefined);
}

function cookieText(cookie: HttpCookie): string {
  const parts = [`${cookie.name}=${encodeURIComponent(cookie.value)}`];
  if (cookie.maxAge?.value !== undefined) parts.push(`Max-Age=${cookie.maxAge.value}`);
  if (cookie.domain?.value !== undefined) parts.push(`Domain=${cookie.domain.value}`);
  if (cookie.path?.value !== undefined) parts.push(`Path=${cookie.path.value}`);
  if (cookie.expires?.value !== undefined) {
    parts.push(`Expires=${new Date(cookie.expires.value.seconds * 1000).toUTCString()}`);
  }
  if (cookie.secure?.value === true) parts.push('Secure');
  if (cookie.httpOnly?.value === true) parts.push('HttpOnly');
  const sameSite = { lax: 'Lax', strict: 'Strict', explicitNone: 'None' }[cookie.sameSite ?? ''];
  if (sameSite !== undefined) parts.push(`SameSite=${sameSite}`);
  return parts.join('; ');
}
