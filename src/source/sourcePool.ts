import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import type { SourceConnection } from './client.ts';
import { errorCode, sourceError, TOO_MANY_CONNECTIONS } from './errors.ts';

/** A server without a connection to spare, where this program holds none either, is asked again for so long. */
const CONNECT_PATIENCE_MS = 4_000;
const CONNECT_AGAIN_MS = 150;
/** So long after it refused a connection, the server is asked for more than it gave then. */
const REFUSAL_COUNTS_MS = 60_000;

/** Connections to one source, shared in order of arrival where the server gives fewer than the pool may have. */
export class SourcePool {
  private readonly display: string;
  private readonly pool: pg.Pool;
  private readonly maxConnections: number;
  /** Connections that the server gives: fewer than the pool may have, once it refused one. */
  private granted: number;
  private refusedAt = Number.NEGATIVE_INFINITY;
  private inUse = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(connection: SourceConnection, maxConnections: number) {
    this.display = connection.display;
    this.maxConnections = maxConnections;
    this.granted = maxConnections;
    this.pool = new pg.Pool({
      ...connection.config,
      max: maxConnections,
      idleTimeoutMillis: 30_000,
      keepAlive: true,
      application_name: 'mlflow-migrate',
      allowExitOnIdle: true,
    });
    // An idle connection that the server closes is not an error: the next use opens another.
    this.pool.on('error', () => undefined);
  }

  /** A connection. Where the server has none to spare, one that this pool gives back. */
  async connect(): Promise<pg.PoolClient> {
    const begun = performance.now();
    for (;;) {
      await this.takeTurn();
      try {
        return await this.pool.connect();
      } catch (error) {
        this.giveBack();
        if (errorCode(error) !== TOO_MANY_CONNECTIONS) throw sourceError(error, this.display);
        if (this.inUse === 0 && performance.now() - begun > CONNECT_PATIENCE_MS) throw sourceError(error, this.display);
        this.granted = Math.max(1, this.inUse);
        this.refusedAt = performance.now();
        await sleep(CONNECT_AGAIN_MS * (0.5 + Math.random()));
      }
    }
  }

  /** Takes a connection back; one that is not clean is closed. */
  release(client: pg.PoolClient, isClean: boolean): void {
    client.release(!isClean);
    this.giveBack();
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  /** Waits, in order of arrival, until fewer connections are in use than the server gives. */
  private async takeTurn(): Promise<void> {
    if (performance.now() - this.refusedAt > REFUSAL_COUNTS_MS) this.granted = this.maxConnections;
    while (this.inUse >= this.granted) await new Promise<void>((resolve) => this.waiting.push(resolve));
    this.inUse++;
  }

  private giveBack(): void {
    this.inUse--;
    this.waiting.shift()?.();
  }
}
