import type { Document } from 'mongodb';
import type { Flavour } from '../contract/flavour.ts';

/** What a target is and what one request to it may hold. */
export interface TargetTraits {
  readonly flavour: Flavour;
  /** Does each request cost request units, of which there are so many a second, and is it refused where there are none left? */
  readonly isCharged: boolean;
  /** Is a span of `_id`s, in order, cheaper to read than to name each of them? Request units are charged by what is read, and an order costs more there. */
  readonly readsByRange: boolean;
  /** Does it group and join documents itself? Otherwise that is done here, over a scan. */
  readonly groupsAndJoins: boolean;
  /** May unique indexes be made with their collection only, as on accounts with continuous backup? */
  readonly mayFixUniqueIndexes: boolean;
  /** Server version where it says one, such as `6.0.5`. */
  readonly version: string;
  /** Largest document in bytes. */
  readonly maxDocumentBytes: number;
  readonly maxWriteBatch: number;
  /** Does one document that it cannot take cost the whole command, of which nothing arrives then? Elsewhere that document alone is refused. */
  readonly refusesWholeCommands: boolean;
  /** Largest request in bytes. */
  readonly maxRequestBytes: number;
  /** Must unique indexes be made before the first document? */
  readonly needsUniqueIndexesFirst: boolean;
  /**
   * Do index builds of filled collections go through a queue, and on after their command's time is up? Then the list of a collection's
   * indexes has those that are still being built, too: only a command that was answered proves one.
   */
  readonly queuesIndexBuilds: boolean;
  /** Does a unique index take a partial filter? */
  readonly hasPartialUniqueIndexes: boolean;
  /** May an index over several fields name one inside of a document or array? */
  readonly hasNestedCompoundIndexes: boolean;
  /** How a collection is made sharded: by Cosmos DB's own command, by `shardCollection` over a hash or over ranges; null where it cannot be. */
  readonly sharding: 'custom-action' | 'hashed' | 'ranged' | null;
  readonly isWritablePrimary: boolean;
}

const MEBIBYTE = 1024 * 1024;

/**
/**
 * Tells the flavours apart by the answer to `hello` (cosmos-facts.md §1, §13): the DocumentDB engine has a document `internal`, with
 * its versions on Azure and empty elsewhere (and may call its set `globaldb` too), Cosmos DB with request units calls its set
 * `globaldb`; everything else is MongoDB, of which neither a mongod nor a mongos has `internal`. `chargesRequests` says that the
 * target knows the charge of a request: request units, however it is reached. `takesLarge` is what nothing tells there: that the
 * account has the capability for documents of 16 MB.
 */
export function targetTraits(
  hello: Document,
  version: string,
  host: string,
  chargesRequests: boolean,
  takesLarge = false,
): TargetTraits {
  const isDocumentDb = isDocument(hello['internal']) || /\.mongocluster\.cosmos\.azure\.com/i.test(host);
  const isRequestUnits =
    !isDocumentDb &&
    (chargesRequests ||
      (hello['setName'] === 'globaldb' && hello['msg'] !== 'isdbgrid') ||
      /\.mongo\.cosmos\.azure\.com/i.test(host));
  const isWritablePrimary = hello['isWritablePrimary'] === true || hello['ismaster'] === true;
  const maxWriteBatch = Number(hello['maxWriteBatchSize'] ?? 100_000);
  if (isRequestUnits) {
    return {
      flavour: 'cosmos-ru',
      isCharged: true,
      readsByRange: false,
      groupsAndJoins: false,
      mayFixUniqueIndexes: true,
      version,
      maxDocumentBytes: (takesLarge ? 16 : 2) * MEBIBYTE,
      maxWriteBatch: Math.min(1_000, maxWriteBatch),
      refusesWholeCommands: false,
      maxRequestBytes: 2 * MEBIBYTE,
      needsUniqueIndexesFirst: true,
      queuesIndexBuilds: false,
      hasPartialUniqueIndexes: false,
      hasNestedCompoundIndexes: false,
      sharding: 'custom-action',
      isWritablePrimary,
    };
  }
  return {
    flavour: isDocumentDb ? 'documentdb' : 'mongodb',
    isCharged: false,
    readsByRange: true,
    groupsAndJoins: true,
    mayFixUniqueIndexes: false,
    version,
    maxDocumentBytes: Number(hello['maxBsonObjectSize'] ?? 16 * MEBIBYTE),
    maxWriteBatch: isDocumentDb ? Math.min(25_000, maxWriteBatch) : maxWriteBatch,
    refusesWholeCommands: isDocumentDb,
    maxRequestBytes: Number(hello['maxMessageSizeBytes'] ?? 48_000_000),
    needsUniqueIndexesFirst: isDocumentDb,
    queuesIndexBuilds: isDocumentDb,
    hasPartialUniqueIndexes: true,
    hasNestedCompoundIndexes: true,
    sharding: isDocumentDb ? 'hashed' : hello['msg'] === 'isdbgrid' ? 'ranged' : null,
    isWritablePrimary,
  };
}

function isDocument(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Why the target takes no document of that many bytes, null where it does. */
export function sizeRefusal(bytes: number, { maxDocumentBytes }: TargetTraits): string | null {
  return bytes <= maxDocumentBytes ? null : `The document has ${bytes} bytes, over the limit of ${maxDocumentBytes}`;
}
