import type { LaterWrites } from '../mlflow/layouts/layout.ts';
import type { TargetDatabase } from './client.ts';
import { targetError } from './errors.ts';

/** Documents of a collection that are looked at: those inserted last. */
const NEWEST = 200;

/** Collections among whose newest documents are some that no migration has written. Throws target errors. */
export async function collectionsWrittenLater(
  target: TargetDatabase,
  probes: readonly LaterWrites[],
): Promise<string[]> {
  // Only MongoDB itself promises documents in the order of their insertion.
  if (probes.length === 0 || (await target.traits()).flavour !== 'mongodb') return [];
  try {
    const written: string[] = [];
    for (const { collection, fields, isLater } of probes) {
      const projection = Object.fromEntries(fields.map((field) => [field, 1]));
      const newest = await target.db
        .collection(collection)
        .find({}, { projection, promoteValues: false })
        .sort({ $natural: -1 })
        .limit(NEWEST)
        .toArray();
      if (newest.some(isLater)) written.push(collection);
    }
    return written;
  } catch (error) {
    throw targetError(error, target.display);
  }
}
