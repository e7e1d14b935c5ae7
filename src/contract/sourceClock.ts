import { z } from 'zod';
import type { Shape } from './shape.ts';
/**
 * A moment of the source: every transaction before `transaction` was over and visible, none from `next` on was over; `at`
 * is the server's time (ISO 8601), on a standby that of the last commit which it has replayed, or of the checkpoint that it started from; null where neither is known.
 */
export const SourceClock = z.object({
  transaction: z.string(),
  next: z.string(),
  at: z.nullable(z.string()),
  /** Position in the write-ahead log, where the source has several hosts: one that has not got so far may not be read from afterwards. Null otherwise. */
  position: z.nullable(z.string()),
  isStandby: z.boolean(),
  /** Transactions that had begun to write and were not over; not the prepared ones, which a snapshot names too, without the epoch above their 32 bits. */
  open: z.array(z.string()),
  /** Names of prepared transactions of this database. */
  prepared: z.array(z.string()),
});
export type SourceClock = Shape<typeof SourceClock>;
