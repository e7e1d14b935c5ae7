import type { DocumentBatch } from '../encoding/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import type { DocumentAccess } from '../target/documentAccess.ts';
import { EqualDocuments } from '../target/equalDocuments.ts';
import { compareBatch, type RepairRules } from './compareBatch.ts';
import type { DifferenceSink } from './findingList.ts';
import { emptyComparison, type RangeComparison } from './rangeComparison.ts';

/** What may be repaired, and how a comparison is watched and held back. */
export interface CompareOptions extends RepairRules {
  /** Called with the documents done, as they are done. */
  readonly onProgress: (documents: number) => void;
  /** Waits until the process has room for a batch; gives the function to call when it is done with. */
  readonly admit: (batch: DocumentBatch) => Promise<() => void>;
  /** Is told of each row that differs. */
  readonly differences?: DifferenceSink;
}

/**
 * Compares each document that a range's rows make now with what the target holds, byte by byte; where the bytes differ,
 * field by field. Differences are repaired once and compared again; what remains is a finding.
 */
export async function compareRange(
  batches: AsyncIterable<DocumentBatch>,
  access: DocumentAccess,
  definition: CollectionDefinition,
  { onProgress, admit, differences, ...rules }: CompareOptions,
): Promise<RangeComparison> {
  const result = emptyComparison(rules.isChange === true, differences);
  const equal = new EqualDocuments(access);
  const compare = async (batch: DocumentBatch) => {
    await compareBatch({ access, equal, definition, rules, result }, batch);
    await differences?.settle();
    if (batch.ends.length > 0) onProgress(batch.ends.length);
  };
  let comparing: Promise<void> = Promise.resolve();
  try {
    for await (const batch of batches) {
      // One batch is compared while the next is read.
      await comparing;
      const release = await admit(batch);
      comparing = compare(batch).finally(release);
      // Its failure is met at the next `await comparing`; until then it must not count as unhandled.
      comparing.catch(() => undefined);
    }
  } finally {
    // Repairs in flight are let end also when reading failed or work was asked to stop.
    await comparing;
  }
  return result;
}
