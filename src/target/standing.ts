import type { TargetDatabase } from './client.ts';
import { targetError } from './errors.ts';

/** A collection that is there. */
export interface StandingCollection {
  readonly name: string;
  /** The id by which the server tells it from others of the same name, null where it says none. */
  readonly uuid: string | null;
}

/** Those of the collections that are there. Throws target errors. */
export async function standingCollections(
  target: TargetDatabase,
  names: readonly string[],
): Promise<StandingCollection[]> {
  try {
    const present = await target.db.listCollections({ name: { $in: [...names] } }).toArray();
    return present.map((collection) => {
      const { name } = collection;
      const uuid = 'info' in collection ? collection.info?.uuid : undefined;
      return { name, uuid: uuid === undefined ? null : String(uuid) };
    });
  } catch (error) {
    throw targetError(error, target.display);
  }
}
