import type { Document } from 'mongodb';
import type { Command } from './command.ts';
import { shuffled } from './random.ts';
import { elementsOf, rawField, rawItems } from './rawBson.ts';
import { type Refusal, TOO_LARGE, throttleRefusal } from './refusals.ts';
import { deleteUnits, insertUnits, replaceUnits } from './requestUnits.ts';
import type { ProxyState } from './state.ts';

/** One write of a command. */
export interface WriteOp {
  readonly index: number;
  readonly raw: Buffer;
  readonly kind: 'insert' | 'replace' | 'update' | 'delete';
  /** Type and bytes of the `_id` as latin1, where the write names exactly one. */
  readonly id: string | undefined;
  /** Ids of a delete by `_id: {$in: […]}`. */
  readonly manyIds: readonly string[] | undefined;
  readonly bytes: number;
  readonly units: number;
}

/** What of a write command goes in, and how the rest is refused. */
export interface WriteDecision {
  readonly accepted: readonly WriteOp[];
  readonly refused: ReadonlyArray<{ readonly op: WriteOp; readonly refusal: Refusal }>;
  /** Writes that no waiting helps: documents that are too large, and those that break the rules of a sharded collection. */
  readonly rejected: ReadonlyArray<{ readonly op: WriteOp; readonly code: number; readonly errmsg: string }>;
  readonly spentUnits: number;
  readonly offeredUnits: number;
}

/** The writes of a command, each with its price in a collection of so many indexes. */
export function writeOpsOf(command: Command, indexes: number): WriteOp[] {
  return (command.writes ?? []).map((raw, index) => {
    if (command.name === 'insert') {
      const id = rawField(raw, '_id')?.toString('latin1');
      return {
        index,
        raw,
        kind: 'insert',
        id,
        manyIds: undefined,
        bytes: raw.length,
        units: insertUnits(raw.length, indexes),
      };
    }
    const wanted = rawField(rawField(raw, 'q')?.subarray(1) ?? Buffer.from([5, 0, 0, 0, 0]), '_id');
    const isOperator = wanted?.[0] === OBJECT && firstName(wanted.subarray(1)).startsWith('$');
    const id = isOperator ? undefined : wanted?.toString('latin1');
    if (command.name === 'delete') {
      const many = isOperator ? rawField((wanted as Buffer).subarray(1), '$in') : undefined;
      const manyIds = many === undefined ? undefined : idsOf(many.subarray(1));
      const units = deleteUnits(indexes) * (manyIds?.length ?? 1);
      return { index, raw, kind: 'delete', id, manyIds, bytes: 0, units };
    }
    const change = rawField(raw, 'u') ?? Buffer.of(OBJECT, 5, 0, 0, 0, 0);
    const isReplacement = change[0] === OBJECT && !firstName(change.subarray(1)).startsWith('$');
    const kind = isReplacement && rawField(raw, 'upsert')?.[1] === 1 ? 'replace' : 'update';
    const bytes = change.length - 1;
    return { index, raw, kind, id, manyIds: undefined, bytes, units: replaceUnits(bytes, indexes) };
  });
}

const OBJECT = 3;

function firstName(document: Buffer): string {
  for (const element of elementsOf(document)) return element.name;
  return '';
}

function idsOf(array: Buffer): string[] {
  const types = [...elementsOf(array)].map((element) => element.type);
  return rawItems(array).map((value, index) => Buffer.concat([Buffer.of(types[index] ?? 0), value]).toString('latin1'));
}

/**
 * Takes from the bucket what fits. Unordered writes are looked at in a random order, as accounts run them in parallel:
 * what goes in is no prefix. Ordered ones stop at the first that is refused.
 */
export function decideWrites(command: Command, ops: readonly WriteOp[], state: ProxyState): WriteDecision {
  const ordered = command.fields['ordered'] !== false;
  const now = state.nowMs();
  const bucket = state.throughput.bucketOf(command.namespace, now);
  const accepted: WriteOp[] = [];
  const refused: Array<{ op: WriteOp; refusal: Refusal }> = [];
  const rejected: Array<WriteDecision['rejected'][number]> = [];
  const shardKey = state.shardKeys.get(command.namespace);
  let offeredUnits = 0;
  for (const op of ordered ? ops : shuffled(ops, state.random)) {
    const rejection =
      op.bytes > state.maxDocumentBytes ? { code: 16, errmsg: TOO_LARGE } : refusedByShardKey(op, shardKey);
    if (rejection === undefined) {
      offeredUnits += op.units;
      if (bucket.tryTake(op.units, now)) accepted.push(op);
      else refused.push({ op, refusal: throttleRefusal(bucket.waitMs(op.units, now), state.hints, state.random) });
    } else {
      rejected.push({ op, ...rejection });
    }
    if (ordered && (rejection !== undefined || refused.length > 0)) break;
  }
  accepted.sort((left, right) => left.index - right.index);
  return { accepted, refused, rejected, spentUnits: accepted.reduce((sum, op) => sum + op.units, 0), offeredUnits };
}

/** What an account answers to a write that does not name one value of its collection's shard key, or that changes it (cosmos-facts §6). */
function refusedByShardKey(op: WriteOp, shardKey: string | undefined): { code: number; errmsg: string } | undefined {
  if (shardKey === undefined) return undefined;
  if (op.kind === 'insert') {
    return rawField(op.raw, shardKey) === undefined
      ? { code: 61, errmsg: `document does not contain shard key at '${shardKey}'` }
      : undefined;
  }
  const wanted = rawField(rawField(op.raw, 'q')?.subarray(1) ?? Buffer.from([5, 0, 0, 0, 0]), shardKey);
  const isOperator = wanted?.[0] === OBJECT && firstName(wanted.subarray(1)).startsWith('$');
  if (wanted === undefined || isOperator) {
    return { code: 61, errmsg: 'query in command must target a single shard key' };
  }
  if (op.kind !== 'replace') return undefined;
  const written = rawField(rawField(op.raw, 'u')?.subarray(1) ?? Buffer.from([5, 0, 0, 0, 0]), shardKey);
  return written?.equals(wanted) === true
    ? undefined
    : { code: 66, errmsg: `the shard key '${shardKey}' cannot be changed` };
}

/** A `writeErrors` entry as servers send it. */
export interface WriteError extends Document {
  readonly index: number;
  readonly code: number;
  readonly errmsg: string;
}

/** The answer to the whole command: the server's answer to what went in, its indexes mapped back, and the refusals. */
export function mergeAnswer(command: Command, decision: WriteDecision, answer: Document | undefined): Document {
  const back = (index: unknown) => decision.accepted[Number(index)]?.index ?? Number(index);
  const own = ((answer?.['writeErrors'] ?? []) as WriteError[]).map((error) => ({
    ...error,
    index: back(error.index),
  }));
  const refusals: WriteError[] = [
    ...decision.refused.map(({ op, refusal }) => ({ index: op.index, code: 16500, errmsg: refusal.message })),
    ...decision.rejected.map(({ op, code, errmsg }) => ({ index: op.index, code, errmsg })),
  ];
  const ordered = command.fields['ordered'] !== false;
  // An ordered command ends at its first error: what the server refused hides what would have been refused behind it.
  const writeErrors =
    ordered && own.length > 0 ? own : [...own, ...refusals].sort((left, right) => left.index - right.index);
  const upserted = (answer?.['upserted'] as Document[] | undefined)?.map((one) => ({
    ...one,
    index: back(one['index']),
  }));
  const empty = command.name === 'update' ? { n: 0, nModified: 0 } : { n: 0 };
  return {
    ...(answer ?? { ...empty, ok: 1 }),
    ...(upserted === undefined ? {} : { upserted }),
    ...(writeErrors.length === 0 ? {} : { writeErrors }),
  };
}
