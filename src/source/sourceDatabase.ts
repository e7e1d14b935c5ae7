import type pg from 'pg';
import type { SourceIdentity } from '../contract/sourceIdentity.ts';
import { MigrationError } from '../errors.ts';
import { untilAborted } from '../untilAborted.ts';
import { lockHolders } from './lockHolders.ts';
import type { SourceConnection } from './sourceConnection.ts';
import { isLocked, sourceError } from './sourceError.ts';
import { SourcePool } from './sourcePool.ts';
import { SourceTransaction } from './transaction.ts';

/** A source over a pool of connections. Every use is one read-only transaction with one snapshot, but for {@link SourceDatabase.write}. */
export class SourceDatabase {
  readonly display: string;
  readonly schema: string | null;
  readonly #pool: SourcePool;
  readonly #signal: AbortSignal | undefined;
  readonly #expected: SourceIdentity | undefined;
  readonly #notBefore: string | null;

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
    this.#pool = pool;
    this.#signal = options.signal;
    this.#expected = options.expected;
    this.#notBefore = options.notBefore ?? null;
  }

  /** A source with connections of its own. */
  static open(connection: SourceConnection, maxConnections: number): SourceDatabase {
    return new SourceDatabase(connection, new SourcePool(connection, maxConnections));
  }

  /** The same source over the same connections; its reads end, and so do their statements at the server, when the signal aborts. */
  until(signal: AbortSignal): SourceDatabase {
    return new SourceDatabase(this, this.#pool, { signal, expected: this.#expected, notBefore: this.#notBefore });
  }

  /** Has the source several hosts, of which one may lag behind another? */
  get hasSeveralHosts(): boolean {
    return this.#pool.hostCount > 1;
  }

  /**
   * The same source, of which every transaction makes sure that it is on the database of that identity, as an address may lead
   * elsewhere by now; otherwise reads throw `config`. With a position in the write-ahead log it also makes sure that a
   * standby has got so far, and throws `source-unreachable`, as it may get there.
   */
  expecting(expected: SourceIdentity, notBefore: string | null = null): SourceDatabase {
    return new SourceDatabase(this, this.#pool, { signal: this.#signal, expected, notBefore });
  }

  /** Are both over the same connections? */
  hasConnectionsOf(other: SourceDatabase): boolean {
    return this.#pool === other.#pool;
  }

  /**
   * Runs `work` in a read-only, repeatable-read transaction. Throws a MigrationError for what the driver reports, and the
   * reason of the signal once it aborts; the connection is closed, not reused, when anything fails.
   */
  async read<T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
    const transaction = await this.#begin();
    try {
      const result = await untilAborted(work(transaction.client), this.#signal);
      await untilAborted(transaction.commit(), this.#signal);
      return result;
    } catch (error) {
      throw await this.#failureIn(transaction, error);
    } finally {
      transaction.end();
    }
  }

  /**
   * Runs `work` in a transaction that may write, which nothing but the way back does; all of it is kept, or nothing where `work` says
   * so, throws, or its process dies. Throws as {@link read} does.
   */
  async write<T>(
    work: (client: pg.PoolClient) => Promise<{ readonly result: T; readonly isKept: boolean }>,
  ): Promise<T> {
    const transaction = await this.#begin(true);
    try {
      const { result, isKept } = await untilAborted(work(transaction.client), this.#signal);
      if (isKept) await untilAborted(transaction.commit(), this.#signal);
      return result;
    } catch (error) {
      throw await this.#failureIn(transaction, error);
    } finally {
      transaction.end();
    }
  }

  /**
   * Yields what `rows` yields, in a transaction as that of {@link read}, which ends with the last of it, or when the reader
   * stops before. Nothing is read while the reader is busy with what it has got.
   */
  async *stream<T>(rows: (client: pg.PoolClient) => AsyncGenerator<T, void>): AsyncGenerator<T, void> {
    const transaction = await this.#begin();
    try {
      const reading = rows(transaction.client);
      for (;;) {
        const next = await untilAborted(reading.next(), this.#signal);
        if (next.done === true) break;
        yield next.value;
      }
      await untilAborted(transaction.commit(), this.#signal);
    } catch (error) {
      throw await this.#failureIn(transaction, error);
    } finally {
      transaction.end();
    }
  }

  async #begin(mayWrite = false): Promise<SourceTransaction> {
    this.#signal?.throwIfAborted();
    const expected = {
      display: this.display,
      identity: this.#expected,
      notBefore: this.#notBefore,
      ...(mayWrite ? { mayWrite: true as const } : {}),
    };
    const beginning = SourceTransaction.begin(this.#pool, expected, this.#signal);
    try {
      return await untilAborted(beginning, this.#signal);
    } catch (error) {
      // One that begins after nobody waits for it any more is ended at once.
      beginning.then(
        (late) => late.end(),
        () => undefined,
      );
      throw this.#failure(error);
    }
  }

  /** What is thrown for an error. A statement that nobody waits for any more is ended at the server. */
  #failure(error: unknown, transaction?: SourceTransaction): unknown {
    if (this.#signal?.aborted !== true) return sourceError(error, this.display);
    if (transaction !== undefined) void this.#endStatement(transaction.backend);
    return this.#signal.reason;
  }

  /** As {@link #failure}; of a table that is locked also by whom, as long as the server answers. */
  async #failureIn(transaction: SourceTransaction, error: unknown): Promise<unknown> {
    const failure = this.#failure(error, transaction);
    if (!isLocked(error) || !(failure instanceof MigrationError) || this.#signal?.aborted === true) return failure;
    const holders = await untilAborted(lockHolders(transaction.client), this.#signal).catch(() => '');
    if (holders === '') return failure;
    const { kind, message, hint } = failure;
    return new MigrationError(kind, `${message}: ${holders}`, { hint, cause: error });
  }

  /** Asks the server to end what one of its processes does for this program; where it does not, the statement ends by itself. */
  async #endStatement(backend: number): Promise<void> {
    try {
      const client = await this.#pool.connect();
      let isClean = false;
      try {
        await client.query('select pg_cancel_backend($1)', [backend]);
        isClean = true;
      } finally {
        this.#pool.release(client, isClean);
      }
    } catch {
      // Nobody waits for the statement any more.
    }
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }
}
