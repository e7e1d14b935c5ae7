import { buildLayout } from '../../mlflow/layouts/buildLayout.ts';
import { MARKER_COLLECTION, otherFilledCollections } from '../../target/ownership.ts';
import { carriedExperiments } from '../shared/carriedExperiments.ts';
import type { LateCheck } from './checkContext.ts';

/**
 * No collection may be left that an earlier run has filled from a table which the source has no more. Those that a choice of
 * experiments leaves out are named where they keep documents, as nothing else is said of them.
 */
export const checkLeftCollections: LateCheck = async ({ input, plan, ends, tally }) => {
  if (input.from !== 0 || input.request.tables !== null) return;
  const { experiments: _chosen, ...all } = plan.layout;
  const whole = buildLayout(plan.schema, { ...all, exclude: [] });
  const names = new Set(whole.collections.map(({ collection }) => collection));
  const unrelated = carriedExperiments(plan)?.unrelated ?? new Set<string>();
  const carried = new Set([...names].filter((name) => !unrelated.has(name)));
  const marker = ends.access({ collection: MARKER_COLLECTION });
  const left = await marker.command(1, () =>
    otherFilledCollections(ends.target, plan.identity, plan.layout.layout, carried),
  );
  for (const name of left) {
    if (unrelated.has(name)) {
      const message = `The collection ${name} keeps what an earlier run brought: as it is left out, it was not compared`;
      tally.addNote('schema', name, message);
      continue;
    }
    const message = `An earlier run filled the collection ${name}, for which the source has no table now (dropped, renamed, or a partition of another): where its documents are not wanted, drop it in the target`;
    tally.addError('schema', name, message, { kind: 'extra' });
  }
};
