import { randomUUID } from 'node:crypto';
import {
  Agent,
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import type { Logger } from '../logger.ts';
import type { NamedData, TypedData } from '../worker/coreTypes.ts';
import type { InvocationRequest, Worker } from '../worker/worker.ts';
import { headersOf, sendEmpty } from './messages.ts';
import type { RouteMatch } from './routeTable.ts';

/** No connections are kept: one that the library has just closed would lose a request, and its function would wait for ever. */
const agent = new Agent({ keepAlive: false });

/** One request to a function of an app with `enableHttpStream`. */
export interface StreamedCall {
  /** The library's own server. */
  readonly streamUrl: URL;
  readonly route: RouteMatch;
  readonly url: URL;
  readonly clients: readonly NamedData[];
}

/**
 * Calls a function of an app that streams: the request itself goes to the library's server, marked with the invocation's
 * id, and its answer comes back from there, while the invocation runs. Neither body is kept in memory.
 */
export async function streamFunction(
  ports: { readonly worker: Worker; readonly log: Logger },
  call: StreamedCall,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const invocationId = randomUUID();
  const abort = new AbortController();
  let fallbackStatus = 500;
  const forwarding = forward(call, invocationId, abort.signal, request, response);
  void invoke(ports, call, invocationId, request).then((outcome) => {
    // Only a response object makes the library answer: without one the exchange has to be ended here.
    if (outcome === 'answered') return;
    fallbackStatus = outcome === 'nothing' ? 204 : 500;
    abort.abort();
  });
  await forwarding;
  if (!response.headersSent) sendEmpty(response, fallbackStatus);
  else if (!response.writableEnded) response.destroy();
}

async function invoke(
  ports: { readonly worker: Worker; readonly log: Logger },
  { route, clients }: StreamedCall,
  invocationId: string,
  request: IncomingMessage,
): Promise<'answered' | 'nothing' | 'failed'> {
  const triggerMetadata: Record<string, TypedData> = { Headers: { json: JSON.stringify(headersOf(request)) } };
  for (const [name, value] of Object.entries(route.parameters)) triggerMetadata[name] = { string: value };
  const inputData = [{ name: route.target.triggerName, data: { http: {} } }, ...clients];
  const invocation: InvocationRequest = { invocationId, inputData, triggerMetadata };
  try {
    const { result, toResponse } = await ports.worker.invoke(route.target, invocation);
    await toResponse();
    return result === undefined || result === null ? 'nothing' : 'answered';
  } catch (error) {
    ports.log.failure(route.target.name, error);
    return 'failed';
  }
}

/** Passes the request on and pipes the answer back. Never rejects: an abort or a lost client only ends the exchange. */
function forward(
  { streamUrl, url }: StreamedCall,
  invocationId: string,
  signal: AbortSignal,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (): void => {
    // A function need not read its body: what is left of it must not stand in the way of the connection's next request.
    request.unpipe(outgoing);
    request.resume();
    outgoing.destroy();
    resolve();
  };
  const outgoing = httpRequest({
    agent,
    host: streamUrl.hostname,
    port: streamUrl.port,
    method: request.method,
    path: `${url.pathname}${url.search}`,
    headers: {
      ...request.headers,
      // The library must not close it either: with an unread body on the way, its answer would be lost.
      connection: 'keep-alive',
      'x-ms-invocation-id': invocationId,
      'x-forwarded-host': url.host,
      'x-forwarded-proto': 'http',
    },
    signal,
  });
  outgoing.on('response', (answer) => {
    const headers = { ...answer.headers };
    for (const own of ['x-ms-invocation-id', 'connection', 'keep-alive', 'transfer-encoding']) delete headers[own];
    response.writeHead(answer.statusCode ?? 502, headers);
    // Server-sent events: the client must see the headers before the first event.
    response.flushHeaders();
    pipeline(answer, response).then(end, end);
  });
  outgoing.on('error', end);
  request.on('error', () => hangUp(outgoing));
  // A body that never comes must not keep the request from the function that waits for it.
  outgoing.flushHeaders();
  request.pipe(outgoing);
  response.on('close', () => {
    if (!response.writableFinished) hangUp(outgoing);
  });
  return promise;
}

/** Ends the exchange after its headers have gone out: a function whose request never reaches the library would wait for ever. */
function hangUp(outgoing: ClientRequest): void {
  const whenConnected = (socket: Socket): void => {
    if (socket.connecting) socket.once('connect', () => socket.destroySoon());
    else socket.destroySoon();
  };
  if (outgoing.socket === null) outgoing.once('socket', whenConnected);
  else whenConnected(outgoing.socket);
}
