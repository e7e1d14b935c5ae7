/**
 * A moment of the source: every transaction before `transaction` was over and visible, none from `next` on was over; `at`
 * is the server's time (ISO 8601), on a standby that of the last commit which it has replayed, or of the checkpoint that it started from; null where neither is known.
 */
export interface SourceClock {
  readonly transaction: string;
  readonly next: string;
  readonly at: string | null;
  /** Position in the write-ahead log, where the source has several hosts: one that has not got so far may not be read from afterwards. Null otherwise. */
  readonly position: string | null;
  readonly isStandby: boolean;
  /** Transactions that had begun to write and were not over; not the prepared ones, which a snapshot names too, without the epoch above their 32 bits. */
  readonly open: readonly string[];
  /** Names of prepared transactions of this database. */
  readonly prepared: readonly string[];
}
