import { z } from 'zod';
import type { DeletedDocuments } from './facts.ts';
import type { VanishedKeys } from './steps/findVanished.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';

/** What one look has found to delete. */
export interface StoredVanished {
  readonly collections: readonly VanishedKeys[];
}

/** vanished/*.json, one for each look: `findVanished` writes it, `removeVanished` reads it. */
export const VANISHED: StoredRecord<StoredVanished> = {
  name: 'What a look has found to delete',
  version: VERSIONS.vanished,
  schema: z.object({
    collections: z.array(z.object({ collection: z.number(), table: z.string(), keys: z.array(z.string()) })),
  }),
  upgrade: (collections) => ({ collections }),
};

/** What one step has deleted. */
export interface StoredDeleted {
  readonly tables: Readonly<Record<string, DeletedDocuments>>;
}

/** deleted/*.json, one for each step that deleted something: `removeVanished` writes it, the report reads them all. */
export const DELETED: StoredRecord<StoredDeleted> = {
  name: 'What a step has deleted',
  version: VERSIONS.deleted,
  schema: z.object({ tables: z.record(z.string(), z.object({ count: z.number(), keys: z.array(z.string()) })) }),
  upgrade: (tables) => ({ tables }),
};
