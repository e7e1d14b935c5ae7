import type { Document } from 'mongodb';
import type { Flavour } from '../contract/flavour.ts';

/** What a target is and what one request to it may hold. */
export interface TargetTraits {
  readonly flavour: Flavour;
  /** Server version where it says one, such as `6.0.5`. */
  readonly version: string;
  /** Largest document in bytes. */
  readonly maxDocumentBytes: number;
  readonly maxWriteBatch: number;
  /** Largest request in bytes. */
  readonly maxRequestBytes: number;
  /** Must unique indexes be made before the first document? */
  readonly needsUniqueIndexesFirst: boolean;
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
 * Tells the flavours apart by the answer to `hello` (cosmos-facts.md §1): DocumentDB names its versions under `internal`
 * (and may call its set `globaldb` too), Cosmos DB with request units calls its set `globaldb`; everything else is MongoDB.
 * `chargesRequests` says that the target knows the charge of a request: request units, however it is reached.
 */
export function targetTraits(hello: Document, version: string, host: string, chargesRequests: boolean): TargetTraits {
  const internal = hello['internal'] as Document | undefined;
  const isDocumentDb =
    internal?.['documentdb_versions'] !== undefined ||
    internal?.['cosmos_versions'] !== undefined ||
    /\.mongocluster\.cosmos\.azure\.com/i.test(host);
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
      version,
      maxDocumentBytes: 2 * MEBIBYTE,
      maxWriteBatch: Math.min(1_000, maxWriteBatch),
      maxRequestBytes: 2 * MEBIBYTE,
      needsUniqueIndexesFirst: true,
      hasPartialUniqueIndexes: false,
      hasNestedCompoundIndexes: false,
      sharding: 'custom-action',
      isWritablePrimary,
    };
  }
  return {
    flavour: isDocumentDb ? 'documentdb' : 'mongodb',
    version,
    maxDocumentBytes: Number(hello['maxBsonObjectSize'] ?? 16 * MEBIBYTE),
    maxWriteBatch: isDocumentDb ? Math.min(25_000, maxWriteBatch) : maxWriteBatch,
    maxRequestBytes: Number(hello['maxMessageSizeBytes'] ?? 48_000_000),
    needsUniqueIndexesFirst: isDocumentDb,
    hasPartialUniqueIndexes: true,
    hasNestedCompoundIndexes: true,
    sharding: isDocumentDb ? 'hashed' : hello['msg'] === 'isdbgrid' ? 'ranged' : null,
    isWritablePrimary,
  };
}

/** Why the target takes no document of that many bytes, null where it does. */
export function sizeRefusal(bytes: number, { maxDocumentBytes }: TargetTraits): string | null {
  return bytes <= maxDocumentBytes ? null : `The document has ${bytes} bytes, over the limit of ${maxDocumentBytes}`;
}
