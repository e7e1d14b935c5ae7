import type { Document } from 'mongodb';
import type { DocumentDbOptions } from './documentDbOptions.ts';
import { rawField, rawItems, withElements } from './rawBson.ts';

/*
 * What the DocumentDB engine answers otherwise than mongod, as it was seen in trials (docs/reference/cosmos-facts.md §13).
 */

export const MAX_WRITES = 25_000;
export const MAX_DOCUMENT_BYTES = 16 * 1_024 * 1_024;

/** Commands that the engine does not know. */
export const UNKNOWN_COMMANDS: ReadonlySet<string> = new Set([
  'customAction',
  'enableSharding',
  'getLastRequestStatistics',
  'replSetGetStatus',
  'serverStatus',
]);

const INTERNAL = {
  'self-hosted': {},
  azure: { documentdb_versions: ['1.108-0', 'git 0'] },
  'azure-before': { cosmos_versions: ['1.22-1', 'git 0'] },
} as const;

/** The gateway's answer to hello: of mongod's own it has what belongs to the login alone. */
export function gatewayHello(answer: Document, build: NonNullable<DocumentDbOptions['build']>): Document {
  const { saslSupportedMechs, speculativeAuthenticate } = answer;
  return {
    isWritablePrimary: true,
    ismaster: true,
    msg: 'isdbgrid',
    maxBsonObjectSize: MAX_DOCUMENT_BYTES,
    maxMessageSizeBytes: 48_000_000,
    maxWriteBatchSize: MAX_WRITES,
    localTime: Date.now(),
    logicalSessionTimeoutMinutes: 30,
    minWireVersion: 0,
    maxWireVersion: 21,
    readOnly: false,
    connectionId: 1,
    internal: INTERNAL[build],
    ...(saslSupportedMechs === undefined ? {} : { saslSupportedMechs }),
    ...(speculativeAuthenticate === undefined ? {} : { speculativeAuthenticate }),
    ok: 1,
  };
}

export const BUILD_INFO: Document = { version: '7.0.0', versionArray: [7, 0, 0, 0], bits: 64, ok: 1 };

export function failed(code: number, codeName: string, errmsg: string): Document {
  return { ok: 0, code, codeName, errmsg };
}

/** A state of PostgreSQL as the engine's code for it. */
export function packedState(state: string): number {
  return [...state].reduce((sum, letter, place) => sum + ((letter.charCodeAt(0) - 48) & 63) * 64 ** place, 0);
}

export const stateFailure = (state: string, errmsg: string): Document =>
  failed(packedState(state), `SqlState(E${state})`, errmsg);

/** Of a refused duplicate the engine says the index's name and nothing of its keys. */
export function asEngineError(error: Document): Document {
  if (Number(error['code']) !== 11_000) return error;
  const index = /index: (\S+) dup key/.exec(String(error['errmsg']))?.[1] ?? '_id_';
  return {
    index: error['index'],
    code: 11_000,
    errmsg: `Duplicate key violation on the requested collection: Index '${index}'`,
  };
}

/** Stands for a cursor that the engine has dropped since. */
const GONE_CURSOR = 77n;

/**
 * The reply to a find: without an order as the heap has the documents, here the last first, and cut where it has more bytes than
 * a reply may have.
 */
export function engineReply(answer: Buffer, isSorted: boolean, replyBytes: number): Buffer {
  const cursor = rawField(answer, 'cursor')?.subarray(1);
  const batch = cursor === undefined ? undefined : rawField(cursor, 'firstBatch')?.subarray(1);
  if (cursor === undefined || batch === undefined) return answer;
  const items = isSorted ? rawItems(batch) : rawItems(batch).reverse();
  let [bytes, kept] = [0, 0];
  while (kept < items.length && (kept === 0 || bytes + (items[kept] as Buffer).length <= replyBytes)) {
    bytes += (items[kept++] as Buffer).length;
  }
  const array = documentOf(items.slice(0, kept).map((item, index) => element(3, String(index), item)));
  const isCut = kept < items.length;
  const others = withElements(cursor, ({ name }) => name !== 'firstBatch' && !(isCut && name === 'id'));
  const id = Buffer.alloc(8);
  id.writeBigInt64LE(GONE_CURSOR);
  const withId = isCut ? withElement(others, 18, 'id', id) : others;
  const rest = withElements(answer, ({ name }) => name !== 'cursor');
  return withElement(rest, 3, 'cursor', withElement(withId, 4, 'firstBatch', array));
}

function element(type: number, name: string, value: Buffer): Buffer {
  return Buffer.concat([Buffer.of(type), Buffer.from(`${name}\0`), value]);
}

function documentOf(elements: readonly Buffer[]): Buffer {
  const length = elements.reduce((sum, one) => sum + one.length, 5);
  const head = Buffer.alloc(4);
  head.writeInt32LE(length);
  return Buffer.concat([head, ...elements, Buffer.of(0)]);
}

function withElement(document: Buffer, type: number, name: string, value: Buffer): Buffer {
  return documentOf([document.subarray(4, -1), element(type, name, value)]);
}
