import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Logger } from '../logger.ts';
import { sendEmpty } from './messages.ts';

/** Longer than clients keep idle connections, so that none is closed just as a request is sent on it. */
const KEEP_ALIVE_MS = 75_000;

/** Answers one request; a rejection becomes a 500. */
export type RequestHandler = (url: URL, request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** An HTTP server on loopback that knows which requests are under way. */
export class HostServer {
  readonly #server: Server;
  readonly #log: Logger;
  readonly #underWay = new Set<Promise<void>>();
  #handler: RequestHandler | undefined;
  #origin = '';

  constructor(log: Logger) {
    this.#log = log;
    this.#server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS, requestTimeout: 0 }, (request, response) => {
      const answering = this.#answer(request, response);
      this.#underWay.add(answering);
      void answering.finally(() => this.#underWay.delete(answering));
    });
  }

  /** Takes the port (0: any free one) and returns the origin. Until {@link serve} every request is answered with 503. */
  async listen(port: number): Promise<string> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(port, '127.0.0.1', resolve);
    await promise;
    this.#server.off('error', reject);
    this.#origin = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this.#origin;
  }

  serve(handler: RequestHandler): void {
    this.#handler = handler;
  }

  /** Takes no new connections or requests; resolves when the requests under way are answered. */
  async stop(): Promise<void> {
    this.#handler = undefined;
    this.#server.close();
    this.#server.closeIdleConnections();
    await Promise.allSettled(this.#underWay);
  }

  /** Cuts all connections. */
  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const url = this.#urlOf(request);
      if (url === undefined) sendEmpty(response, 400);
      else if (this.#handler === undefined) sendEmpty(response, 503);
      else await this.#handler(url, request, response);
    } catch (error) {
      // A client that went away while sending is no fault of the host.
      if (request.destroyed && !request.complete) return;
      this.#log.error(`Request failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      if (!response.headersSent) sendEmpty(response, 500);
      else response.destroy();
    }
  }

  /** The full URL as the client sees it; undefined for a request line or Host header that makes none. */
  #urlOf(request: IncomingMessage): URL | undefined {
    const path = request.url ?? '/';
    if (!path.startsWith('/')) return undefined;
    const origin = request.headers.host === undefined ? this.#origin : `http://${request.headers.host}`;
    return URL.parse(`${origin}${path}`) ?? undefined;
  }
}
