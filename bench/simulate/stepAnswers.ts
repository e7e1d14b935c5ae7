import { ACTIVITIES } from '../../src/contract/functionNames.ts';
import { MESSAGE_VERSION } from '../../src/contract/messageVersion.ts';
import type { SourceClock } from '../../src/contract/sourceClock.ts';
import type { IndexesBuilt } from '../../src/contract/steps/buildIndexes.ts';
import type { CheckMessage, CheckSummary } from '../../src/contract/steps/checkCollections.ts';
import type { PlanResult } from '../../src/contract/steps/makePlan.ts';
import type { PreflightResult } from '../../src/contract/steps/preflight.ts';
import type { PurgeLanesInput } from '../../src/contract/steps/purgeLanes.ts';
import { storedCounts } from '../../src/contract/tableCounts.ts';
import type { UnitMessage, UnitResult } from '../../src/contract/unit.ts';
import { NO_SUMS } from '../../src/contract/workSums.ts';
import { queueSeconds, uniqueIndexSeconds } from '../../src/plan/indexBuildTime.ts';
import type { Calibration } from './calibration.ts';
import { SPEED_AGAINST_MONGOD } from './documentDb.ts';
import { FUNCTION_TIMEOUT_MS } from './hosting.ts';
import type { WorkPhase } from './speeds.ts';
import type { TargetModel } from './target.ts';
import type { UnitWork, Workload } from './workload.ts';

/** What a step comes to: seconds for itself, or rows that share the speed with other units. */
export type StepAnswer = { readonly value: () => unknown } & (
  | { readonly kind: 'step'; readonly seconds: number }
  | { readonly kind: 'unit'; readonly phase: WorkPhase; readonly work: number }
);

export interface StepModel {
  readonly workload: Workload;
  readonly target: TargetModel;
  readonly calibration: Calibration;
  readonly planStamp: string;
  /** Seconds of index builds that are behind: a step ends with its time, and the next one goes on. */
  readonly built: { seconds: number };
  /** Of the requests of a phase, by the lanes and instances that are at work now. */
  readonly refusedShare: (phase: WorkPhase) => number;
}

/** Of one lane's history: four requests to storage, for eight lanes at once. */
const PURGE_SECONDS = 0.01;
/** Documents of one request, for the counts of requests. */
const DOCUMENTS_PER_REQUEST = 1_000;
/** Indexes that are built after the copy, by bench/seed-scale.sql and the layout `tables`. */
const INDEXES = 22;

/** A source in which nothing is written meanwhile. */
const CLOCK: SourceClock = {
  transaction: '700000',
  next: '700000',
  at: '2026-01-01T00:00:00.000Z',
  position: null,
  isStandby: false,
  open: [],
  prepared: [],
};

/** Answers a step as the real one would, had it done its work: everything arrives, everything is equal. Throws for a step that no simulated run should come to. */
export function answerStep(model: StepModel, name: string, input: unknown): StepAnswer {
  const { workload, calibration } = model;
  const fixed = (value: unknown): StepAnswer => ({
    kind: 'step',
    seconds: calibration.fixedSeconds[name] ?? 0,
    value: () => ({ version: MESSAGE_VERSION, ok: true, value }),
  });
  const overAllRows = (value: unknown): StepAnswer => ({
    ...fixed(value),
    kind: 'step',
    seconds: (calibration.rowSeconds[name] ?? 0) * workload.rows,
  });
  switch (name) {
    case ACTIVITIES.preflight:
      return fixed({
        problems: [],
        isThroughputRaised: false,
        isOurs: false,
        isTakingOver: false,
      } satisfies PreflightResult);
    case ACTIVITIES.makePlan:
      return fixed({
        stamp: model.planStamp,
        units: workload.units.length,
        collections: workload.collections.length,
        totalRows: workload.rows,
        flavour: model.target.flavour,
        hasRequest: true,
        unreadable: [],
      } satisfies PlanResult);
    case ACTIVITIES.prepareTarget:
      return fixed({ writer: '00000000-0000-4000-8000-000000000000', wasMarked: false });
    case ACTIVITIES.copyUnit:
      return unitAnswer(model, 'copy', input as UnitMessage);
    case ACTIVITIES.validateUnit:
      return unitAnswer(model, 'validate', input as UnitMessage);
    case ACTIVITIES.buildIndexes:
      return indexAnswer(model);
    case ACTIVITIES.readSourceClock:
      return fixed({ clock: CLOCK, changedTables: [] });
    case ACTIVITIES.findVanished:
      return overAllRows({ found: {}, failures: [] });
    case ACTIVITIES.checkCollections:
      return overAllRows(checked(input as CheckMessage));
    case ACTIVITIES.purgeLanes: {
      const { from, to } = input as PurgeLanesInput;
      return { kind: 'step', seconds: (to - from) * PURGE_SECONDS, value: () => null };
    }
    case ACTIVITIES.releaseTarget:
    case ACTIVITIES.writeReport:
      return fixed(null);
    default:
      throw new Error(`No answer is modelled for ${name}`);
  }
}

function unitAnswer(model: StepModel, phase: WorkPhase, { unit: number }: UnitMessage): StepAnswer {
  const unit = model.workload.unit(number);
  const requests = Math.ceil(unit.rows / DOCUMENTS_PER_REQUEST);
  const isCharged = model.target.requestUnitsPerSecond !== null;
  const value = (): UnitResult => ({
    ...NO_SUMS,
    tables: Object.fromEntries(
      Object.entries(unit.tables).map(([table, rows]) => [table, storedCounts({ migrated: rows })]),
    ),
    bytes: unit.bytes,
    throttled: Math.round(requests * model.refusedShare(phase)),
    requestUnits: isCharged ? Math.round(phase === 'copy' ? unit.writeCharge : unit.readCharge) : 0,
    requests,
    remaining: [],
    stop: null,
    transient: null,
    fatal: null,
  });
  return {
    kind: 'unit',
    phase,
    work: unit.rows + (phase === 'copy' ? uniqueIndexRows(model, unit) : 0),
    value: () => ({ version: MESSAGE_VERSION, ok: true, value: value() }),
  };
}

/** What the unique indexes of the DocumentDB engine cost, in rows that a core of it would take in that time. */
function uniqueIndexRows({ target, calibration }: StepModel, { uniqueRows }: UnitWork): number {
  if (!target.hasDearIndexes) return 0;
  const seconds = uniqueRows.reduce((sum, { rows, before }) => sum + uniqueIndexSeconds(rows, before), 0);
  return seconds / (calibration.copy.mongod / SPEED_AGAINST_MONGOD);
}

/** One step of building indexes, as long as an activity may take. */
function indexAnswer(model: StepModel): StepAnswer {
  const left = indexSeconds(model) - model.built.seconds;
  const seconds = Math.min(left, FUNCTION_TIMEOUT_MS / 1_000);
  model.built.seconds += seconds;
  const value: IndexesBuilt = { isLeft: seconds < left };
  return { kind: 'step', seconds, value: () => ({ version: MESSAGE_VERSION, ok: true, value }) };
}

/** Sorting makes a build of n rows cost n log n. On request units builds go on in the background, and what they cost is in the charge of each document. */
function indexSeconds({ workload, target, calibration }: StepModel): number {
  if (target.flavour === 'cosmos-ru') return 1;
  const { rows, seconds: measured } = calibration;
  const seconds = (measured.indexes * (workload.rows * Math.log2(workload.rows))) / (rows * Math.log2(rows));
  return target.flavour === 'documentdb' ? seconds / SPEED_AGAINST_MONGOD + queueSeconds(INDEXES) : seconds;
}

function checked({ seen }: CheckMessage): CheckSummary {
  const rows = Object.fromEntries(Object.entries(seen ?? {}).map(([table, [equal]]) => [table, equal]));
  return {
    counts: false,
    indexes: false,
    references: false,
    displaced: false,
    findingCount: 0,
    rows,
    documents: rows,
    orphansAsInSource: 0,
    unchecked: [],
  };
}
