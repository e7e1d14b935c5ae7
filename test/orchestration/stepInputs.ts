import type { z } from 'zod';
import type { ACTIVITIES } from '../../src/contract/functionNames.ts';
import { HearWordInput } from '../../src/contract/operatorWord.ts';
import { IndexInput } from '../../src/contract/steps/buildIndexes.ts';
import { CheckInput } from '../../src/contract/steps/checkCollections.ts';
import { FindVanishedInput } from '../../src/contract/steps/findVanished.ts';
import { MakePlanInput } from '../../src/contract/steps/makePlan.ts';
import { PreflightInput } from '../../src/contract/steps/preflight.ts';
import { PrepareInput } from '../../src/contract/steps/prepareTarget.ts';
import { ReadSourceClockInput } from '../../src/contract/steps/readSourceClock.ts';
import { RecallInput } from '../../src/contract/steps/recallRun.ts';
import { ReleaseInput } from '../../src/contract/steps/releaseTarget.ts';
import { RemoveVanishedInput } from '../../src/contract/steps/removeVanished.ts';
import { RaiseInput, RestoreInput } from '../../src/contract/steps/throughput.ts';
import { ReportInput } from '../../src/contract/steps/writeReport.ts';
import { UnitInput } from '../../src/contract/unit.ts';

/** The schema by which each activity reads its input. */
export const STEP_INPUTS: Readonly<Record<keyof typeof ACTIVITIES, z.ZodType>> = {
  preflight: PreflightInput,
  makePlan: MakePlanInput,
  prepareTarget: PrepareInput,
  copyUnit: UnitInput,
  buildIndexes: IndexInput,
  validateUnit: UnitInput,
  checkCollections: CheckInput,
  readSourceClock: ReadSourceClockInput,
  findVanished: FindVanishedInput,
  removeVanished: RemoveVanishedInput,
  raiseThroughput: RaiseInput,
  restoreThroughput: RestoreInput,
  releaseTarget: ReleaseInput,
  writeReport: ReportInput,
  hearWord: HearWordInput,
  recallRun: RecallInput,
};
