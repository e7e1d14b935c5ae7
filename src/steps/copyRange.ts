import type { KeyRange } from '../contract/plan.ts';
import type { DocumentBatch, PoisonRow } from '../encoding/documentBatch.ts';
import { asError } from '../errors.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import type { SourceDatabase } from '../source/client.ts';
import { type BatchLimits, readDocuments } from '../source/readDocuments.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { DocumentWriter, type WriterOptions } from '../target/documentWriter.ts';
import type { UniqueRules } from '../target/uniqueConflicts.ts';
import type { WriteTotals } from '../target/writeTally.ts';

/** Batches of one range in flight at once: two keep mongod busy while the next is read (bench/measured.md §2). */
const BATCHES_IN_FLIGHT = 2;

/**
 * Copies one range: reading, encoding and writing overlap, at the memory of a few batches. May run any number of times.
 * `mayDisplace` as in {@link UniqueRules}.
 */
export async function copyRange(
  source: SourceDatabase,
  access: DocumentAccess,
  definition: CollectionDefinition,
  range: KeyRange,
  limits: BatchLimits,
  report: Pick<WriterOptions, 'onProgress' | 'onLoad' | 'admit'> & { onBatch?(batch: DocumentBatch): void },
  signal: AbortSignal,
  mayDisplace: boolean,
): Promise<WriteTotals> {
  const writer = new DocumentWriter(access, {
    maxInFlight: BATCHES_IN_FLIGHT,
    unique: { indexes: definition.indexes, mayDisplace },
    ...report,
  });
  let failure: Error | null = null;
  try {
    await readDocuments(source, definition, range, limits, {
      poison: (row: PoisonRow) => writer.poison(row),
      write: async (batch: DocumentBatch) => {
        signal.throwIfAborted();
        report.onBatch?.(batch);
        await writer.write(batch);
      },
    });
  } catch (error) {
    failure = asError(error);
  }
  // Writes in flight are let end also when reading failed or work was asked to stop.
  const totals = await writer.finish();
  if (failure !== null) throw failure;
  return totals;
}
