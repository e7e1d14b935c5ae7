import type { IndexDefinition } from '../../mlflow/layouts/layout.ts';
import { type IndexBuildTime, indexBuildTime } from '../../plan/indexBuildTime.ts';
import type { PlannedWork } from '../../runtime/services.ts';

/** Does the index cost the engine the more for each document, the more documents there are? */
export function isCompoundUnique({ isUnique, keys }: IndexDefinition): boolean {
  return isUnique && keys.length > 1;
}

/** What the indexes of a plan take the DocumentDB engine, were those of the compound unique ones plain that `staysUnique` says no to. */
export function indexTime(
  { plan, layout }: PlannedWork,
  staysUnique: (index: IndexDefinition) => boolean = () => true,
): IndexBuildTime {
  return indexBuildTime(
    layout.collections.map(({ indexes }, position) => {
      const compoundUnique = indexes.filter((index) => isCompoundUnique(index) && staysUnique(index)).length;
      const rows = plan.collections[position]?.rows ?? 0;
      return { rows, compoundUnique, others: indexes.length - compoundUnique };
    }),
  );
}
