import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { MigrateOutput } from '../../../src/contract/migration.ts';
import { Heartbeat } from '../../../src/runtime/heartbeat.ts';
import type { RangeCount } from '../../../src/runtime/progressCounter.ts';
import { readProgress } from '../../../src/runtime/readProgress.ts';
import { beginProgress } from '../../../src/steps/planning/beginProgress.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

/** Blobs of which the percentage is looked at after each change, as a client that asks all the time would. */
class WatchedBlobs extends MemoryBlobs {
  readonly percents: number[] = [];

  override async put(path: string, content: string): Promise<void> {
    await super.put(path, content);
    await this.look();
  }

  override async clear(prefix: string): Promise<void> {
    for (const path of await this.list(prefix)) {
      this.blobs.delete(path);
      await this.look();
    }
  }

  async look(output: MigrateOutput | null = null): Promise<void> {
    this.percents.push((await readProgress(this, 'lab', { phase: 'copy', output, nowMs: Date.now() })).percent);
  }
}

/** A process that works on the run, until it is done or killed. */
class Worker {
  readonly ranges: RangeCount[] = [];
  private readonly heartbeat: Heartbeat;
  private readonly end = Promise.withResolvers<void>();

  constructor(blobs: MemoryBlobs) {
    this.heartbeat = new Heartbeat(blobs, 'lab', new AbortController().signal);
    void this.heartbeat.during(() => this.end.promise);
  }

  open(): void {
    this.ranges.push(this.heartbeat.counter.openRange());
  }
}

/** Numbers from 0 up to 1, the same for the same seed. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

const summaryOf = (rows: number, isValidated: boolean) => ({
  source: 's',
  target: 't',
  tableRows: { runs: rows, tags: rows * 2 },
  isValidated,
});

/** A run as it may go: ranges that are done, lost and done again, killed processes, plans made anew, passes over the same rows. */
async function live(seed: number): Promise<WatchedBlobs> {
  const random = randomFrom(seed);
  const pick = (below: number) => Math.floor(random() * below);
  const isValidated = random() < 0.7;
  const blobs = new WatchedBlobs();
  await beginProgress(blobs, 'lab', summaryOf(100 + pick(300), isValidated));
  let workers = [new Worker(blobs)];
  for (let event = 0; event < 250; event++) {
    const worker = workers[pick(workers.length)] as Worker;
    const range = worker.ranges[pick(worker.ranges.length)];
    switch (pick(8)) {
      case 0:
        worker.open();
        break;
      case 1:
      case 2:
        range?.add(random() < 0.6 ? 'copied' : 'validated', random() < 0.5 ? 'runs' : 'tags', pick(200));
        break;
      case 3:
        // Whatever became of it: a range that was stopped, or belonged to a lost lane, is counted again from its beginning.
        range?.close(random() < 0.7);
        if (range !== undefined) worker.ranges.splice(worker.ranges.indexOf(range), 1);
        break;
      case 4:
        if (random() < 0.3) workers.push(new Worker(blobs));
        break;
      case 5:
        if (random() > 0.2) break;
        // Killed with all of them: no more is heard of what they had not stored.
        vi.clearAllTimers();
        workers = [new Worker(blobs)];
        break;
      case 6:
        if (random() > 0.2) break;
        // No lane runs while a plan is made.
        vi.clearAllTimers();
        await beginProgress(blobs, 'lab', summaryOf(100 + pick(300), isValidated));
        workers = [new Worker(blobs)];
        break;
      default:
        await vi.advanceTimersByTimeAsync(1_000);
    }
  }
  vi.clearAllTimers();
  const status = (['completed', 'completed-with-errors', 'failed', 'cancelled'] as const)[pick(4)] ?? 'failed';
  const migrated = pick(100);
  await blobs.look({
    status,
    startedAt: '2026-11-27T12:00:00.000Z',
    finishedAt: '2026-11-27T12:01:00.000Z',
    source: 's',
    target: 't',
    tables: { runs: { total: 100, migrated, unchanged: 0, errors: 0, repaired: 0 } },
    validated: isValidated ? { runs: pick(migrated + 1) } : null,
    throttled: 0,
    requestUnits: null,
    problems: [],
    endedIn: 'copy',
  });
  return blobs;
}

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-27T12:00:00.000Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

test('whatever happens to a run, its percentage never falls and never passes 100', async () => {
  const reached: number[] = [];
  for (let seed = 1; seed <= 60; seed++) {
    const { percents } = await live(seed);
    expect(percents, `seed ${seed}`).toEqual(percents.toSorted((a, b) => a - b));
    reached.push(percents.at(-2) ?? 0);
    expect(percents.at(-1), `seed ${seed}`).toBeLessThanOrEqual(100);
  }
  // The runs came to something, or nothing was tried.
  expect(reached.filter((percent) => percent > 20).length).toBeGreaterThan(20);
});
