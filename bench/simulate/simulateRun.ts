import type { OrchestrationHandler } from 'durable-functions';
import { parseStartRequest, toMigrationRequest } from '../../src/config/schemas/parseStartRequest.ts';
import { ACTIVITIES, ORCHESTRATORS } from '../../src/contract/functionNames.ts';
import { MESSAGE_VERSION } from '../../src/contract/messageVersion.ts';
import type { MigrateInput } from '../../src/contract/migration.ts';
import type { MigrationRequest } from '../../src/contract/migrationRequest.ts';
import type { PurgeLanesInput } from '../../src/contract/steps/purgeLanes.ts';
import { countsOf } from '../../src/contract/tableCounts.ts';
import type { UnitResult } from '../../src/contract/unit.ts';
import { migrate } from '../../src/orchestrators/migrate.ts';
import { runLane } from '../../src/orchestrators/runLane.ts';
import type { Calibration } from './calibration.ts';
import { FunctionApp } from './functionApp.ts';
import type { HistorySize } from './historySize.ts';
import type { Hosting } from './hosting.ts';
import { MessageQueue } from './messageQueue.ts';
import { Orchestration } from './orchestration.ts';
import { throughputDollars } from './prices.ts';
import { partitionsOf } from './requestUnitService.ts';
import { SharedWork } from './sharedWork.ts';
import { Speeds, type WorkPhase } from './speeds.ts';
import { answerStep, type StepModel } from './stepAnswers.ts';
import { StorageTransactions } from './storageTransactions.ts';
import type { TargetModel } from './target.ts';
import { VirtualClock } from './virtualClock.ts';
import { planWorkload, type UnitWork } from './workload.ts';

export interface SimulationInput {
  readonly rows: number;
  readonly target: TargetModel;
  readonly hosting: Hosting;
  /** `--parallel`; null for what the program chooses. */
  readonly parallel: number | null;
  readonly calibration: Calibration;
}

/** What one run came to. */
export interface SimulatedRun {
  readonly rows: number;
  readonly units: number;
  /** Of the plan's ranges and units, as JSON. */
  readonly planBytes: number;
  readonly seconds: { readonly total: number } & Readonly<Record<WorkPhase | 'indexesAndProof', number>>;
  /** Rows that were answered as copied and as seen equal. */
  readonly copied: number;
  readonly validated: number;
  readonly requestUnits: number;
  /** Share of the copy's requests of which something was refused. */
  readonly refusedShare: number;
  readonly partitions: number | null;
  readonly dollars: number | null;
  readonly instances: number;
  readonly instanceHours: number;
  /** The longest history of a generation of each orchestration, and the largest message that one has sent or got. */
  readonly history: Readonly<Record<string, LongestHistory>>;
  readonly generations: number;
  readonly storageTransactions: number;
  /** The step over whole collections that takes longest. */
  readonly longestStep: { readonly name: string; readonly seconds: number };
}

/** Sizes in bytes of JSON. */
interface LongestHistory {
  readonly events: number;
  readonly bytes: number;
  readonly largestMessage: number;
}

const BEGIN_MS = Date.UTC(2026, 0, 1);
const HANDLERS: Readonly<Record<string, OrchestrationHandler>> = {
  [ORCHESTRATORS.migrate]: migrate,
  [ORCHESTRATORS.runLane]: runLane,
};

/** Runs the real orchestrators over the real plan of so many rows, against the model of a target, on virtual time. */
export function simulateRun({ rows, target, hosting, parallel, calibration }: SimulationInput): SimulatedRun {
  const clock = new VirtualClock(BEGIN_MS);
  const workload = planWorkload(rows, target.flavour, target.requestUnitsPerSecond);
  const app = new FunctionApp(clock, hosting);
  const storage = new StorageTransactions();
  const [control, work] = [new MessageQueue(clock, hosting), new MessageQueue(clock, hosting)];
  const speeds = new Speeds(calibration, hosting, target, wholeOf(workload));
  const lanesNow: Record<WorkPhase, number> = { copy: 0, validate: 0 };
  const shared = { copy: sharedBy('copy'), validate: sharedBy('validate') };
  const seen = { copied: 0, validated: 0, requestUnits: 0, refused: 0, requests: 0 };
  const spans: Record<string, { from: number; to: number }> = {};
  const history: Record<string, LongestHistory> = {};
  let longestStep = { name: '', seconds: 0 };
  let generations = 1;
  let hasEnded = false;

  let isBuilding = false;

  function sharedBy(phase: WorkPhase): SharedWork {
    return new SharedWork(clock, (lanes) => speeds.rowsPerSecond(phase, lanes, app.busyInstances, isBuilding) / lanes);
  }

  /** Index builds take cores that the comparison beside them has not. */
  function setBuilding(is: boolean): void {
    isBuilding = is;
    shared.validate.changed();
  }

  const model: StepModel = {
    workload,
    target,
    calibration,
    planStamp: new Date(BEGIN_MS).toISOString(),
    built: { seconds: 0 },
    refusedShare: (phase) => speeds.share(phase, Math.max(1, lanesNow[phase]), app.busyInstances).refusedShare,
  };

  function startActivity(name: string, input: unknown, onDone: (result: unknown) => void): void {
    work.deliver(() =>
      app.run((leave) => {
        const begunMs = clock.nowMs;
        const answer = answerStep(model, name, input);
        const end = () => {
          const value = answer.value();
          if (answer.kind === 'unit') {
            tally(answer.phase, (value as { value: UnitResult }).value);
            lanesNow[answer.phase]--;
          }
          storage.activity();
          if (name === ACTIVITIES.buildIndexes) setBuilding(false);
          if (name === ACTIVITIES.purgeLanes) storage.purge(lanesOf(input as PurgeLanesInput));
          note(name, begunMs);
          leave();
          onDone(value);
        };
        if (answer.kind === 'unit') {
          lanesNow[answer.phase]++;
          shared[answer.phase].add(answer.work, end);
          return;
        }
        if (name === ACTIVITIES.buildIndexes) setBuilding(true);
        if (answer.seconds > longestStep.seconds) longestStep = { name, seconds: answer.seconds };
        clock.after(answer.seconds * 1_000, end);
      }),
    );
  }

  function tally(phase: WorkPhase, result: UnitResult): void {
    const migrated = Object.values(result.tables).reduce((sum, counts) => sum + countsOf(counts).migrated, 0);
    seen[phase === 'copy' ? 'copied' : 'validated'] += migrated;
    seen.requestUnits += result.requestUnits;
    if (phase !== 'copy') return;
    // Not as the unit tells it, in whole requests.
    seen.refused += result.requests * model.refusedShare('copy');
    seen.requests += result.requests;
  }

  function note(name: string, fromMs: number): void {
    const span = spans[name];
    spans[name] = { from: Math.min(span?.from ?? fromMs, fromMs), to: clock.nowMs };
  }

  const hub = {
    nowMs: () => clock.nowMs,
    startActivity,
    startChild: (name: string, input: unknown, onDone: (result: unknown) => void): void => {
      const handler = HANDLERS[name];
      if (handler === undefined) throw new Error(`No orchestrator is simulated for ${name}`);
      void new Orchestration(name, handler, hub, input, onDone);
    },
    startTimer: (ms: number, onDone: () => void): void => clock.after(ms, onDone),
    send: (deliver: () => void): void => control.deliver(deliver),
    onTurn: (name: string, size: HistorySize, rowsWritten: number): void => {
      const most = history[name];
      history[name] = {
        events: Math.max(most?.events ?? 0, size.events),
        bytes: Math.max(most?.bytes ?? 0, size.bytes),
        largestMessage: Math.max(most?.largestMessage ?? 0, size.largestMessage),
      };
      if (name === ORCHESTRATORS.migrate && size.events === rowsWritten && spans['preflight'] !== undefined)
        generations++;
      storage.turn(size.events, rowsWritten);
    },
  };

  const input: MigrateInput = {
    version: MESSAGE_VERSION,
    id: 'migration-simulated',
    request: requestOf(parallel),
    state: null,
  };
  void new Orchestration(ORCHESTRATORS.migrate, migrate, hub, input, () => {
    hasEnded = true;
  });
  clock.run(() => hasEnded);
  if (!hasEnded) throw new Error('The simulated migration waits for something that never comes');

  const total = (clock.nowMs - BEGIN_MS) / 1_000;
  const secondsOf = (name: string) => ((spans[name]?.to ?? 0) - (spans[name]?.from ?? 0)) / 1_000;
  const { requestUnitsPerSecond } = target;
  return {
    rows: workload.rows,
    units: workload.units.length,
    planBytes: JSON.stringify([workload.collections, workload.units]).length,
    seconds: {
      total,
      copy: secondsOf(ACTIVITIES.copyUnit),
      indexesAndProof:
        ((spans[ACTIVITIES.checkCollections]?.to ?? 0) -
          Math.min(...[ACTIVITIES.buildIndexes, ACTIVITIES.validateUnit].map((name) => spans[name]?.from ?? 0))) /
        1_000,
      validate:
        secondsOf(ACTIVITIES.validateUnit) +
        secondsOf(ACTIVITIES.findVanished) +
        secondsOf(ACTIVITIES.checkCollections),
    },
    copied: seen.copied,
    validated: seen.validated,
    requestUnits: seen.requestUnits,
    refusedShare: seen.requests === 0 ? 0 : seen.refused / seen.requests,
    partitions: requestUnitsPerSecond === null ? null : partitionsOf(requestUnitsPerSecond, workload.bytes),
    dollars: requestUnitsPerSecond === null ? null : throughputDollars(requestUnitsPerSecond, total),
    instances: app.instances,
    instanceHours: app.instanceSeconds() / 3_600,
    history,
    generations,
    storageTransactions: storage.total(total, app.instances, hosting),
    longestStep,
  };
}

/** The whole workload as one unit: for means. */
function wholeOf({ units, unit, rows, bytes }: ReturnType<typeof planWorkload>): UnitWork {
  let [writeCharge, readCharge] = [0, 0];
  for (let index = 0; index < units.length; index++) {
    const one = unit(index);
    writeCharge += one.writeCharge;
    readCharge += one.readCharge;
  }
  return { tables: {}, rows, bytes, writeCharge, readCharge, uniqueRows: [] };
}

function lanesOf({ from, to }: PurgeLanesInput): number {
  return to - from;
}

function requestOf(parallel: number | null): MigrationRequest {
  const settings = parallel === null ? {} : { migration_settings: { parallel } };
  return toMigrationRequest(parseStartRequest({ name: 'simulated', ...settings }));
}
