import type { Hosting } from './hosting.ts';

/** Rows of history that one query reads, and that one batch writes. */
const ROWS_PER_QUERY = 1_000;
const ROWS_PER_BATCH = 100;
/** The message of an activity and that of its result: each is put, taken and deleted. */
const PER_ACTIVITY = 6;
/** A turn reads its history, writes what is new and the row of its instance. */
const PER_TURN_BESIDE_HISTORY = 1;
/** A history that is purged is read, and its rows, its large payloads and its instance are deleted. */
const PER_PURGE = 4;
/** Control queues of a task hub (`partitionCount`, by default 4), each polled as the one for activities is by every instance. */
const CONTROL_QUEUES = 4;
/** Leases of the control queues are renewed, and the heartbeat of each process is written, so often. */
const SECONDS_PER_LEASE = 10;
const SECONDS_PER_HEARTBEAT = 1;

/**
 * Operations on Azure Storage: what Durable Functions does by its own description of the Azure Storage provider, and the
 * heartbeats of the program. Blobs for large payloads and those of the report are few and left out.
 */
export class StorageTransactions {
  #count = 0;

  activity(): void {
    this.#count += PER_ACTIVITY;
  }

  purge(histories: number): void {
    this.#count += histories * PER_PURGE;
  }

  /** A turn of an orchestration with so many rows of history, some of which it has written itself. */
  turn(rows: number, rowsWritten: number): void {
    this.#count += Math.ceil(rows / ROWS_PER_QUERY) + Math.ceil(rowsWritten / ROWS_PER_BATCH) + PER_TURN_BESIDE_HISTORY;
  }

  /** With what goes on by time alone: looks at silent queues (as seldom as they come), leases, heartbeats. */
  total(seconds: number, instances: number, { maxPollingMs }: Hosting): number {
    const looks = maxPollingMs === 0 ? 0 : (seconds / (maxPollingMs / 1_000)) * (CONTROL_QUEUES + instances);
    const leases = (seconds / SECONDS_PER_LEASE) * CONTROL_QUEUES;
    return Math.round(this.#count + looks + leases + (seconds / SECONDS_PER_HEARTBEAT) * instances);
  }
}
