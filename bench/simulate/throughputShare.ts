import { REQUESTS_IN_FLIGHT_RU } from '../../src/runtime/connections.ts';
import { RateControl } from '../../src/target/rateControl.ts';
import { seededRandom } from '../../test/faults/proxy/random.ts';
import { RequestUnitService } from './requestUnitService.ts';
import { VirtualClock } from './virtualClock.ts';

/** Writes of one request at most (`maxWriteBatchSize` of hello), and what an answer takes: assumed, within one region. */
const MAX_OPERATIONS = 1_000;
const ANSWER_MS = 15;
/** The rate is looked for in the first, and measured in the second. */
const SETTLE_MS = 60_000;
const MEASURE_MS = 120_000;

export interface Load {
  readonly requestUnitsPerSecond: number;
  readonly partitions: number;
  /** Share of the documents that go to one partition, beyond an equal part of the rest; 0 where all have the same. */
  readonly hotShare: number;
  /** Processes, each with a rate limiter of its own, and batches that each has under way. */
  readonly processes: number;
  readonly writers: number;
  /** Request units for one document. */
  readonly charge: number;
}

/** What the real rate control makes of a load. */
export interface ThroughputShare {
  /** Share of the provisioned request units that documents were written or read with. */
  readonly usedShare: number;
  /** Share of requests of which something was refused. */
  readonly refusedShare: number;
}

interface Tally {
  operations: number;
  requests: number;
  refused: number;
}

/**
 * Runs the real `RateControl`, one for each process, request by request against {@link RequestUnitService} for some minutes.
 * The gate before it is that of `RateLimiter`, which waits by the real clock and cannot be run here. Longer
 * work goes on as these minutes did.
 */
export function throughputShare(load: Load): ThroughputShare {
  // Sizes differ by roundings in what a document costs in the mean.
  const key = JSON.stringify({ ...load, charge: load.charge.toPrecision(3) });
  const share = known.get(key) ?? runLoad(load);
  known.set(key, share);
  return share;
}

/** Loads that were run before. */
const known = new Map<string, ThroughputShare>();

function runLoad(load: Load): ThroughputShare {
  const clock = new VirtualClock(0);
  const service = new RequestUnitService(load.requestUnitsPerSecond, load.partitions, 0);
  const tally: Tally = { operations: 0, requests: 0, refused: 0 };
  for (let process = 0; process < load.processes; process++) runProcess(clock, service, load, process, tally);
  clock.run(() => clock.nowMs >= SETTLE_MS + MEASURE_MS);
  const used = (tally.operations * load.charge) / (MEASURE_MS / 1_000);
  return {
    usedShare: Math.min(1, used / load.requestUnitsPerSecond),
    refusedShare: tally.requests === 0 ? 0 : tally.refused / tally.requests,
  };
}

function runProcess(clock: VirtualClock, service: RequestUnitService, load: Load, seed: number, tally: Tally): void {
  const control = new RateControl(load.requestUnitsPerSecond, true, 0);
  const random = seededRandom(seed + 1);
  const waiting: (() => void)[] = [];
  let inFlight = 0;
  let isWaiting = false;

  const openGate = (): void => {
    if (isWaiting || inFlight >= REQUESTS_IN_FLIGHT_RU || waiting.length === 0) return;
    const cost = Math.min(control.requestCost, MAX_OPERATIONS * load.charge);
    const waitMs = control.waitMs(cost, clock.nowMs);
    if (waitMs > 0) {
      isWaiting = true;
      clock.after(waitMs, () => {
        isWaiting = false;
        openGate();
      });
      return;
    }
    inFlight++;
    (waiting.shift() as () => void)();
    openGate();
  };

  const send = (batch: number[]): void => {
    const operations = cutBatch(batch, Math.max(1, Math.floor(control.requestCost / load.charge)));
    const total = sum(operations);
    control.take(total * load.charge);
    clock.after(ANSWER_MS, () => {
      const now = clock.nowMs;
      let [taken, toldMs] = [0, 0];
      for (const [partition, wanted] of operations.entries()) {
        if (wanted === 0) continue;
        const answer = service.take(partition, wanted, load.charge, now);
        taken += answer.taken;
        toldMs = Math.max(toldMs, answer.retryAfterMs);
        batch[partition] = (batch[partition] as number) + wanted - answer.taken;
      }
      inFlight--;
      if (taken > 0) control.accepted(taken * load.charge, now);
      const waitMs = toldMs + 1 + random() * Math.min(toldMs * 0.2, 50);
      if (taken < total) control.refused({ operations: total, waitMs }, now);
      if (now >= SETTLE_MS) {
        tally.operations += taken;
        tally.requests++;
        if (taken < total) tally.refused++;
      }
      const next = sum(batch) === 0 ? newBatch(load, random) : batch;
      waiting.push(() => send(next));
      openGate();
    });
  };

  for (let writer = 0; writer < load.writers; writer++) {
    const batch = newBatch(load, random);
    waiting.push(() => send(batch));
  }
  openGate();
}

/** Documents of a batch by their partition: as many as its part, up or down to a whole number. */
function newBatch({ partitions, hotShare }: Load, random: () => number): number[] {
  return Array.from({ length: partitions }, (_unused, partition) => {
    const share = (partition === 0 ? hotShare : 0) + (1 - hotShare) / partitions;
    return Math.floor(MAX_OPERATIONS * share + random());
  });
}

/** Takes up to so many documents out of a batch, of each partition its part. */
function cutBatch(batch: number[], most: number): number[] {
  const share = Math.min(1, most / Math.max(1, sum(batch)));
  let left = Math.min(most, sum(batch));
  return batch.map((count, partition) => {
    const own = Math.min(left, Math.ceil(count * share));
    left -= own;
    batch[partition] = count - own;
    return own;
  });
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
