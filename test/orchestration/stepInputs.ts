import type { z } from 'zod';
import type { ACTIVITIES } from '../../src/contract/functionNames.ts';
import { HearWordInput } from '../../src/contract/operatorWord.ts';
import { BackInput } from '../../src/contract/steps/bringBack.ts';
import { IndexMessage } from '../../src/contract/steps/buildIndexes.ts';
import { CheckMessage } from '../../src/contract/steps/checkCollections.ts';
import { FindVanishedMessage } from '../../src/contract/steps/findVanished.ts';
import { MakePlanInput } from '../../src/contract/steps/makePlan.ts';
import { NameExtrasMessage } from '../../src/contract/steps/nameExtras.ts';
import { PreflightInput } from '../../src/contract/steps/preflight.ts';
import { PrepareMessage } from '../../src/contract/steps/prepareTarget.ts';
import { PurgeLanesInput } from '../../src/contract/steps/purgeLanes.ts';
import { RaiseMessage } from '../../src/contract/steps/raiseThroughput.ts';
import { ReadSourceClockMessage } from '../../src/contract/steps/readSourceClock.ts';
import { RecallInput } from '../../src/contract/steps/recallRun.ts';
import { ReleaseInput } from '../../src/contract/steps/releaseTarget.ts';
import { RemoveVanishedMessage } from '../../src/contract/steps/removeVanished.ts';
import { RestoreInput } from '../../src/contract/steps/restoreThroughput.ts';
import { ReportInput } from '../../src/contract/steps/writeReport.ts';
import { UnitMessage } from '../../src/contract/unit.ts';

/** The schema by which each activity reads its input. */
export const STEP_INPUTS: Readonly<Record<keyof typeof ACTIVITIES, z.ZodType>> = {
  preflight: PreflightInput,
  makePlan: MakePlanInput,
  prepareTarget: PrepareMessage,
  copyUnit: UnitMessage,
  buildIndexes: IndexMessage,
  validateUnit: UnitMessage,
  checkCollections: CheckMessage,
  nameExtras: NameExtrasMessage,
  readSourceClock: ReadSourceClockMessage,
  findVanished: FindVanishedMessage,
  removeVanished: RemoveVanishedMessage,
  raiseThroughput: RaiseMessage,
  restoreThroughput: RestoreInput,
  releaseTarget: ReleaseInput,
  writeReport: ReportInput,
  hearWord: HearWordInput,
  recallRun: RecallInput,
  bringBack: BackInput,
  purgeLanes: PurgeLanesInput,
};
