import {
  type Db,
  type DbOptions,
  type Document,
  MongoClient,
  type MongoClientOptions,
  ReadConcern,
  ReadPreference,
} from 'mongodb';
import { type DocumentBatch, documentAt, keyElements } from '../encoding/documentBatch.ts';
import { MigrationError } from '../errors.ts';
import { clientOptions } from './clientOptions.ts';
import { documentSequence, documentsOf, type FoundDocuments, type FoundSpan, findRaw } from './driverInternals.ts';
import { isWithoutServer } from './failureKind.ts';
import { ReplicaMembers } from './replicaMembers.ts';
import { REQUEST_LIMIT_MS, RequestLimits } from './requestLimits.ts';
import { type TargetTraits, targetTraits } from './targetTraits.ts';
import { type WriteRefusal, writeRefusals } from './writeRefusal.ts';
import { deleteStatement, replaceStatement } from './writeStatements.ts';

/** What the config room hands over for a target. */
export interface TargetConnection {
  readonly uri: string;
  readonly options: MongoClientOptions;
  readonly database: string;
  /** `host:port/database`, safe to show. */
  readonly display: string;
  /** Options of the URI that this program overrides, such as `readPreference=secondary`. */
  readonly overridden?: readonly string[];
  /** As its user says: {@link targetTraits}. */
  readonly largeDocuments?: true;
}

/** The proof stands on reading what was written: from the primary, whatever the URI says. */
const FROM_PRIMARY: DbOptions = { readPreference: ReadPreference.primary };
const BY_MAJORITY: DbOptions = {
  ...FROM_PRIMARY,
  writeConcern: { w: 'majority' },
  readConcern: new ReadConcern('majority'),
};

/** Where there is a server, a new client finds it sooner. */
const FIND_SERVER_MS = 2_000;

/** A target database over one client for its life. Documents go and come as BSON bytes; errors are the driver's own, see targetError.ts. */
export class TargetDatabase {
  readonly display: string;
  /** Its hosts and the database as they were resolved: one for all names that lead there. */
  readonly address: string;
  readonly overridden: readonly string[];
  /** Connections that are open at once at most. */
  readonly poolSize: number;
  /** Whatever is sent over {@link db} and ends soon goes within them, too. */
  readonly limits: RequestLimits;
  readonly members = new ReplicaMembers();
  readonly #database: string;
  readonly #takesLarge: boolean;
  readonly #client: MongoClient;
  readonly #uri: string;
  readonly #clientOptions: MongoClientOptions;
  #sampler: MongoClient | null = null;
  #isStuck = false;
  #looking: Promise<boolean> | null = null;
  #traitsPromise: Promise<TargetTraits> | null = null;
  /**
   * Is it several members of MongoDB, of which a majority must have a write? Not before it was asked what it is. A single
   * server would only wait for its journal at each write.
   */
  #hasMembers = false;

  constructor(connection: TargetConnection, maxConnections: number, requestLimitMs = REQUEST_LIMIT_MS) {
    this.limits = new RequestLimits(requestLimitMs);
    this.display = connection.display;
    this.overridden = connection.overridden ?? [];
    this.#uri = connection.uri;
    this.#clientOptions = clientOptions(connection.uri, connection.options);
    // A target with few connections to spare names its own number.
    const poolSize = /[?&]maxPoolSize=/i.test(connection.uri) ? {} : { maxPoolSize: maxConnections };
    this.#database = connection.database;
    this.#takesLarge = connection.largeDocuments === true;
    this.#client = this.#newClient(poolSize);
    this.members.watch(this.#client);
    const { srvHost, hosts, maxPoolSize } = this.#client.options;
    this.address = JSON.stringify([srvHost ?? hosts.map(String).toSorted(), connection.database]);
    this.poolSize = maxPoolSize;
  }

  #newClient(options: MongoClientOptions): MongoClient {
    const client = new MongoClient(this.#uri, { ...this.#clientOptions, ...options });
    this.limits.watch(client);
    return client;
  }

  /** Is it MongoDB with several members, so that a majority of them can be asked for? False until {@link traits} was asked. */
  get hasMembers(): boolean {
    return this.#hasMembers;
  }

  /** The target's database. Reads go to the primary and see what a majority has, writes are acknowledged by a majority, where the server knows such a thing. */
  get db(): Db {
    return this.#client.db(this.#database, this.#concerns());
  }

  #concerns(): DbOptions {
    return this.#hasMembers ? BY_MAJORITY : FROM_PRIMARY;
  }

  /** What a command that is sent as it is must carry itself, as the driver adds nothing to it. */
  readonly #withWriteConcern = (): Document => {
    const isJournalled = /[?&]journal=true/i.test(this.#uri);
    if (!this.#hasMembers && !isJournalled) return {};
    return { writeConcern: { w: this.#hasMembers ? 'majority' : 1, ...(isJournalled ? { j: true } : {}) } };
  };
  readonly #withReadConcern = (): Document => (this.#hasMembers ? { readConcern: { level: 'majority' } } : {});

  /** Was it seen that this client will find no server any more? Work goes on over another one: see `Connections.use`. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /**
   * After a search that found no server: is it only this client that finds none? The driver's monitor may wait for ever for an
   * answer on a connection that was cut. It never looks for the server again then (seen with mongodb 7.9.0).
   */
  async lookWhetherStuck(): Promise<boolean> {
    this.#looking ??= this.#isAloneWithoutServer().finally(() => {
      this.#looking = null;
    });
    if (await this.#looking) this.#isStuck = true;
    return this.#isStuck;
  }

  async #isAloneWithoutServer(): Promise<boolean> {
    const impatient = { maxPoolSize: 1, serverSelectionTimeoutMS: FIND_SERVER_MS };
    const other = new MongoClient(this.#uri, { ...this.#clientOptions, ...impatient });
    try {
      await this.#ask(other.db(this.#database), { ping: 1 });
    } catch {
      // Whatever it met: it is no better off than this one.
      return false;
    } finally {
      await other.close();
    }
    return await this.#ask(this.db, { ping: 1 }).then(() => false, isWithoutServer);
  }

  /** Flavour and limits, asked once. Throws the driver's errors, and `target-unreachable` while a replica set elects a primary. */
  traits(): Promise<TargetTraits> {
    this.#traitsPromise ??= this.#askTraits().catch((error: unknown) => {
      this.#traitsPromise = null;
      throw error;
    });
    return this.#traitsPromise;
  }

  async #askTraits(): Promise<TargetTraits> {
    // After a first connection that failed the driver does not try again by itself: its topology stays closed.
    await this.#client.connect();
    const hello = await this.#ask(this.db, { hello: 1 });
    const build = await this.#ask(this.db, { buildInfo: 1 }).catch((): Document => ({}));
    const version = typeof build['version'] === 'string' ? build['version'] : 'unknown';
    // Only where requests are charged is there such a command.
    const statistics = await this.#statistics(this.db);
    const traits = targetTraits(
      hello,
      version,
      this.display,
      statistics['RequestCharge'] !== undefined,
      this.#takesLarge,
    );
    const isSeveral = hello['setName'] !== undefined || hello['msg'] === 'isdbgrid';
    this.#hasMembers = traits.flavour === 'mongodb' && isSeveral;
    // The driver asks a primary unless it was told to ask one server: this one has just ceased to be it.
    if (!traits.isWritablePrimary && !this.#client.options.directConnection) {
      throw new MigrationError(
        'target-unreachable',
        `The replica set of the target ${this.display} has no primary now`,
        {
          hint: 'Wait until it has elected one, which takes seconds; rs.status() on one of its hosts tells',
        },
      );
    }
    return traits;
  }

  #ask(db: Db, command: Document): Promise<Document> {
    return this.limits.within((signal) => db.command(command, { signal }));
  }

  /** Empty where the target knows no charges. */
  #statistics(db: Db): Promise<Document> {
    return this.#ask(db, { getLastRequestStatistics: 1 }).catch((): Document => ({}));
  }

  /** Inserts documents, unordered; says which were refused. `indexes` picks some of the batch, null sends all. */
  async insert(
    collection: string,
    batch: DocumentBatch,
    indexes: readonly number[] | null,
    db: Db = this.db,
  ): Promise<WriteRefusal[]> {
    // The documents stand one after the other already: one piece, however many they are.
    const pieces = indexes === null ? [batch.bytes] : indexes.map((index) => documentAt(batch, index));
    const documents = documentSequence('documents', pieces);
    return await this.#write({ insert: collection, documents }, db);
  }

  /**
   * Does something over a connection of its own, and says what the last of its requests was charged (cosmos-facts.md §10:
   * "last request" means the last of the same connection); null where the target does not say.
   */
  async measured<T>(send: (db: Db) => Promise<T>): Promise<{ result: T; charge: number | null }> {
    this.#sampler ??= this.#newClient({ maxPoolSize: 1 });
    const db = this.#sampler.db(this.#database, this.#concerns());
    const result = await send(db);
    const statistics = await this.#statistics(db);
    const charge = Number(statistics['RequestCharge'] ?? Number.NaN);
    return { result, charge: Number.isFinite(charge) ? charge : null };
  }

  /** Replaces documents by `_id` and shard key, where there is one, inserting those that are not there. */
  async replace(collection: string, documents: readonly Buffer[], shardKey: string | null): Promise<WriteRefusal[]> {
    const statements = documents.map((document) => replaceStatement(document, keyElements(document, shardKey)));
    const updates = documentSequence('updates', statements);
    return await this.#write({ update: collection, updates });
  }

  /** Changes documents by update statements, one each. */
  async update(collection: string, updates: readonly Document[]): Promise<WriteRefusal[]> {
    return await this.#write({ update: collection, updates });
  }

  /** Deletes documents by the elements of {@link keyElements}. */
  async delete(collection: string, keys: readonly Buffer[]): Promise<WriteRefusal[]> {
    const deletes = documentSequence('deletes', keys.map(deleteStatement));
    return await this.#write({ delete: collection, deletes });
  }

  /** Sends a write command, unordered; says which of its operations were refused. */
  async #write(command: Document, db: Db = this.db): Promise<WriteRefusal[]> {
    const whole = { ...command, ordered: false, ...this.#withWriteConcern() };
    return writeRefusals(await this.limits.within((signal) => db.command(whole, { signal })));
  }

  /**
   * Documents with these `_id`s as BSON bytes with the fields of the projection, as many as one reply holds; in a sharded
   * collection several may have the same `_id`.
   */
  async findByIds(
    collection: string,
    ids: readonly unknown[],
    projection: Document | null = null,
    db = this.db,
  ): Promise<FoundDocuments> {
    const fields = projection === null ? {} : { projection };
    const filter = { _id: { $in: ids } };
    return documentsOf(await this.#find({ find: collection, filter, ...fields, batchSize: ids.length + 1 }, db));
  }

  /** The first documents from one `_id` to another, both included, in the order of `_id`: as many as one reply holds, at most `limit`. */
  async findBetween(
    collection: string,
    [low, high]: readonly [low: unknown, high: unknown],
    limit: number,
    db = this.db,
  ): Promise<FoundSpan> {
    const filter = { _id: { $gte: low, $lte: high } };
    return await this.#find({ find: collection, filter, sort: { _id: 1 }, limit, batchSize: limit }, db);
  }

  /** The first documents of a filter in the order of `_id`, as BSON bytes with the fields of the projection: as many as one reply holds, at most `limit`. */
  async findPage(
    collection: string,
    filter: Document,
    projection: Document,
    limit: number,
    db = this.db,
  ): Promise<FoundDocuments> {
    const find = { find: collection, filter, projection, sort: { _id: 1 }, limit, batchSize: limit };
    return documentsOf(await this.#find(find, db));
  }

  /** What one reply holds. No cursor is read on, as a server may drop it, and none is kept: on DocumentDB it would hold up index builds (cosmos-facts.md §13). */
  async #find(find: Document, db: Db): Promise<FoundSpan> {
    const { cursor, ...found } = await this.limits.within((signal) =>
      findRaw(db, { ...find, ...this.#withReadConcern() }, signal),
    );
    // Not over the sampler's connection: its last request is the one that is measured. Nobody waits for it.
    if (!found.isWhole) void this.db.command({ killCursors: find['find'], cursors: [cursor] }).catch(() => undefined);
    return found;
  }

  async close(): Promise<void> {
    await this.#client.close();
    await this.#sampler?.close();
  }
}
