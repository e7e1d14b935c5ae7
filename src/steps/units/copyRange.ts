import type pg from 'pg';
import { type RejectedRow, showKey } from '../../encoding/documentBatch.ts';
import { readDocuments } from '../../source/readDocuments.ts';
import { DocumentWriter } from '../../target/documentWriter.ts';
import { readsInOrder } from '../../target/equalDocuments.ts';
import type { WriteTotals } from '../../target/writeTally.ts';
import { ChecksumMaker } from '../../validation/checksumMaker.ts';
import { addFinding, type FindingList } from '../../validation/findingList.ts';
import { lossFindings } from '../../validation/lossFindings.ts';
import type { RangeContext } from './forEachRange.ts';
import type { UnitChecksums } from './unitChecksums.ts';

/** Batches of one range in flight at once: two keep mongod busy while the next is read (bench/measured.md §2). */
const BATCHES_IN_FLIGHT = 2;

/**
 * Copies one range: reading, encoding and writing overlap, at the memory of a few batches. May run any number of times.
 * Where its rows are compared afterwards, the comparison tells what documents do not hold, and whoever has to give a unique
 * value up gets its row's own ones by it. `checksums` takes those of a range of which each row has its document.
 */
export async function copyRange(
  context: RangeContext,
  isCompared: boolean,
  checksums: UnitChecksums | null,
): Promise<void> {
  const { definition, access, progress } = context;
  // What the comparison could not read in the order of `_id` is compared row by row.
  const kept = context.isWhole && readsInOrder(access) ? checksums : null;
  const maker = kept === null ? null : new ChecksumMaker(definition.table);
  const losses: FindingList = { findings: [], unlisted: [0, 0, 0], differences: context.differences };
  const told = new Set<string>();
  const writer = new DocumentWriter(access, {
    maxInFlight: BATCHES_IN_FLIGHT,
    unique: { indexes: definition.indexes, mayDisplace: isCompared && !context.isShared },
    admit: (batch) => context.admit(batch, 1),
    onProgress: (documents, bytes, isThere) => progress.add('copied', definition.table, documents, { bytes, isThere }),
  });
  let totals: WriteTotals;
  let isOfMoment = false;
  try {
    // An address may lead to another server, or to a later moment, for each range.
    const onSnapshot = async (client: pg.ClientBase) => {
      isOfMoment = (await kept?.fit(client)) === true;
    };
    for await (const batch of readDocuments(context.source, definition, context.range, context.limits, onSnapshot)) {
      if (!isCompared) {
        for (const finding of lossFindings(definition.table, batch, 'copy', told)) addFinding(losses, finding);
      }
      maker?.add(batch);
      await writer.write(batch);
      await context.differences.settle();
    }
  } finally {
    // Writes in flight are let end also when reading failed or work was asked to stop.
    totals = await writer.finish();
  }
  book(context, totals);
  const made = maker?.made() ?? null;
  if (made !== null && isOfMoment && totals.rejected.length === 0) {
    const childRows = definition.children.map((_child, index) => totals.childRows[index] ?? 0);
    kept?.add({ collection: definition.collection, ...context.range, childRows, ...made });
  }
  context.tally.addFindings(definition.table, losses);
}

/** Books what became of the range's rows, for the unit's result and for the status. */
function book({ definition, tally, progress, differences }: RangeContext, totals: WriteTotals): void {
  const { table } = definition;
  const { inserted, unchanged, replaced, rejected } = totals;
  tally.add(table, { migrated: inserted + unchanged + replaced, unchanged, errors: rejected.length });
  definition.children.forEach((child, index) => {
    if (!child.isCounted) return;
    const migrated = totals.childRows[index] ?? 0;
    const errors = rejected.reduce((sum, row) => sum + (row.childRows[index] ?? 0), 0);
    const there = totals.childUnchanged[index] ?? 0;
    tally.add(child.table, { migrated, unchanged: there, errors });
    progress.add('copied', child.table, migrated - there);
    progress.add('copied', child.table, there, { isThere: true });
  });
  if (rejected.length > 0) progress.add('errors', table, rejected.length);
  tally.bytes += totals.bytes;
  const refused: FindingList = { findings: [], unlisted: [0, 0, 0], differences };
  for (const row of rejected) addFinding(refused, rejectedFinding(table, row));
  tally.addFindings(table, refused);
}

function rejectedFinding(table: string, { key, reason }: RejectedRow) {
  return {
    severity: 'error',
    check: 'copy',
    table,
    ...(key === null ? {} : { key: showKey(key) }),
    message: reason,
  } as const;
}
