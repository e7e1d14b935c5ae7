import { isRefusal, MigrationError } from '../errors.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import type { KeyRange, Plan } from '../plan/plan.ts';
import type { SourceDatabase } from '../source/client.ts';
import type { BatchLimits } from '../source/readDocuments.ts';
import type { TargetDatabase } from '../target/client.ts';
import { targetError } from '../target/errors.ts';
import type { TargetTraits } from '../target/flavour.ts';
import type { Pace } from '../target/pace.ts';
import { stopReason } from './pulse.ts';
import { ENDS_UNIT, type UnitInput, type UnitResult, UnitTally } from './unitResult.ts';
import type { Workplace } from './workplace.ts';

/** Rows a batch holds at most when the user named no number: small rows fill it, large ones end by bytes (bench/measured.md §2). */
const AUTO_BATCH_ROWS = 5_000;
const MAX_BATCH_BYTES = 3 * 1024 * 1024;

/** All that the work on one range needs. */
export interface RangeWork {
  readonly source: SourceDatabase;
  readonly target: TargetDatabase;
  readonly traits: TargetTraits;
  readonly pace: Pace;
  readonly definition: CollectionDefinition;
  readonly range: KeyRange;
  readonly limits: BatchLimits;
  readonly signal: AbortSignal;
  readonly tally: UnitTally;
}

interface Ends {
  readonly source: SourceDatabase;
  readonly target: TargetDatabase;
  readonly traits: TargetTraits;
  readonly pace: Pace;
}

/** Opens both ends of a plan and makes sure that they are the ones that it was made for. */
export async function openEnds(
  workplace: Workplace,
  request: UnitInput['request'],
  plan: Plan,
  signal: AbortSignal,
): Promise<Ends> {
  const { connections } = workplace;
  const open = () => Promise.all([connections.source(request.source), connections.target(request.destination)]);
  let [source, target] = await open();
  if (source.display !== plan.source || target.display !== plan.target) {
    // This process may know the secrets of before, where another one has made the plan.
    connections.refresh();
    [source, target] = await open();
  }
  for (const [end, display, planned] of [
    ['source', source.display, plan.source],
    ['target', target.display, plan.target],
  ] as const) {
    if (display === planned) continue;
    throw new MigrationError('config', `The ${end} is ${display}, but the migration was planned for ${planned}`, {
      hint: 'Give the same connections when resuming, or choose another name for another migration',
    });
  }
  let traits: TargetTraits;
  try {
    traits = await askTraits(target);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    connections.refresh();
    const renewed = await connections.target(request.destination);
    if (renewed === target) throw error;
    target = renewed;
    traits = await askTraits(target);
  }
  const pace = connections.pace(request.destination, target, traits, plan.requestUnitsPerSecond, request.stallMinutes);
  return { source: source.until(signal), target, traits, pace };
}

async function askTraits(target: TargetDatabase): Promise<TargetTraits> {
  try {
    return await target.traits();
  } catch (error) {
    throw targetError(error, target.display);
  }
}

/**
 * Does work on the ends, and once more where one of them refuses the login and another one stands behind its name now:
 * a password or an account's key was renewed while the migration runs. Gives back the ends to go on with.
 */
async function withRenewedLogin(
  workplace: Workplace,
  request: UnitInput['request'],
  plan: Plan,
  ends: Ends,
  signal: AbortSignal,
  work: (ends: Ends) => Promise<void>,
): Promise<Ends> {
  try {
    await work(ends);
    return ends;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    workplace.connections.refresh();
    const renewed = await openEnds(workplace, request, plan, signal);
    if (renewed.source.hasConnectionsOf(ends.source) && renewed.target === ends.target) throw error;
    await work(renewed);
    return renewed;
  }
}

/** Batch limits by the request and what one request to the target may hold. */
export function batchLimits(batchSize: number | 'auto', traits: TargetTraits): BatchLimits {
  return {
    maxRows: Math.min(batchSize === 'auto' ? AUTO_BATCH_ROWS : batchSize, traits.maxWriteBatch),
    maxBytes: Math.min(MAX_BATCH_BYTES, Math.floor(traits.maxRequestBytes / 2)),
  };
}

/**
 * Does `work` for each range of a unit that is left to do. A range that fails does not keep the others from being done,
 * unless they would all meet the same; the result says what is left. Throws nothing: failures are data.
 */
export async function forEachRange(
  workplace: Workplace,
  input: UnitInput,
  step: string,
  signal: AbortSignal,
  work: (range: RangeWork) => Promise<void>,
): Promise<UnitResult> {
  const tally = new UnitTally();
  // What is left of a unit has findings of its own, beside those of what was done before; the same again replaces its own.
  const findingsStep = input.only === null ? step : `${step}-${input.only.join('.')}`;
  const { plan, layout } = await workplace.planned(input.id, input.plan);
  const ranges = plan.units[input.unit]?.ranges ?? [];
  const positions = input.only ?? ranges.map((_range, position) => position);
  let ends: Ends;
  try {
    ends = await openEnds(workplace, input.request, plan, signal);
  } catch (error) {
    for (const position of positions) {
      const collection = plan.collections[ranges[position]?.[0] ?? -1];
      tally.fail(position, collection?.table ?? '', error, stopReason(signal));
    }
    return await tally.finish(workplace, input.id, findingsStep);
  }
  const limits = batchLimits(input.request.batchSize, ends.traits);
  let ending: unknown = null;
  for (const position of positions) {
    const [collectionIndex, rangeIndex] = ranges[position] as readonly [number, number];
    const definition = layout.collections[collectionIndex] as CollectionDefinition;
    const range = plan.collections[collectionIndex]?.ranges[rangeIndex] as KeyRange;
    // What failed for good fails for all ranges of the table.
    if (input.skip.includes(definition.table) || tally.hasFailed(definition.table)) continue;
    if (ending !== null || signal.aborted) {
      tally.fail(position, definition.table, ending, stopReason(signal));
      continue;
    }
    try {
      const doRange = (on: Ends) => work({ ...on, definition, range, limits, signal, tally });
      ends = await withRenewedLogin(workplace, input.request, plan, ends, signal, doRange);
    } catch (error) {
      tally.fail(position, definition.table, error, stopReason(signal));
      if (error instanceof MigrationError && ENDS_UNIT.has(error.kind)) ending = error;
    }
  }
  return await tally.finish(workplace, input.id, findingsStep);
}
