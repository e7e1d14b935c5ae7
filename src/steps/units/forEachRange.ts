import { createHash } from 'node:crypto';
import type { KeyRange, Plan } from '../../contract/plan.ts';
import type { CutRange, UnitInput, UnitResult } from '../../contract/unit.ts';
import type { BatchSize } from '../../encoding/documentBatch.ts';
import { MigrationError } from '../../errors.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import { areSameClients, type Clients } from '../../runtime/connections.ts';
import { DifferenceFile } from '../../runtime/differenceFile.ts';
import type { RangeCount } from '../../runtime/progressCounter.ts';
import type { PlannedWork, Services } from '../../runtime/services.ts';
import { stopReason } from '../../runtime/stopReason.ts';
import type { BatchLimits } from '../../source/batcher.ts';
import type { SourceDatabase } from '../../source/sourceDatabase.ts';
import type { DocumentAccess } from '../../target/documentAccess.ts';
import { batchLimits } from '../shared/batchLimits.ts';
import { type Ends, openEnds } from '../shared/useEnds.ts';
import { type AskSource, cutRange, doInPieces } from './rangePieces.ts';
import { noteUnanswered, unansweredProblem } from './unansweredUnits.ts';
import { ENDS_UNIT, UnitTally } from './unitTally.ts';

/** What a step is given to do one range with. */
export interface RangeContext {
  readonly source: SourceDatabase;
  readonly definition: CollectionDefinition;
  readonly range: KeyRange;
  readonly limits: BatchLimits;
  /** The documents of its collection, which may be written where the run may write at all. */
  readonly access: DocumentAccess;
  readonly mayWrite: boolean;
  /** Does the collection hold other data as well? */
  readonly isShared: boolean;
  readonly tally: UnitTally;
  /** Is it a range of the plan? Otherwise a piece of one. */
  readonly isWhole: boolean;
  /** Takes every difference of a row that the unit meets. */
  readonly differences: DifferenceFile;
  /** Counts the range's rows for the status. */
  readonly progress: RangeCount;
  /** Waits until the process has room for a batch, so many times over; gives the function to call when it is done with. */
  admit(batch: BatchSize, copies: number): Promise<() => void>;
}

/** Does one range of a unit; may be called any number of times for the same one. */
export type DoRange = (context: RangeContext) => Promise<void>;

/**
 * Calls `doRange` for each range of a unit that is left to do. A range that fails does not keep the others from being done,
 * unless they would all meet the same; the result says what is left. Failures of ranges are data; throws what reading the
 * plan and storing the findings throw.
 */
export async function forEachRange(
  services: Services,
  input: UnitInput,
  step: string,
  signal: AbortSignal,
  doRange: DoRange,
): Promise<UnitResult> {
  const planned = await services.planned(input.id, input.planStamp);
  const name = attemptName(step, input);
  const differences = new DifferenceFile(services.blobs, input.id, name);
  const unit: UnitContext = { services, input, plan: planned.plan, signal, tally: new UnitTally(), differences };
  const ranges = rangesToDo(planned, input);
  const tables = [...new Set(ranges.map(({ definition }) => definition.table))];
  if (input.lost !== undefined) await noteUnanswered(services, input, planned.plan, step, tables);
  if (input.lost !== undefined && input.isGivenUp === true) {
    const problem = unansweredProblem(input.lost);
    for (const table of tables) unit.tally.failures.push({ table, problem });
  } else {
    // What cannot be done in pieces has all the time that the host gives.
    if (input.cut?.rows === 0) await doRanges(unit, ranges, doRange);
    else await services.shift.during(signal, (shift) => doRanges({ ...unit, signal: shift }, ranges, doRange));
  }
  await differences.finish();
  return await unit.tally.finish(services, input.id, name);
}

/**
 * Names the work that an attempt at a unit has before it: what is left of a unit has findings of its own, beside those of what was
 * done before; the same again replaces its own.
 */
export function attemptName(step: string, { only, cut }: Pick<UnitInput, 'only' | 'cut'>): string {
  const lower =
    cut?.lower == null ? '' : `-${createHash('sha256').update(JSON.stringify(cut.lower)).digest('hex').slice(0, 16)}`;
  return `${step}${only === null ? '' : `-${only.join('.')}`}${lower}`;
}

/** A unit that is worked on. */
interface UnitContext {
  readonly services: Services;
  readonly input: UnitInput;
  readonly plan: Plan;
  readonly signal: AbortSignal;
  readonly tally: UnitTally;
  readonly differences: DifferenceFile;
}

interface UnitRange {
  /** In the unit. */
  readonly position: number;
  readonly definition: CollectionDefinition;
  readonly range: KeyRange;
}

function rangesToDo({ plan, layout }: PlannedWork, { unit, only }: UnitInput): UnitRange[] {
  const ranges = plan.units[unit]?.ranges ?? [];
  const positions = only ?? ranges.map((_range, position) => position);
  return positions.map((position) => {
    const [collection, range] = ranges[position] as readonly [number, number];
    return {
      position,
      definition: layout.collections[collection] as CollectionDefinition,
      range: plan.collections[collection]?.ranges[range] as KeyRange,
    };
  });
}

async function doRanges(unit: UnitContext, ranges: readonly UnitRange[], doRange: DoRange): Promise<void> {
  const { services, input, plan, signal, tally } = unit;
  const fail = ({ position, definition }: UnitRange, error: unknown) =>
    tally.fail(position, definition.table, error, stopReason(signal));
  let opened: { readonly ends: Ends; readonly clients: Clients } | null = null;
  const withEnds = <T>(doWith: (ends: Ends) => Promise<T>) =>
    services.connections.use(input.request, plan, async (clients) => {
      if (opened === null || !areSameClients(opened.clients, clients))
        opened = { ends: await openEnds(services, clients, input, plan, signal), clients };
      return await doWith(opened.ends);
    });
  try {
    await withEnds(async () => undefined);
  } catch (error) {
    for (const range of ranges) fail(range, error);
    return;
  }
  const { counter } = services.heartbeat(input.id, input.planStamp);
  const doOne = (range: UnitRange, isWhole: boolean) =>
    withEnds(async (ends) => {
      const release = await services.budget.admitRange(ends.traits, signal);
      const progress = counter.openRange();
      let isDone = false;
      try {
        await doRange({ ...rangeContext(unit, ends, range, progress), isWhole });
        isDone = true;
      } finally {
        progress.close(isDone);
        unit.differences.close(isDone);
        release();
      }
    });
  const cut = cutRange(input);
  let done = 0;
  let ending: unknown = null;
  for (const range of ranges) {
    const { table } = range.definition;
    // What failed for good fails for all ranges of the table.
    if (input.skip.includes(table) || tally.hasFailed(table)) continue;
    if (ending !== null || signal.aborted) {
      fail(range, ending);
      continue;
    }
    try {
      if (cut?.position === range.position) {
        tally.cut = cut;
        const askSource: AskSource = (ask) => withEnds(({ source }) => ask(source));
        const doPiece = (piece: KeyRange) => doOne({ ...range, range: piece }, false);
        const keep = (rest: CutRange | null) => {
          tally.cut = rest;
        };
        await doInPieces(askSource, range.definition, range.range, cut, { doPiece, keep });
      } else {
        await doOne(range, true);
      }
      done++;
    } catch (error) {
      fail(range, error);
      // One that had all of the time and did not end would not end the next time either.
      if (stopReason(signal) === 'time' && done === 0)
        tally.cut ??= { position: range.position, lower: null, rows: null };
      if (error instanceof MigrationError && ENDS_UNIT.has(error.kind)) ending = error;
    }
  }
}

function rangeContext(
  { services, input, signal, tally, differences }: UnitContext,
  { source, traits, lease, shared, writeAccess }: Ends,
  { definition, range }: UnitRange,
  progress: RangeCount,
): Omit<RangeContext, 'isWhole'> {
  const { counter } = services.heartbeat(input.id, input.planStamp);
  const access = writeAccess(definition, (load) => {
    tally.addLoad(load);
    counter.addLoad(load);
  });
  return {
    source,
    definition,
    range,
    limits: batchLimits(input.request.batchSize, traits),
    access,
    mayWrite: lease !== null,
    isShared: shared.has(definition.collection),
    tally,
    differences,
    progress,
    admit: (batch, copies) => services.budget.admitBatch(batch, copies, signal),
  };
}
