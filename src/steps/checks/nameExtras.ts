import { showKey } from '../../encoding/documentBatch.ts';
import { findExtraIds } from '../../validation/findExtraIds.ts';
import { batchLimits } from '../shared/batchLimits.ts';
import type { LateCheck } from './checkContext.ts';

const MAX_LISTED = 20;

/** Names the documents that no row has, where there are more documents than rows. */
export const nameExtras: LateCheck = async ({ input, ends, tally }) => {
  if (input.request.validate !== 'full') return;
  const limits = batchLimits(input.request.batchSize, ends.traits);
  for (const { definition, documents } of tally.surplus) {
    const extras = await findExtraIds(ends.source, ends.access(definition), definition, limits, documents);
    tally.unlisted += Math.max(0, extras.length - MAX_LISTED);
    for (const key of extras.slice(0, MAX_LISTED)) {
      tally.addError('counts', definition.table, 'The document has no row', { key: showKey(key) });
    }
  }
};
