import type pg from 'pg';
import { type SourceIdentity, showIdentity } from '../contract/identity.ts';
import { MigrationError } from '../errors.ts';
import { sourceError } from './errors.ts';
import { isAnotherSchema, isElsewhere, schemaOidNow, whereAmI } from './identity.ts';
import type { SourceConnection } from './sourceConnection.ts';
import { SourcePool } from './sourcePool.ts';

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
  'set local standard_conforming_strings = on',
  // Whatever the login's path says, no function or operator of another schema takes the place of the server's own.
  "select set_config('search_path', concat_ws(', ', 'pg_catalog', nullif(current_setting('search_path'), '')), true)",
  // From version 17 on, and an error before.
  "select set_config('transaction_timeout', '0', true) where current_setting('transaction_timeout', true) is not null",
].join('; ');

/** What the beginning of a transaction says of the server that it is on. */
interface Whereabouts {
  readonly pid: number;
  readonly system: string;
  readonly database: string;
  readonly schema: string | null;
  readonly behind?: boolean;
}

/** A source over a pool of connections. Every use is one read-only transaction with one snapshot. */
export class SourceDatabase {
  readonly display: string;
  readonly schema: string | null;
  private readonly pool: SourcePool;
  private readonly signal: AbortSignal | undefined;
  private readonly expected: SourceIdentity | undefined;
  private readonly notBefore: string | null;

  constructor(
    connection: Pick<SourceConnection, 'display' | 'schema'>,
    pool: SourcePool,
    options: {
      readonly signal?: AbortSignal | undefined;
      readonly expected?: SourceIdentity | undefined;
      readonly notBefore?: string | null;
    } = {},
  ) {
    this.display = connection.display;
    this.schema = connection.schema;
    this.pool = pool;
    this.signal = options.signal;
    this.expected = options.expected;
    this.notBefore = options.notBefore ?? null;
  }

  /** A source with connections of its own. */
  static open(connection: SourceConnection, maxConnections: number): SourceDatabase {
    return new SourceDatabase(connection, new SourcePool(connection, maxConnections));
  }

  /** The same source over the same connections; its reads end, and so do their statements at the server, when the signal aborts. */
  until(signal: AbortSignal): SourceDatabase {
    return new SourceDatabase(this, this.pool, { signal, expected: this.expected, notBefore: this.notBefore });
  }

  /** Has the source several hosts, of which one may lag behind another? */
  get hasSeveralHosts(): boolean {
    return this.pool.hostCount > 1;
  }

  /**
   * The same source, of which every transaction makes sure that it is on the database of that identity, as an address may lead
   * elsewhere by now; otherwise reads throw `config`. With a position in the write-ahead log it also makes sure that a
   * standby has got so far, and throws `source-unreachable`, as it may get there.
   */
  expecting(expected: SourceIdentity, notBefore: string | null = null): SourceDatabase {
    return new SourceDatabase(this, this.pool, { signal: this.signal, expected, notBefore });
  }

  /** Are both over the same connections? */
  hasConnectionsOf(other: SourceDatabase): boolean {
    return this.pool === other.pool;
  }

  /**
   * Runs `work` in a read-only, repeatable-read transaction. Throws a MigrationError for what the driver reports, and the
   * reason of the signal once it aborts; the connection is closed, not reused, when anything fails.
   */
  async read<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const { signal } = this;
    if (signal === undefined) return await this.transact(work, () => undefined);
    signal.throwIfAborted();
    const { promise: aborted, reject } = Promise.withResolvers<never>();
    aborted.catch(() => undefined);
    let backend: number | null = null;
    const abort = () => {
      reject(signal.reason);
      if (backend !== null) void this.endStatement(backend);
    };
    signal.addEventListener('abort', abort, { once: true });
    const reading = this.transact(work, (pid) => {
      backend = pid;
      signal.throwIfAborted();
    });
    reading.catch(() => undefined);
    try {
      return await Promise.race([reading, aborted]);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  /** `onBackend` is told the number of the server's process once there is one, and may throw. */
  private async transact<T>(work: (client: pg.PoolClient) => Promise<T>, onBackend: (pid: number) => void): Promise<T> {
    const client = await this.pool.connect();
    let isClean = false;
    // A connection that breaks while nobody waits on it would otherwise end the process.
    const ignoreLate = () => undefined;
    client.on('error', ignoreLate);
    try {
      const where =
        this.expected === undefined ? 'select pg_backend_pid() as pid' : whereAmI(this.expected, this.notBefore);
      const begun = (await client.query(
        `begin transaction isolation level repeatable read read only; ${SESSION_SETTINGS}; ${where}`,
      )) as unknown as pg.QueryResult<Whereabouts>[];
      const found = begun.at(-1)?.rows[0] as Whereabouts;
      if (this.expected !== undefined && isElsewhere(this.expected, found)) {
        throw this.anotherSource(this.expected, found);
      }
      if (found.behind === true) {
        const host = this.pool.hostOf(client) ?? this.display;
        throw new MigrationError(
          'source-unreachable',
          `The standby at ${host} is behind what was read from another host`,
          {
            hint: 'It is waited for; target_session_attrs=primary in the source URI leads past standbys',
          },
        );
      }
      onBackend(found.pid);
      const result = await work(client);
      await this.commit(client, found);
      isClean = true;
      return result;
    } catch (error) {
      throw error instanceof MigrationError ? error : sourceError(error, this.display);
    } finally {
      client.off('error', ignoreLate);
      // Its process may be about to be told to stop: nobody else shall meet that.
      this.pool.release(client, isClean && this.signal?.aborted !== true);
    }
  }

  /** Ends a transaction, and makes sure that the schema's name still means the same one: it binds anew with each statement. */
  private async commit(client: pg.PoolClient, found: Whereabouts): Promise<void> {
    if (this.expected?.schemaOid === undefined) {
      await client.query('commit');
      return;
    }
    const ended = (await client.query(
      // A transaction need not hear of what others rename while it lasts.
      `commit; select ${schemaOidNow(this.expected.schema)} as schema`,
    )) as unknown as pg.QueryResult<Pick<Whereabouts, 'schema'>>[];
    const schema = ended.at(-1)?.rows[0]?.schema ?? null;
    if (isAnotherSchema(this.expected, schema)) throw this.anotherSource(this.expected, { ...found, schema });
  }

  private anotherSource(expected: SourceIdentity, found: Whereabouts): MigrationError {
    if (found.database === expected.databaseOid && isAnotherSchema(expected, found.schema)) {
      const now = found.schema === null ? 'is not there any more' : `is another one now (oid ${found.schema})`;
      return new MigrationError(
        'config',
        `The schema ${expected.schema} of the source at ${this.display} ${now}; the migration was planned for ${showIdentity(expected)}`,
        {
          hint: 'Let the name lead to that schema again and go on with --resume, or migrate the other one under another --name to another target',
        },
      );
    }
    const isSure = expected.systemFrom === 'control-file';
    const now = isSure ? ` of the server ${found.system}` : `, on a server started at ${found.system} UTC`;
    const restarted = isSure
      ? ''
      : '; or its server was started again, which cannot be told apart without the right to call pg_control_system()';
    return new MigrationError(
      'config',
      `The source at ${this.display} is another database now (oid ${found.database}${now}) than the migration was planned for: ${showIdentity(expected)}${restarted}`,
      {
        hint: 'Let the address lead to that database again and go on with --resume, or migrate the other one under another --name',
      },
    );
  }

  /** Asks the server to end what one of its processes does for this program; where it does not, the statement ends by itself. */
  private async endStatement(backend: number): Promise<void> {
    try {
      const client = await this.pool.connect();
      let isClean = false;
      try {
        await client.query('select pg_cancel_backend($1)', [backend]);
        isClean = true;
      } finally {
        this.pool.release(client, isClean);
      }
    } catch {
      // Nobody waits for the statement any more.
    }
  }

  async close(): Promise<void> {
    await this.pool.close();
  }
}
