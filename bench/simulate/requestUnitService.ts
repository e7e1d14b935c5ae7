/** Request units and gigabytes that one physical partition has at most (cosmos-facts: learn.microsoft.com/azure/cosmos-db/concepts-limits). */
const UNITS_PER_PARTITION = 10_000;
const GIGABYTES_PER_PARTITION = 50;
/** Unused request units are kept for a second. */
const KEPT_SECONDS = 1;

/** Physical partitions of a database with that throughput and so many bytes. */
export function partitionsOf(requestUnitsPerSecond: number, bytes: number): number {
  return Math.max(
    1,
    Math.ceil(requestUnitsPerSecond / UNITS_PER_PARTITION),
    Math.ceil(bytes / (GIGABYTES_PER_PARTITION * 1e9)),
  );
}

interface Partition {
  units: number;
  filledAtMs: number;
}

/**
 * The model of a Cosmos DB account with request units: each partition has its part of the throughput, and a bucket of it. An
 * operation is taken while there is anything in the bucket, and may leave a debt; what finds it empty is refused with the
 * time until it is not.
 */
export class RequestUnitService {
  readonly #perMs: number;
  readonly #partitions: Partition[];

  constructor(requestUnitsPerSecond: number, partitions: number, nowMs: number) {
    this.#perMs = requestUnitsPerSecond / partitions / 1_000;
    const full = this.#perMs * 1_000 * KEPT_SECONDS;
    this.#partitions = Array.from({ length: partitions }, () => ({ units: full, filledAtMs: nowMs }));
  }

  /** How many of so many operations of one partition are taken now, and how long the others should wait. */
  take(partition: number, operations: number, charge: number, nowMs: number): { taken: number; retryAfterMs: number } {
    const bucket = this.#partitions[partition] as Partition;
    const full = this.#perMs * 1_000 * KEPT_SECONDS;
    bucket.units = Math.min(full, bucket.units + this.#perMs * (nowMs - bucket.filledAtMs));
    bucket.filledAtMs = nowMs;
    const taken = bucket.units <= 0 ? 0 : Math.min(operations, Math.ceil(bucket.units / charge));
    bucket.units -= taken * charge;
    return { taken, retryAfterMs: taken === operations ? 0 : Math.max(1, -bucket.units / this.#perMs) };
  }
}
