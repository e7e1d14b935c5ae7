import { gapText, type StoredDigest, type StoredDigests, sidesOf } from '../contract/collectionDigest.ts';
import type { UnitInput, UnitResult } from '../contract/unit.ts';
import type { Services } from '../runtime/services.ts';
import { changedSince } from '../source/changedSince.ts';
import { readDocuments } from '../source/readDocuments.ts';
import { compareChecksums } from '../validation/compareChecksums.ts';
import { compareRange } from '../validation/compareRange.ts';
import type { RangeComparison } from '../validation/rangeComparison.ts';
import { attemptName, forEachRange, type RangeContext } from './units/forEachRange.ts';
import { RepairMark } from './units/repairMark.ts';
import { UnitChecksums } from './units/unitChecksums.ts';

/**
 * Compares the ranges of one unit and repairs once: all rows, or those written since a transaction. Row by row, but for ranges of which
 * checksums are kept while the source stood still: whose documents have them equal their rows. What fails is data, and what is
 * thrown is storage's: see {@link forEachRange}.
 */
export async function validateUnit(services: Services, input: UnitInput, signal: AbortSignal): Promise<UnitResult> {
  const { id, since, unit, pass = 0 } = input;
  const step = `${since === null ? 'validate' : 'catch-up'}-${unit}`;
  const mark = since === null ? null : new RepairMark(services.blobs, id, attemptName(step, input), pass);
  const hasBegunBefore = (await mark?.isOfAnother()) === true;
  const checksums = await UnitChecksums.read(services, input);
  const aids = { checksums, mark };
  const compare = (context: RangeContext) => validateRange(context, input, aids);
  const result = await forEachRange(services, input, step, signal, compare);
  await checksums?.keep();
  const isSure = mark === null || (!hasBegunBefore && !(mark.hasBegun && (await mark.isOfAnother())));
  return isSure ? result : { ...result, digestChanges: await allUnknown(services, input) };
}

/** What another attempt has changed, or still changes, nobody knows, whichever of the unit's collections it was. */
async function allUnknown(services: Services, { id, planStamp, unit }: UnitInput): Promise<StoredDigests> {
  const { plan, layout } = await services.planned(id, planStamp);
  const names = (plan.units[unit]?.ranges ?? []).map(
    ([collection]) => layout.collections[collection]?.collection ?? '',
  );
  return Object.fromEntries(names.map((name) => [name, UNKNOWN_CHANGE]));
}

const UNKNOWN_CHANGE: StoredDigest = [0, gapText('interrupted')];

/** What a unit's ranges are compared with besides their rows, and what marks that something is written. */
interface Aids {
  readonly checksums: UnitChecksums | null;
  readonly mark: RepairMark | null;
}

async function validateRange(context: RangeContext, input: UnitInput, aids: Aids): Promise<void> {
  const { since } = input;
  const { definition, progress } = context;
  // Rows that were compared by checksum before one differed are not counted twice.
  let ahead = 0;
  const onProgress = (documents: number) => {
    if (since !== null) return;
    const known = Math.min(ahead, documents);
    ahead -= known;
    progress.add('validated', definition.table, documents - known);
  };
  const checksums = context.isWhole ? aids.checksums : null;
  const kept = checksums?.find(definition.collection, context.range);
  // Asked for each range: the source may have gone on, or to another server, since the comparison began.
  if (checksums !== null && kept !== undefined && (await context.source.read((client) => checksums.fit(client)))) {
    let told = 0;
    const result = await compareChecksums(kept, context.access, {
      onProgress: (documents) => {
        told += documents;
        onProgress(documents);
      },
      admit: (batch) => context.admit(batch, 1),
    });
    if (result !== null) {
      context.tally.byChecksum += result.equal;
      const digest = result.digest.toStored();
      if (kept.digest === undefined && digest !== null) checksums.add({ ...kept, digest: sidesOf(digest).target });
      return book(context, since, result, false);
    }
    ahead = told;
  }
  await compareRows(context, input, aids.mark, onProgress);
}

/** Compares the rows of a range with their documents, and repairs what differs. */
async function compareRows(
  context: RangeContext,
  input: UnitInput,
  mark: RepairMark | null,
  onProgress: (documents: number) => void,
): Promise<void> {
  const { since } = input;
  const { access, tally } = context;
  const isWhole = since === null || input.whole?.includes(context.definition.table) === true;
  const definition = isWhole ? context.definition : changedSince(context.definition, since);
  // Of a definition that knows no row version all rows are read each time.
  const isChange = !isWhole && definition.rowVersion !== null;
  let hasWritten = false;
  const batches = readDocuments(context.source, definition, context.range, context.limits);
  const result = await compareRange(batches, access, definition, {
    mayRepair: context.mayWrite,
    mayDisplace: !context.isShared,
    tellsRepairs: since === null,
    differences: context.differences,
    isChange,
    beforeRepair: async () => {
      hasWritten = true;
      await mark?.begin();
    },
    onProgress,
    // The documents that it is compared with are as large again.
    admit: (batch) => context.admit(batch, 2),
  }).catch((error: unknown) => {
    if (hasWritten && isChange) tally.addDigest(definition.collection, UNKNOWN_CHANGE, true);
    throw error;
  });
  book(context, since, result, isChange);
}

/** Books what a comparison came to, for the unit's result and for the status. */
function book(
  { definition, tally, progress, mayWrite }: RangeContext,
  since: string | null,
  result: RangeComparison,
  isChange: boolean,
): void {
  const digest = result.digest.toStored();
  if (digest !== null) tally.addDigest(definition.collection, digest, isChange);
  const { equal, failed, repaired, inserted } = result;
  tally.add(definition.table, { migrated: equal, errors: failed, repaired, inserted });
  definition.children.forEach((child, index) => {
    if (!child.isCounted) return;
    const migrated = result.childEqual[index] ?? 0;
    tally.add(child.table, {
      migrated,
      errors: result.childFailed[index] ?? 0,
      repaired: result.childRepaired[index] ?? 0,
      inserted: result.childInserted[index] ?? 0,
    });
    if (since === null) progress.add('validated', child.table, migrated);
  });
  if (since !== null && !isChange) {
    tally.whole.add(definition.table);
    for (const child of definition.children) if (child.isCounted) tally.whole.add(child.table);
  }
  tally.addFindings(definition.table, result);
  if (!mayWrite) tally.addToWrite(definition.table, result.missing, result.different);
  tally.hasTypeDifference ||= result.hasTypeDifference;
}
