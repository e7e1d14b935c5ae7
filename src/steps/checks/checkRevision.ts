import { MARKER_COLLECTION, readRevision } from '../../target/ownership.ts';
import type { LateCheck } from './checkContext.ts';

/** The target must have the source's revision; a target that was only adopted has none yet. */
export const checkRevision: LateCheck = async ({ input, plan, layout, ends, tally }) => {
  if (input.from !== 0 || input.request.adoptTarget) return;
  const marker = ends.access({ collection: MARKER_COLLECTION });
  const found = await marker.command(1, () => readRevision(ends.target, plan.identity, plan.layout.layout));
  const isEqual = found?.join() === plan.schema.revisions.join();
  for (const [table, revisions] of Object.entries(plan.tableRows)) {
    if (!layout.markerTables.has(table)) continue;
    tally.documents[table] = isEqual ? revisions : 0;
    if (isEqual) continue;
    const message = `The target has the revision ${found?.join(', ') || 'none'}, the source ${plan.schema.revisions.join(', ') || 'none'}`;
    tally.addError('counts', table, message);
  }
};
