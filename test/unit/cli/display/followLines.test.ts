import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { Output } from '../../../../src/cli/display/output.ts';
import { createProgress } from '../../../../src/cli/display/progress.ts';
import type { FollowProgress, MigrationStatus } from '../../../../src/contract/migrationStatus.ts';
import { statusOf } from '../../../cli/fakeApp.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const FOLLOW: FollowProgress = { equalAt: null, lagSeconds: 3, passes: 0, rows: 0, lastRows: 0, passSeconds: 0.4 };

/** What a log gets to see of a run that follows its source, asked after every 300 ms. */
class Watched {
  readonly lines: string[] = [];
  readonly #progress = createProgress({ note: (line: string) => this.lines.push(line) } as unknown as Output);
  #passes = 0;

  /** Follows for so long with a pass every five seconds; `at` gives what is so at a pass. */
  follow(
    minutes: number,
    at: (pass: number) => Partial<FollowProgress & Pick<MigrationStatus, 'targetSilence'>>,
  ): this {
    for (let asked = 0; asked < (minutes * 60_000) / 300; asked++) {
      if (asked % 17 === 0) this.#passes++;
      const { targetSilence = null, ...follow } = at(this.#passes);
      const passes = { ...FOLLOW, passes: this.#passes, lagSeconds: asked % 6, ...follow };
      this.#progress.show(
        statusOf({ phase: 'follow', rowsPerSecond: 0, secondsLeft: null, targetSilence, follow: passes }),
      );
      vi.advanceTimersByTime(300);
    }
    return this;
  }
}

test('passes that find nothing have a line every five minutes', () => {
  const { lines } = new Watched().follow(60, () => ({}));
  expect(lines).toHaveLength(12);
  expect(lines[0]).toMatch(/^Following, .* behind, 1 pass/);
});

test('a pass that brings over something is told at once, and a busy source once a minute', () => {
  const once = new Watched().follow(4, (pass) => ({ rows: pass < 20 ? 0 : 7 }));
  expect(once.lines).toHaveLength(2);
  expect(once.lines[1]).toMatch(/20 passes.*7 rows since the proof/);
  const busy = new Watched().follow(60, (pass) => ({ rows: pass * 10 }));
  expect(busy.lines.length).toBeGreaterThanOrEqual(58);
  expect(busy.lines.length).toBeLessThanOrEqual(61);
});

test.each<[string, Partial<FollowProgress & Pick<MigrationStatus, 'targetSilence'>>, RegExp]>([
  ['rows that cannot be brought over', { missed: 3 }, /3 could not be brought over/],
  ['a cut-over that waits', { held: { rows: 0, writers: 1, prepared: 0 } }, /1 session was writing/],
  ['a target that falls behind', { lagSeconds: 400 }, /6 min 40 s behind/],
  ['a member that does not answer', { targetSilence: 'no answer from h2:27017' }, /no answer from h2/],
])('what changes is told when it begins and when it is over: %s', (_what, found, words) => {
  const { lines } = new Watched().follow(4, (pass) => (pass >= 10 && pass < 30 ? found : {}));
  expect(lines.map((line) => words.test(line))).toEqual([false, true, false]);
});

test('a copy of many hours has a line a minute at last', () => {
  const lines: string[] = [];
  const progress = createProgress({ note: (line: string) => lines.push(line) } as unknown as Output);
  const hours = 10;
  for (let second = 0; second < hours * 3_600; second++) {
    const totals = { total: 1_000_000, copied: second, validated: 0, errors: 0 };
    progress.show(statusOf({ totals }));
    vi.advanceTimersByTime(1_000);
    if (second === 30) expect(lines.length).toBeGreaterThanOrEqual(10);
  }
  expect(lines.length).toBeLessThan(hours * 60 + 300);
});
