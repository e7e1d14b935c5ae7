import { stringValue } from '../../../../encoding/bsonToJson.ts';
import { BSON_TYPE } from '../../../../encoding/bsonWriter.ts';
import { isNothing, numberOf } from './documentFields.ts';
import { guarded, pairsOf, type ReturnedPair, TRACKING_NAMES, textOf } from './returnedFields.ts';
import type { Lookup, ReturnedDocument, ReturnedFault } from './returning.ts';
import { PROMOTED, type TraceState, traceStates } from './traceStates.ts';

/** A trace's document beside what PostgreSQL has of it. */
export interface TraceDocument {
  readonly document: ReturnedDocument;
  readonly id: string;
  /** Null where PostgreSQL has no such trace. */
  readonly state: TraceState | null;
  readonly tags: readonly ReturnedPair[];
  readonly metadata: readonly ReturnedPair[];
}

/** Fields that {@link traceDocuments} reads. */
export const TRACE_FIELDS = [
  'tags',
  'trace_metadata',
  'span_revision',
  'trace_info_finalized',
  'request_time',
] as const;

/** The documents of a page as they are compared; `faults` get what cannot be read of them. */
export async function traceDocuments(
  page: readonly ReturnedDocument[],
  look: Lookup,
  faults: ReturnedFault[],
): Promise<readonly TraceDocument[]> {
  const named = page.flatMap((document) => {
    const id = guarded(faults, document, '_id', () => textOf(document.fields.get('_id')));
    return id === null ? [] : [{ document, id }];
  });
  const states = await traceStates(
    look,
    named.map(({ id }) => id),
  );
  return named.map(({ document, id }) => {
    const pairs = (field: string) => {
      const found = guarded(faults, document, field, () => pairsOf(document.fields.get(field), TRACKING_NAMES)) ?? [];
      if (found.some(({ value }) => value.type !== BSON_TYPE.string))
        faults.push({ shown: document.shown, field, reason: 'one of its values is no text' });
      return found;
    };
    return { document, id, state: states.get(id) ?? null, tags: pairs('tags'), metadata: pairs('trace_metadata') };
  });
}

/** Text of a tag or metadata key; null where the document has none, or another type, which its row's reader refuses. */
export function pairText(pairs: readonly ReturnedPair[], key: string): string | null {
  const value = pairs.find((pair) => pair.key === key)?.value;
  return value?.type === BSON_TYPE.string ? stringValue(value.value) : null;
}

/** Does the document still say of this key what the migration has made of PostgreSQL's columns and rows? Then these stay as they are. */
export function isAsMigrated({ state, tags, metadata }: TraceDocument, key: string): boolean {
  if (state === null) return false;
  const pairs = key in PROMOTED.trace_tags ? tags : metadata;
  return pairText(pairs, key) === state.merged.get(key);
}

/** Was the document made by the migration, and no span added since? The plugin counts from nothing, a migration writes 0. */
export function isUntouched({ document }: TraceDocument): boolean {
  const revision = document.fields.get('span_revision');
  return !isNothing(revision) && numberOf(revision) === 0;
}
