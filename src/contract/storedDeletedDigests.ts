import { z } from 'zod';
import { StoredDigests } from './collectionDigest.ts';
import type { StoredRecord } from './storedRecord.ts';
import { VERSIONS } from './versions.ts';

/** deleted-digests/*.json: what a step is about to delete, as `removeVanished` found it before the first of it went. Another delivery of the step finds less. */
export const DELETED_DIGESTS: StoredRecord<{ readonly digests: StoredDigests }> = {
  name: 'The digest of what a step deletes',
  version: VERSIONS.deletedDigests,
  schema: z.object({ digests: StoredDigests }),
};
