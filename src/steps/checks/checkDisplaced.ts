import { displacedFindings } from '../../validation/displacedFindings.ts';
import type { CollectionCheck } from './checkContext.ts';

/** No document may be left that gave a unique value up and did not get its row's own since. A run that writes nothing leaves none. */
export const checkDisplaced: CollectionCheck = async ({ ends, tally }, { definition, access }) => {
  if (ends.lease !== null) tally.findings.push(...(await displacedFindings(access, definition)));
};
