import { checkReference } from '../../validation/references.ts';
import { countChanged } from '../countChanged.ts';
import type { CollectionCheck } from './checkContext.ts';

/** References of the documents must lead to one, unless they lead nowhere in the source too. */
export const checkReferences: CollectionCheck = async (
  { input, plan, layout, ends, tally },
  { definition, access },
) => {
  for (const reference of definition.references) {
    if (input.skip.includes(reference.source.referencedTable)) continue;
    const countNewParents = async () => {
      const parent = layout.collections.find(({ collection }) => collection === reference.collection);
      if (input.since === null || parent === undefined) return 0;
      return (await countChanged(ends.source, parent, input.since)).changed;
    };
    const { schema } = plan.schema;
    const checked = await checkReference(ends.source, schema, access, definition.table, reference, countNewParents);
    tally.findings.push(...checked.findings);
    tally.orphansAsInSource += checked.orphansAsInSource;
  }
};
