import { z } from 'zod';
import { PHASES } from './migrationStatus.ts';
import type { Shape } from './shape.ts';

const at = z.string();

/** Something that happened in a run, as its orchestration notes it. `at`: ISO 8601. */
export const RunEvent = z.discriminatedUnion('what', [
  /** A phase began. */
  z.object({ at, what: z.literal('phase'), phase: z.enum(PHASES) }),
  /** `repaired`: documents that differed from their rows were replaced; `retried`: steps that ended without an answer are done again. */
  z.object({ at, what: z.enum(['repaired', 'retried']), count: z.number() }),
]);
export type RunEvent = Shape<typeof RunEvent>;
