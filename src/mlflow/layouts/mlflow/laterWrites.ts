import type { LaterWrites } from '../layout.ts';
import { modelObjectId } from './registry.ts';

/** Digits of the longest experiment id that SQL can have; the plugin makes ids of 39. */
const SQL_ID_DIGITS = 19;

/**
 * What the store plugin has written since a migration, as far as its documents tell: its ids are not derived from keys,
 * and Python's small integers are int32 where a migration always writes int64.
 */
export const LATER_WRITES: readonly LaterWrites[] = [
  {
    collection: 'experiments',
    fields: ['_id'],
    isLater: ({ _id }) => String(_id).length > SQL_ID_DIGITS,
  },
  {
    collection: 'runs',
    fields: ['metrics.step'],
    isLater: ({ metrics }) => Array.isArray(metrics) && metrics.some(hasSmallStep),
  },
  { collection: 'run_metrics', fields: ['step'], isLater: hasSmallStep },
  {
    collection: 'registered_models',
    fields: ['name'],
    isLater: ({ _id, name }) => String(_id) !== Buffer.from(modelObjectId(String(name))).toString('hex'),
  },
  {
    collection: 'traces',
    fields: ['span_revision'],
    isLater: ({ span_revision: revision }) => String(revision) !== '0',
  },
];

function hasSmallStep({ step }: { readonly step?: unknown }): boolean {
  return (step as { readonly _bsontype?: unknown } | null | undefined)?._bsontype === 'Int32';
}
