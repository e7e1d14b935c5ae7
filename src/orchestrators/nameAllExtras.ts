import type { OrchestrationContext, Task } from 'durable-functions';
import { ACTIVITIES } from '../contract/functionNames.ts';
import type { MigrateState } from '../contract/migrateState.ts';
import type { SurplusCollection } from '../contract/steps/checkCollections.ts';
import type { ExtrasNamed, NameExtrasMessage } from '../contract/steps/nameExtras.ts';
import type { Problem } from '../errors.ts';
import { callStep } from './callStep.ts';
import { aboutPlan, type Migration, positionOf } from './state.ts';

/** Documents without a row, and how many of them no finding names. */
type AllNamed = Pick<ExtrasNamed, 'found' | 'unlisted'>;

/** Names documents without a row in collections that have more documents than rows, one after the other, each in as many steps as it takes. */
export function* nameAllExtras(
  context: OrchestrationContext,
  migration: Migration,
  state: MigrateState,
  collections: readonly SurplusCollection[],
): Generator<Task, AllNamed | { readonly problem: Problem }, unknown> {
  const { stallMinutes } = migration.request;
  let all: AllNamed = { found: 0, unlisted: 0 };
  const { writer, passes, rechecks } = state;
  // Checks that are made again after another pass search anew.
  const about = {
    ...aboutPlan(migration, state),
    writer,
    notBefore: positionOf(state),
    search: `${passes}-${rechecks}`,
  };
  for (const [collection, documents] of collections) {
    for (let isLeft = true; isLeft; ) {
      const input: NameExtrasMessage = { ...about, collection, documents };
      const result = yield* callStep<ExtrasNamed>(context, ACTIVITIES.nameExtras, input, stallMinutes);
      if ('problem' in result) return result;
      const { value } = result;
      isLeft = value.isLeft;
      all = { found: all.found + value.found, unlisted: all.unlisted + value.unlisted };
    }
  }
  return all;
}
