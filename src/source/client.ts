import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { MigrationError } from '../errors.ts';
import { errorCode, sourceError, TOO_MANY_CONNECTIONS } from './errors.ts';

/** What the config room hands over for a PostgreSQL source: a `pg` configuration and a name without secrets. */
export interface SourceConnection {
  readonly config: pg.ClientConfig;
  /** `host:port/database`, safe to show. */
  readonly display: string;
  /** Schema asked for by the user, null: the first of the search path that holds MLflow's tables. */
  readonly schema: string | null;
}

/** Rendering of values as text must not depend on the server's defaults; row security must fail rather than hide rows. */
const SESSION_SETTINGS = [
  "set local timezone = 'UTC'",
  "set local datestyle = 'ISO'",
  "set local intervalstyle = 'postgres'",
  "set local bytea_output = 'hex'",
  'set local extra_float_digits = 3',
  'set local row_security = off',
  'set local statement_timeout = 0',
  'set local idle_in_transaction_session_timeout = 0',
  'set local jit = off',
  // From version 17 on, and an error before.
  "select set_config('transaction_timeout', '0', true) where current_setting('transaction_timeout', true) is not null",
].join('; ');

/** A server without a connection to spare, where this program holds none either, is asked again for so long. */
const CONNECT_PATIENCE_MS = 4_000;
const CONNECT_AGAIN_MS = 150;
/** So long after it refused a connection, the server is asked for more than it gave then. */
const REFUSAL_COUNTS_MS = 60_000;

/** A pool of connections to one source. Every use is one read-only transaction with one snapshot. */
export class SourceDatabase {
  readonly display: string;
  readonly schema: string | null;
  private readonly pool: pg.Pool;
  private readonly maxConnections: number;
  /** Connections that the server gives: fewer than the pool may have, once it refused one. */
  private granted: number;
  private refusedAt = Number.NEGATIVE_INFINITY;
  private inUse = 0;
  private readonly waiting: (() => void)[] = [];

  constructor(connection: SourceConnection, maxConnections: number) {
    this.display = connection.display;
    this.schema = connection.schema;
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

  /**
   * Runs `work` in a read-only, repeatable-read transaction. Throws a MigrationError for what the driver reports;
   * the connection is closed, not reused, when anything fails.
   */
  async read<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const client = await this.connect();
    let isClean = false;
    // A connection that breaks while nobody waits on it would otherwise end the process.
    const ignoreLate = () => undefined;
    client.on('error', ignoreLate);
    try {
      await client.query(`begin transaction isolation level repeatable read read only; ${SESSION_SETTINGS}`);
      const result = await work(client);
      await client.query('commit');
      isClean = true;
      return result;
    } catch (error) {
      throw error instanceof MigrationError ? error : sourceError(error, this.display);
    } finally {
      client.off('error', ignoreLate);
      client.release(!isClean);
      this.giveBack();
    }
  }

  /** A connection. Where the server has none to spare, one that this pool gives back. */
  private async connect(): Promise<pg.PoolClient> {
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

  async close(): Promise<void> {
    await this.pool.end();
  }
}
