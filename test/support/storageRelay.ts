import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A relay in front of blob storage that tells of each request before it is passed on. */
export interface StorageRelay extends AsyncDisposable {
  /** The connection string with the relay in place of the storage itself. */
  readonly connectionString: string;
}

/** Thrown by `onRequest`, the answer that storage would give, by Azure's name for it. */
export class StorageRefusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string) {
    super(code);
    this.status = status;
    this.code = code;
  }
}

/**
 * Starts a relay on 127.0.0.1. A request whose `onRequest` rejects, or that storage does not answer, loses its connection; with a
 * {@link StorageRefusal} it is answered by that.
 */
export async function startStorageRelay(
  connectionString: string,
  onRequest: (method: string, path: string) => Promise<void>,
): Promise<StorageRelay> {
  const endpoint = new URL(/BlobEndpoint=([^;]+)/.exec(connectionString)?.[1] ?? '');
  const server = createServer((incoming, answer) => {
    const { method = '', url: path = '', headers } = incoming;
    const lose = () => incoming.socket.destroy();
    const pass = () => {
      const outgoing = request({ host: endpoint.hostname, port: endpoint.port, method, path, headers }, (reply) => {
        answer.writeHead(reply.statusCode ?? 502, reply.headers);
        reply.on('error', lose);
        reply.pipe(answer);
      });
      outgoing.on('error', lose);
      incoming.pipe(outgoing);
    };
    onRequest(method, path).then(pass, (error: unknown) => {
      if (!(error instanceof StorageRefusal)) {
        lose();
        return;
      }
      incoming.resume();
      answer.writeHead(error.status, { 'x-ms-error-code': error.code, 'content-length': 0 }).end();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    connectionString: connectionString.replace(`:${endpoint.port}/`, `:${port}/`),
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
