import { once } from 'node:events';
import { connect } from 'node:net';

/** What came back over a socket: the status, or null where the connection ended without an answer, and the body as it was sent. */
export interface RawAnswer {
  readonly status: number | null;
  readonly body: string;
}

/** A request line by line, for what no HTTP client sends: bodies that do not come, come in part, or are announced as something else. */
export interface RawRequest {
  /** Method and path, such as `POST /api/migrations`. */
  readonly line: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Pieces of the body, as they go over the wire. */
  readonly pieces: readonly (string | Buffer)[];
  /** Is the connection cut after the last piece? Otherwise it stays until the answer has come. */
  readonly isCut?: boolean;
  /** Is this all that should come? Default: one whole answer. */
  readonly isWhole?: (received: string) => boolean;
}

/**
 * Sends a request over a socket of its own and waits for the answer. The server is not asked to close the connection: one
 * that closes while it is being sent to resets it, and its answer is lost on the way.
 */
export async function sendRaw(url: string, request: RawRequest): Promise<RawAnswer> {
  const { isWhole = isOneAnswer } = request;
  const { hostname, port, host } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  let received = '';
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  socket.setEncoding('utf8').on('data', (text: string) => {
    received += text;
    if (isWhole(received)) socket.destroy();
  });
  // A server may answer and close while it is still being sent to: what came until then is the answer.
  socket.on('error', () => undefined).on('close', () => resolve());
  const headers = Object.entries({ host, ...request.headers });
  socket.write(`${request.line} HTTP/1.1\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`);
  for (const piece of request.pieces) {
    const { promise: drained, resolve: go } = Promise.withResolvers<void>();
    socket.write(piece, () => go());
    await Promise.race([drained, closed]);
  }
  if (request.isCut === true) socket.end();
  await closed;
  const [head, ...rest] = received.split('\r\n\r\n');
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head ?? '')?.[1];
  return { status: status === undefined ? null : Number(status), body: rest.join('\r\n\r\n') };
}

function isOneAnswer(received: string): boolean {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const length = /^content-length: (\d+)/im.exec(received.slice(0, end))?.[1];
  if (length === undefined) return received.endsWith('\r\n0\r\n\r\n');
  return Buffer.byteLength(received.slice(end + 4)) >= Number(length);
}

/** A text as pieces of a chunked body; `isEnded` false leaves the last, empty one out. */
export function chunked(content: string, pieceBytes: number, isEnded = true): string[] {
  const pieces: string[] = [];
  for (let at = 0; at < content.length; at += pieceBytes) {
    const piece = content.slice(at, at + pieceBytes);
    pieces.push(`${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`);
  }
  return isEnded ? [...pieces, '0\r\n\r\n'] : pieces;
}
