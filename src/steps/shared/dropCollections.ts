import type { CollectionClaim, DropOrder } from '../../contract/ownership.ts';
import { MigrationError } from '../../errors.ts';
import { type CarriedExperiments, withoutOthers } from '../../target/broughtExperiments.ts';
import { changeOwnership } from '../../target/ownership.ts';
import { standingCollections } from '../../target/standingCollections.ts';
import type { TargetDatabase } from '../../target/targetDatabase.ts';
import { targetError } from '../../target/targetError.ts';
import type { WriterLease } from '../../target/writerLease.ts';

/**
 * Empties collections for a run with `--drop-target`, once, however often the step is delivered: the order says which
 * collections stood there when the run began, and is left in the target before the first of them goes. What the run itself
 * has made since is another collection of the same name, and stays. `carried`: the experiments that the run alone brings there.
 */
export async function dropCollections(
  target: TargetDatabase,
  run: string,
  names: readonly string[],
  lease: WriterLease,
  carried?: CarriedExperiments,
): Promise<void> {
  let isNew = false;
  const standing = await standingCollections(target, names);
  const ordered = await changeOwnership(target, (ownership) => {
    isNew = ownership.drop?.run !== run;
    return isNew ? { ...ownership, drop: { run, isDone: false, collections: standing } } : ownership;
  });
  const order = ordered?.drop as DropOrder;
  if (order.isDone) return;
  for (const { name, uuid } of order.collections) {
    await lease.check();
    const [now] = await standingCollections(target, [name]);
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
  const gone = new Set(order.collections.map(({ uuid }) => uuid));
  await changeOwnership(target, (ownership) =>
    ownership.drop?.run === run
      ? {
          ...ownership,
          ...(carried === undefined ? {} : { owners: withoutOthers(ownership, new Set(names), carried) }),
          drop: { run, isDone: true, collections: [] },
          collections: ownership.collections.map((claim) => withoutId(claim, gone)),
        }
      : ownership,
  );
}

/** What was dropped is not the collection of its claim any more. */
function withoutId(claim: CollectionClaim, gone: ReadonlySet<string | null>): CollectionClaim {
  const { uuid, ...rest } = claim;
  return uuid !== undefined && gone.has(uuid) ? rest : claim;
}

async function dropOne(target: TargetDatabase, name: string): Promise<void> {
  try {
    await target.db.dropCollection(name);
  } catch (error) {
    throw targetError(error, target.display);
  }
}
