import { compareIndexes, createIndexes } from '../../target/indexes.ts';
import type { CollectionCheck } from './checkContext.ts';

/** The collection must have the indexes of its definition; a run that writes makes up for what is missing first. */
export const checkIndexes: CollectionCheck = async ({ ends, tally, signal }, { definition, access }) => {
  const { target, traits, lease } = ends;
  const { collection, indexes, table } = definition;
  const compare = () => access.command(1, () => compareIndexes(target, traits, collection, indexes));
  let differences = await compare();
  if (lease !== null && differences.length > 0) {
    // A unique index that documents of before the comparison stood in the way of.
    await lease.check();
    await access.command(1, () => createIndexes(target, traits, collection, indexes, signal));
    differences = await compare();
  }
  for (const { message } of differences) tally.addError('indexes', table, message);
};
