import { z } from 'zod';
import type { Shape } from './shape.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';

/**
 * What a search for documents without a row does one after the other: counts the documents by the bucket of their `_id`'s hash,
 * then the rows; then, for one group of differing buckets after the other, holds the `_id`s in them, and lets those go that a row has.
 */
export const EXTRA_STAGES = ['documents', 'rows', 'hold', 'let-go', 'done'] as const;

/** How far such a search has come. */
export const StoredExtraSearch = z.object({
  /** Tells it from other searches in the same collection. */
  search: z.string(),
  stage: z.enum(EXTRA_STAGES),
  /** `idKey` of the document that was looked at last in this stage; null where none was. */
  after: z.nullable(z.string()),
  /** Range of rows that comes next in this stage. */
  range: z.number(),
  /** The group of buckets that it is at. */
  group: z.number(),
  /** Numbers of all buckets, 32 bits each, in base64. */
  documents: z.string(),
  rows: z.string(),
  mixes: z.string(),
  held: z.array(z.string()),
  /** `_id`s that no row has, of groups that are behind: the first ones, and how many they are in all. */
  extras: z.array(z.string()),
  found: z.number(),
});
export type StoredExtraSearch = Shape<typeof StoredExtraSearch>;

/** extras/*.json and vanished-search/*.json, one for each collection that is searched: a step of nameExtras or findVanished writes it, and the next one goes on. */
export const EXTRA_SEARCH: StoredRecord<StoredExtraSearch> = {
  name: 'How far documents without a row were searched',
  version: VERSIONS.extraSearch,
  schema: StoredExtraSearch,
};
