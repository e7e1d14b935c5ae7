import type { BatchLimits } from '../../source/batcher.ts';
import type { TargetTraits } from '../../target/targetTraits.ts';

/** Rows a batch holds at most when the user named no number: small rows fill it, large ones end by bytes (bench/measured.md §2). */
const AUTO_BATCH_ROWS = 5_000;
const MAX_BATCH_BYTES = 3 * 1024 * 1024;

/** Batch limits by the request and what one request to the target may hold. */
export function batchLimits(batchSize: number | 'auto', traits: TargetTraits): BatchLimits {
  return {
    maxRows: Math.min(batchSize === 'auto' ? AUTO_BATCH_ROWS : batchSize, traits.maxWriteBatch),
    maxBytes: Math.min(MAX_BATCH_BYTES, Math.floor(traits.maxRequestBytes / 2)),
    maxDocumentBytes: traits.maxDocumentBytes,
  };
}
