import type { Document } from 'mongodb';
import { type CommandFailure, RETRYABLE_WRITES } from './refusals.ts';

const NOT_SUPPORTED: ReadonlySet<string> = new Set([
  'bulkWrite',
  'collMod',
  'collStats',
  'connectionStatus',
  'mapReduce',
  'renameCollection',
  'serverStatus',
  'top',
  'validate',
]);
const STAGES_NOT_SUPPORTED: ReadonlySet<string> = new Set([
  '$bucket',
  '$bucketAuto',
  '$collStats',
  '$currentOp',
  '$graphLookup',
  '$indexStats',
]);

/** What an RU account refuses by the look of the command alone (cosmos-facts §2, §6, §11). */
export function refusedByLook(
  name: string,
  command: Document,
  maxWrites: number,
  writes: number,
): CommandFailure | undefined {
  if (command['txnNumber'] !== undefined) return RETRYABLE_WRITES;
  if (NOT_SUPPORTED.has(name)) {
    return { code: 115, codeName: 'CommandNotSupported', errmsg: `Command ${name} not supported.` };
  }
  if (writes > maxWrites) {
    return {
      code: 16,
      codeName: 'InvalidLength',
      errmsg: `Write batch sizes must be between 1 and ${maxWrites}. Got ${writes} operations.`,
    };
  }
  if (name !== 'aggregate') return undefined;
  for (const stage of (command['pipeline'] as Document[] | undefined) ?? []) {
    const [operator = ''] = Object.keys(stage);
    const lookup = operator === '$lookup' ? (stage['$lookup'] as Document) : {};
    if (STAGES_NOT_SUPPORTED.has(operator) || 'let' in lookup || 'pipeline' in lookup) {
      return { code: 40324, codeName: 'Location40324', errmsg: `Unrecognized pipeline stage name: ${operator}` };
    }
  }
  return undefined;
}

/** The sort of a find, or of an aggregation before its documents are changed. Undefined where `_id` alone or nothing sorts. */
export function sortOf(name: string, command: Document): Document | undefined {
  let sort: Document | undefined;
  if (name === 'find') sort = command['sort'] as Document | undefined;
  if (name === 'aggregate') {
    for (const stage of (command['pipeline'] as Document[] | undefined) ?? []) {
      sort = (stage['$sort'] as Document | undefined) ?? sort;
      if (!('$match' in stage)) break;
    }
  }
  if (sort === undefined) return undefined;
  const fields = Object.keys(sort);
  return fields.length === 0 || fields[0] === '$natural' || (fields.length === 1 && fields[0] === '_id')
    ? undefined
    : sort;
}

/** A sort needs an index: on the field, or for several a compound one with these fields in this order and direction (§11). */
export function refusedSort(sort: Document, indexKeys: readonly Document[]): CommandFailure | undefined {
  const wanted = Object.entries(sort);
  const served = indexKeys.some((key) => {
    const fields = Object.entries(key);
    if (wanted.length === 1) return fields.length === 1 && [wanted[0]?.[0], '$**'].includes(fields[0]?.[0]);
    const sameFields = fields.length === wanted.length && fields.every(([name], i) => name === wanted[i]?.[0]);
    const signs = new Set(fields.map(([, direction], i) => Math.sign(Number(direction) * Number(wanted[i]?.[1]))));
    return sameFields && signs.size === 1;
  });
  if (served) return undefined;
  return {
    code: 2,
    codeName: 'BadValue',
    errmsg:
      wanted.length === 1
        ? "Error=2, Details='The index path corresponding to the specified order-by item is excluded.'"
        : "Error=2, Details='The order by query does not have a corresponding composite index that it can be served from.'",
  };
}

/** Index definitions that an RU account refuses. Whether the collection is empty is the caller's to find out. */
export function refusedIndex(
  index: Document,
  isCollectionEmpty: boolean,
  shardKey: string | undefined,
  hasContinuousBackup: boolean,
): CommandFailure | undefined {
  if (index['unique'] === true && hasContinuousBackup) {
    const errmsg =
      'The unique index cannot be modified. To change the unique index, remove the collection and re-create a new one.';
    return { code: 13, codeName: 'Unauthorized', errmsg };
  }
  const key = Object.entries((index['key'] as Document | undefined) ?? {});
  const refuse = (errmsg: string): CommandFailure => ({ code: 67, codeName: 'CannotCreateIndex', errmsg });
  if (index['unique'] === true && !isCollectionEmpty) {
    return refuse('Cannot create unique index when collection contains documents');
  }
  if (index['unique'] === true && key.length === 1 && key[0]?.[0] === '_id')
    return refuse('The unique index on _id exists');
  if (index['unique'] === true && shardKey !== undefined && !key.some(([path]) => path === shardKey)) {
    return refuse('A unique index must contain the shard key');
  }
  if (key.length > 8) return refuse('A compound index can have at most 8 paths');
  if (key.some(([, kind]) => typeof kind === 'string')) {
    return { code: 115, codeName: 'CommandNotSupported', errmsg: `'${String(key[0]?.[1])}' is not supported` };
  }
  if ((index['unique'] === true || key.length > 1) && key.some(([path]) => path.includes('.'))) {
    return {
      code: 115,
      codeName: 'CommandNotSupported',
      errmsg: 'Unique and compound indexes do not support nested paths.',
    };
  }
  return undefined;
}
