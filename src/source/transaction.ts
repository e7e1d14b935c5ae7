import type pg from 'pg';
import { type SourceIdentity, showIdentity } from '../contract/sourceIdentity.ts';
import { MigrationError } from '../errors.ts';
import { isAnotherSchema, isElsewhere, schemaOidNow, whereAmI } from './readIdentity.ts';
import type { SourcePool } from './sourcePool.ts';

/**
 * Rendering of values as text must not depend on the server's defaults; row security must fail rather than hide rows; limits
 * that a role or database sets for ordinary sessions must not end a long read. All of it is `local`, so that it ends with the
 * transaction: behind a pooler the next one on this connection may be somebody else's.
 */
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
  // Ranges are read side by side already. Workers of their own each sort a part on disk and merge, for twice the time.
  'set local max_parallel_workers_per_gather = 0',
  "set local work_mem = '64MB'",
  'set local standard_conforming_strings = on',
  // Whatever the login's path says, no function or operator of another schema takes the place of the server's own.
  "select set_config('search_path', concat_ws(', ', 'pg_catalog', nullif(current_setting('search_path'), '')), true)",
  // From version 17 on, and an error before.
  "select set_config('transaction_timeout', '0', true) where current_setting('transaction_timeout', true) is not null",
  // A table that a session has for itself is not waited for without end: whoever reads it tries again, or tells who that is.
  "select set_config('lock_timeout', '60s', true) where current_setting('lock_timeout') = '0'",
].join('; ');

/** The source that a transaction must be on; without an identity any will do. */
export interface Expectation {
  readonly display: string;
  readonly identity: SourceIdentity | undefined;
  /** Position in the write-ahead log that a standby must have got to, null for none. */
  readonly notBefore: string | null;
  /** May the transaction write? Absent means no: the way back alone does. */
  readonly mayWrite?: true;
}

/** What the beginning of a transaction says of the server that it is on. */
interface Whereabouts {
  readonly pid: number;
  readonly system: string;
  readonly database: string;
  readonly schema: string | null;
  /** Is the server a standby that has not replayed the position that was expected? */
  readonly behind?: boolean;
}

// A connection that breaks while nobody waits on it would otherwise end the process.
function ignoreLate() {
  return undefined;
}

/**
 * A read-only transaction with one snapshot, on the source that was expected; for the way back one that writes. Whoever began it calls
 * {@link end}, however it went: what was not committed is undone then.
 *
 * Each transaction asks anew where it is, as nothing else can be relied on for that: an address may be led to another server,
 * by DNS or a pooler, between any two of them, and a schema may be renamed and another one get its name. What was read elsewhere would be compared with this run's documents, which would then be
 * replaced or deleted for it. It costs no round trip of its own: beginning, settings and question are one query.
 */
export class SourceTransaction {
  readonly client: pg.PoolClient;
  readonly #pool: SourcePool;
  readonly #expected: Expectation;
  #whereabouts: Whereabouts | null = null;
  /** Only a connection whose transaction ended well may be used again. */
  #isCommitted = false;

  private constructor(client: pg.PoolClient, pool: SourcePool, expected: Expectation) {
    this.client = client;
    this.#pool = pool;
    this.#expected = expected;
    client.on('error', ignoreLate);
  }

  /** Throws `config` on another source, `source-unreachable` on a standby that is behind, and what the driver throws. The signal ends waiting for a connection. */
  static async begin(pool: SourcePool, expected: Expectation, signal?: AbortSignal): Promise<SourceTransaction> {
    const transaction = new SourceTransaction(await pool.connect(signal), pool, expected);
    try {
      await transaction.#begin();
      return transaction;
    } catch (error) {
      transaction.end();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    const { identity, notBefore, display, mayWrite = false } = this.#expected;
    const where = identity === undefined ? 'select pg_backend_pid() as pid' : whereAmI(identity, notBefore);
    // Repeatable read: all statements see the snapshot of the first, so that rows and their children, or a clock and a
    // fingerprint, belong together. Whoever writes sees what it waited for: its locks hold the tables still.
    const begun = (await this.client.query(
      `begin transaction isolation level ${mayWrite ? 'read committed read write' : 'repeatable read read only'}; ${SESSION_SETTINGS}; ${where}`,
    )) as unknown as pg.QueryResult<Whereabouts>[];
    const found = begun.at(-1)?.rows[0] as Whereabouts;
    if (identity !== undefined && isElsewhere(identity, found)) throw anotherSource(display, identity, found);
    // Another host may have told of rows that this one has not got yet: to the comparison they would have vanished.
    if (found.behind === true) {
      const host = this.#pool.hostOf(this.client) ?? display;
      throw new MigrationError(
        'source-unreachable',
        `The standby at ${host} is behind what was read from another host`,
        { hint: 'It is waited for; target_session_attrs=primary in the source URI leads past standbys' },
      );
    }
    this.#whereabouts = found;
  }

  /** The number of the server's process that does the work. */
  get backend(): number {
    return (this.#whereabouts as Whereabouts).pid;
  }

  /** Commits, and makes sure that the schema's name still means the same one: it binds anew with each statement. Throws as {@link begin} does. */
  async commit(): Promise<void> {
    const { identity, display } = this.#expected;
    // Of an identity that an earlier release recorded the schema's oid is not known.
    if (identity?.schemaOid === undefined) {
      await this.client.query('commit');
    } else {
      const ended = (await this.client.query(
        // A transaction need not hear of what others rename while it lasts.
        `commit; select ${schemaOidNow(identity.schema)} as schema`,
      )) as unknown as pg.QueryResult<Pick<Whereabouts, 'schema'>>[];
      const schema = ended.at(-1)?.rows[0]?.schema ?? null;
      if (isAnotherSchema(identity, schema)) {
        throw anotherSource(display, identity, { ...(this.#whereabouts as Whereabouts), schema });
      }
    }
    this.#isCommitted = true;
  }

  /** Gives the connection back; it is closed, not reused, unless the transaction was committed: it may be in the middle of anything. */
  end(): void {
    if (this.#isCommitted) this.client.off('error', ignoreLate);
    this.#pool.release(this.client, this.#isCommitted);
  }
}

/**
 * Says what stands at the address now, as far as it is known. Without the right to ask for the system identifier a server is told
 * by when it was started, so that a restart looks like another server, and the message has to allow for both.
 */
function anotherSource(display: string, expected: SourceIdentity, found: Whereabouts): MigrationError {
  if (found.database === expected.databaseOid && isAnotherSchema(expected, found.schema)) {
    const now = found.schema === null ? 'is not there any more' : `is another one now (oid ${found.schema})`;
    return new MigrationError(
      'config',
      `The schema ${expected.schema} of the source at ${display} ${now}; the migration was planned for ${showIdentity(expected)}`,
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
    `The source at ${display} is another database now (oid ${found.database}${now}) than the migration was planned for: ${showIdentity(expected)}${restarted}`,
    {
      hint: 'Let the address lead to that database again and go on with --resume, or migrate the other one under another --name',
    },
  );
}
