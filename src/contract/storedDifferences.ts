import { z } from 'zod';
import type { Shape } from './shape.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';

/** Where the differences of one step stand: paths of its parts below its own folder, in their order. */
const StoredDifferences = z.object({ parts: z.array(z.string()), lines: z.number() });
export type StoredDifferences = Shape<typeof StoredDifferences>;

/** state/differences/*.json, one for each step that found differences: a step that runs again puts its own parts in place of those of before. */
export const DIFFERENCES: StoredRecord<StoredDifferences> = {
  name: 'Where the differences of a step stand',
  version: VERSIONS.differences,
  schema: StoredDifferences,
};
