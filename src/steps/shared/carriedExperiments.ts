import type { Plan } from '../../contract/plan.ts';
import { buildLayout } from '../../mlflow/layouts/buildLayout.ts';
import type { CarriedExperiments } from '../../target/broughtExperiments.ts';

/** The experiments that a plan carries alone, undefined where it carries all. */
export function carriedExperiments({
  layout,
  schema,
}: Pick<Plan, 'layout' | 'schema'>): CarriedExperiments | undefined {
  const { experiments, ...all } = layout;
  if (experiments === undefined) return undefined;
  const everyTable = { tables: null, exclude: [] };
  const chosen = new Set(namesOf(buildLayout(schema, { ...layout, ...everyTable })));
  const unrelated = namesOf(buildLayout(schema, { ...all, ...everyTable })).filter((name) => !chosen.has(name));
  return { ids: experiments.ids, unrelated: new Set(unrelated) };
}

function namesOf({ collections }: ReturnType<typeof buildLayout>): string[] {
  return collections.map(({ collection }) => collection);
}
