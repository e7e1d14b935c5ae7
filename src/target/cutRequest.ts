import { type DocumentBatch, documentBytes } from '../encoding/documentBatch.ts';
import { writeCharge } from '../plan/estimate.ts';

/** What one inserting request may hold. */
export interface RequestLimits {
  readonly maxDocuments: number;
  readonly maxBytes: number;
  /** Estimated request units, not corrected by what was measured; Infinity where nothing was ever refused. */
  readonly maxCost: number;
  /** Does the target charge by the document? Then each is priced by itself. */
  readonly isCharged: boolean;
  /** Indexes that each document goes into, for its price. */
  readonly indexCount: number;
}

/** Overhead of a command beside its documents. */
const COMMAND_BYTES = 16 * 1024;

/** How many of the pending documents of a batch, at least one, the next request holds, and its estimated request units. */
export function cutRequest(
  batch: DocumentBatch,
  pending: readonly number[],
  { maxDocuments, maxBytes, maxCost, isCharged, indexCount }: RequestLimits,
): { count: number; cost: number } {
  const room = maxBytes - COMMAND_BYTES;
  const isPriced = isCharged || Number.isFinite(maxCost);
  if (!isPriced && pending.length <= maxDocuments && batch.bytes.length <= room) {
    const meanBytes = batch.bytes.length / batch.ends.length;
    return { count: pending.length, cost: writeCharge(meanBytes, indexCount) * pending.length };
  }
  let count = 0;
  let bytes = 0;
  let cost = 0;
  for (const index of pending) {
    const size = documentBytes(batch, index);
    const price = writeCharge(size, indexCount);
    const isFull = count >= maxDocuments || bytes + size > room || cost + price > maxCost;
    if (count > 0 && isFull) break;
    count++;
    bytes += size;
    cost += price;
  }
  return { count, cost };
}
