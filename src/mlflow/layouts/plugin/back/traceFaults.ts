import type { BsonElement } from '../../../../encoding/bsonElements.ts';
import { bsonToJson } from '../../../../encoding/bsonToJson.ts';
import { COST_KEY, SIZE_STATS_KEY, TOKEN_USAGE_KEY } from '../traceKeys.ts';
import { isNothing } from './documentFields.ts';
import { jsonElement, SORTED_PYTHON } from './pythonJson.ts';
import { guarded } from './returnedFields.ts';
import type { Lookup, ReturnedFault } from './returning.ts';
import { pairText, type TraceDocument } from './traceDocuments.ts';

/** Fields that say a metadata value once more, as numbers. */
const COPIES: Readonly<Record<string, string>> = {
  token_usage: TOKEN_USAGE_KEY,
  cost: COST_KEY,
  span_stats: SIZE_STATS_KEY,
};

/** The metadata goes into rows: a copy of it that says something else cannot be told from it. */
export function addCopyFaults({ document, metadata }: TraceDocument, faults: ReturnedFault[]): void {
  for (const [field, key] of Object.entries(COPIES)) {
    const copy = document.fields.get(field);
    if (isNothing(copy)) continue;
    const text = pairText(metadata, key);
    // The plugin takes an empty text for no sizes.
    const told = text === '' ? jsonElement('{}') : text === null ? null : jsonElement(text);
    const isSame = guarded(faults, document, field, () => told !== null && inOneSpelling(told) === inOneSpelling(copy));
    const reason = `it says something else than trace_metadata.${key}: which of them is meant cannot be told`;
    if (isSame === false) faults.push({ shown: document.shown, field, reason });
  }
}

/** Numbers that are equal are spelt alike, whatever their type. */
function inOneSpelling({ type, value }: BsonElement): string {
  return bsonToJson(type, value, SORTED_PYTHON).replaceAll(/(?<=: -?[0-9]+)\.0(?=[,}])/g, '');
}

const LATER_TABLES: Readonly<Record<string, string>> = { spans: 'spans', assessments: 'assessments' };

/** What hangs on these traces and has no table in an earlier release. */
export async function addHomelessFaults(
  documents: readonly TraceDocument[],
  look: Lookup,
  faults: ReturnedFault[],
): Promise<void> {
  for (const [collection, table] of Object.entries(LATER_TABLES)) {
    if (look.columns(table).size > 0 || documents.length === 0) continue;
    const ids = documents.map(({ id }) => id);
    for (const { shown } of await look.target(collection, { trace_id: { $in: ids } }, []))
      faults.push({ shown, field: '', reason: `this release of MLflow has no table for ${collection}` });
  }
}
