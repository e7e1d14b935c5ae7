import type { IncomingMessage, ServerResponse } from 'node:http';

/** The most that is kept of one request body in memory, as on Azure. */
const MAX_BUFFERED_BYTES = 100 * 1024 * 1024;

/**
 * Reads a request body whole; undefined if it is larger than {@link MAX_BUFFERED_BYTES}, whose rest stays unread. Rejects
 * when the client goes away.
 */
export function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer | undefined>();
  if (Number(request.headers['content-length'] ?? 0) > MAX_BUFFERED_BYTES) return Promise.resolve(undefined);
  const chunks: Buffer[] = [];
  let bytes = 0;
  request.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    chunks.push(chunk);
    if (bytes <= MAX_BUFFERED_BYTES) return;
    request.pause();
    chunks.length = 0;
    resolve(undefined);
  });
  request.on('end', () => resolve(Buffer.concat(chunks, bytes)));
  request.on('error', reject);
  return promise;
}

/** The headers of a request as one text each. */
export function headersOf(request: IncomingMessage): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** Answers with JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    ...headers,
  });
  response.end(text);
}

/** Answers without a body. */
export function sendEmpty(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-length': 0 });
  response.end();
}

/** Refuses a body that is too large, and the connection with it: what is still on its way must not be read. */
export function sendTooLarge(response: ServerResponse): void {
  response.writeHead(413, { 'content-length': 0, connection: 'close' });
  response.end();
}
