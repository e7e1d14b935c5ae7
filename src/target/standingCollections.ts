import type { TargetDatabase } from './targetDatabase.ts';
import { askTarget } from './targetError.ts';

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
  const present = await askTarget(target, () => target.db.listCollections({ name: { $in: [...names] } }).toArray());
  return present.map((collection) => {
    const { name } = collection;
    const uuid = 'info' in collection ? collection.info?.uuid : undefined;
    return { name, uuid: uuid === undefined ? null : String(uuid) };
  });
}

/** Those of the collections that are there and hold a document. */
export async function filledCollections(target: TargetDatabase, names: readonly string[]): Promise<string[]> {
  return await filledOf(
    target,
    (await standingCollections(target, names)).map(({ name }) => name),
  );
}

/** Those of the collections that hold a document; each of them must be there. */
export async function filledOf(target: TargetDatabase, names: readonly string[]): Promise<string[]> {
  return await askTarget(target, async () => {
    const filled: string[] = [];
    for (const name of names) {
      if ((await target.db.collection(name).findOne({}, { projection: { _id: 1 } })) !== null) filled.push(name);
    }
    return filled;
  });
}
