import type { DropOrder } from '../contract/ownership.ts';
import { MigrationError } from '../errors.ts';
import type { TargetDatabase } from '../target/client.ts';
import { targetError } from '../target/errors.ts';
import { changeOwnership } from '../target/ownership.ts';
import type { WriterLease } from '../target/writerLease.ts';

/**
 * Empties collections for a run with `--drop-target`, once, however often the step is delivered: the order says which
 * collections stood there when the run began, and is left in the target before the first of them goes. What the run itself
 * has made since is another collection of the same name, and stays.
 */
export async function dropCollections(
  target: TargetDatabase,
  run: string,
  names: readonly string[],
  lease: WriterLease,
): Promise<void> {
  let isNew = false;
  const standing = await uuids(target, names);
  const ordered = await changeOwnership(target, (ownership) => {
    isNew = ownership.drop?.run !== run;
    return isNew ? { ...ownership, drop: { run, isDone: false, collections: standing } } : ownership;
  });
  const order = ordered?.drop as DropOrder;
  if (order.isDone) return;
  for (const { name, uuid } of order.collections) {
    await lease.check();
    const [now] = await uuids(target, [name]);
    if (now === undefined) continue;
    if (uuid === null && !isNew) {
      throw new MigrationError(
        'target-not-empty',
        `Emptying ${name} of ${target.display} was cut short, and this target does not tell whether it was made anew since`,
        { hint: 'Start again with --drop-target' },
      );
    }
    if (now.uuid === uuid) await dropOne(target, name);
  }
  await changeOwnership(target, (ownership) =>
    ownership.drop?.run === run ? { ...ownership, drop: { run, isDone: true, collections: [] } } : ownership,
  );
}

async function dropOne(target: TargetDatabase, name: string): Promise<void> {
  try {
    await target.db.dropCollection(name);
  } catch (error) {
    throw targetError(error, target.display);
  }
}

/** Those of the collections that are there, with the id by which the server tells them from others of the same name. */
async function uuids(
  target: TargetDatabase,
  names: readonly string[],
): Promise<{ name: string; uuid: string | null }[]> {
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
