import pg from 'pg';
import { MigrationError } from '../errors.ts';
import { sourceError } from './errors.ts';

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
].join('; ');

/** A pool of connections to one source. Every use is one read-only transaction with one snapshot. */
export class SourceDatabase {
  readonly display: string;
  readonly schema: string | null;
  private readonly pool: pg.Pool;

  constructor(connection: SourceConnection, maxConnections: number) {
    this.display = connection.display;
    this.schema = connection.schema;
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
    let client: pg.PoolClient;
    try {
      client = await this.pool.connect();
    } catch (error) {
      throw sourceError(error, this.display);
    }
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
    }
  }

  async close(): Promise<void> {
    await this.pool.end();
  }
}
