import { type Flavour, isCharged } from '../contract/flavour.ts';
import type { MigrationRequest } from '../contract/migrationRequest.ts';

/** What the phases take of a run's time, in a unit of no matter. */
export interface PhaseWeights {
  readonly copy: number;
  readonly indexes: number;
  readonly validate: number;
}

interface IndexedRows {
  readonly rows: number;
  readonly indexes: number;
}

/** For a row, between what runs of bench's data at scale 10 take on mongod with two cores alone (6, 7 and 8 s) and shared with others (38, 27 and 26 s). */
const COPY = 1;
const VALIDATE = 1;
const INDEX = 0.4;
/** On request units indexes are there before the first document, and reading costs about half of what writing does. */
const CHARGED_VALIDATE = 0.5;

/** What a run was asked for, and whether an earlier one has left everything equal: then nothing is copied, nor compared to catch up. */
interface Asked extends Pick<MigrationRequest, 'catchUp' | 'validateOnly' | 'validate'> {
  readonly isProven: boolean;
}

/** How the time of a run is shared out among its phases, those that it does not pass through at 0. */
export function phaseWeights(
  { catchUp, validateOnly, validate, isProven }: Asked,
  flavour: Flavour,
  collections: readonly IndexedRows[],
): PhaseWeights {
  const isIndexed = !catchUp && !validateOnly;
  const isCompared = (validate === 'full' || catchUp || validateOnly) && !(catchUp && isProven);
  const rows = collections.reduce((sum, collection) => sum + collection.rows, 0);
  const entries = collections.reduce((sum, collection) => sum + collection.rows * collection.indexes, 0);
  return {
    copy: isIndexed && !isProven ? rows * COPY : 0,
    indexes: isIndexed && !isCharged(flavour) ? entries * INDEX : 0,
    validate: isCompared ? rows * (isCharged(flavour) ? CHARGED_VALIDATE : VALIDATE) : 0,
  };
}
