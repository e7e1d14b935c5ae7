import type { KeyRange, Plan } from '../contract/plan.ts';
import type { UnitInput, UnitResult } from '../contract/unit.ts';
import { isRefusal, MigrationError } from '../errors.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { type RangeCount, stopReason } from '../runtime/pulse.ts';
import type { Workplace } from '../runtime/workplace.ts';
import type { SourceDatabase } from '../source/client.ts';
import type { BatchLimits } from '../source/readDocuments.ts';
import type { TargetDatabase } from '../target/client.ts';
import type { AccessOptions } from '../target/documentAccess.ts';
import { targetError } from '../target/errors.ts';
import type { TargetTraits } from '../target/flavour.ts';
import { readOwnership } from '../target/ownership.ts';
import type { Pace } from '../target/pace.ts';
import type { WriterLease } from '../target/writerLease.ts';
import { lossProblem, noteLoss, tablesOf } from './lostUnits.ts';
import { ENDS_UNIT, UnitTally } from './unitResult.ts';

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
  /** The right to write; null in a comparison, which writes nothing. */
  readonly lease: WriterLease | null;
  /** Collections that hold other data as well. */
  readonly shared: ReadonlySet<string>;
  /** Those of them with documents that are none of this layout's. */
  readonly strangers: ReadonlySet<string>;
  /** Counts the range's rows for the status. */
  readonly progress: RangeCount;
}

interface Ends {
  readonly source: SourceDatabase;
  readonly target: TargetDatabase;
  readonly traits: TargetTraits;
  readonly pace: Pace;
  readonly lease: WriterLease | null;
  readonly shared: ReadonlySet<string>;
  readonly strangers: ReadonlySet<string>;
}

/** What the ends of a run are opened by. */
type EndsInput = Pick<UnitInput, 'request' | 'id' | 'writer'> & Partial<Pick<UnitInput, 'notBefore'>>;

/**
 * Opens both ends of a plan. The source makes sure with every transaction that it is the one that the plan was made for; the
 * target is where the run's claim stands, or, for whoever only reads, the one that was looked at when the plan was made.
 */
export async function openEnds(
  workplace: Workplace,
  { request, id, writer, notBefore = null }: EndsInput,
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
  const lease = writer === null ? null : workplace.lease(id, writer, target, plan);
  if (lease === null && plan.targetId !== null) await assertSameTarget(target, plan.targetId);
  const claim = writer === null ? { shared: plan.shared, strangers: [], ids: {} } : await workplace.claim(id, writer);
  lease?.holdTo(claim.ids ?? {});
  const [shared, strangers] = [new Set(claim.shared), new Set(claim.strangers)];
  const expected = source.until(signal).expecting(plan.identity, notBefore);
  return { source: expected, target, traits, pace, lease, shared, strangers };
}

async function assertSameTarget(target: TargetDatabase, planned: string): Promise<void> {
  if ((await readOwnership(target))?.target === planned) return;
  throw new MigrationError(
    'config',
    `The target at ${target.display} is another one now than this run was planned for`,
    {
      hint: 'Let the address lead to that target again, or start the run anew',
    },
  );
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
  input: EndsInput,
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
    const renewed = await openEnds(workplace, input, plan, signal);
    if (renewed.source.hasConnectionsOf(ends.source) && renewed.target === ends.target) throw error;
    await work(renewed);
    return renewed;
  }
}

/** How documents of a range are reached: nothing is written without the right to, and others' documents stay. */
export function accessOptions({
  signal,
  lease,
  strangers,
  definition,
}: Pick<RangeWork, 'signal' | 'lease' | 'strangers' | 'definition'>): AccessOptions {
  const hasStrangers = strangers.has(definition.collection);
  const { collection } = definition;
  if (lease === null) return { signal, hasStrangers };
  const guard = (isDestructive: boolean) => (isDestructive ? lease.checkDestructive(collection) : lease.check());
  return { signal, hasStrangers, guard };
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
  if (input.lost !== undefined) await noteLoss(workplace, input, plan, step, positions);
  if (input.lost !== undefined && input.isGivenUp === true) {
    const problem = lossProblem(input.lost);
    for (const table of tablesOf(plan, input.unit, positions)) tally.failures.push({ table, problem });
    return await tally.finish(workplace, input.id, findingsStep);
  }
  let ends: Ends;
  try {
    ends = await openEnds(workplace, input, plan, signal);
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
      const doRange = async (on: Ends) => {
        const progress = workplace.pulse(input.id, input.plan).openRange();
        let isDone = false;
        try {
          await work({ ...on, definition, range, limits, signal, tally, progress });
          isDone = true;
        } finally {
          progress.close(isDone);
        }
      };
      const release = await workplace.budget.admitRange(ends.traits, signal);
      try {
        ends = await withRenewedLogin(workplace, input, plan, ends, signal, doRange);
      } finally {
        release();
      }
    } catch (error) {
      tally.fail(position, definition.table, error, stopReason(signal));
      if (error instanceof MigrationError && ENDS_UNIT.has(error.kind)) ending = error;
    }
  }
  return await tally.finish(workplace, input.id, findingsStep);
}
