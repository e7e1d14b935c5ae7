import { expect, test } from 'vitest';
import type { Output } from '../../src/cli/display/output.ts';
import { createProgress } from '../../src/cli/display/progress.ts';
import { ProgressRates } from '../../src/cli/display/progressRates.ts';
import { statusOf } from './fakeApp.ts';

/** An output that keeps what a terminal of the given size would be sent. */
const fakeOutput = (
  isLive: boolean,
  columns = 100,
  rows = 24,
): Output & { readonly sent: string[]; columns: number } => {
  const output = {
    isLive,
    canAsk: false,
    isClosed: () => false,
    isQuiet: false,
    sent: [] as string[],
    columns,
    size: () => ({ columns: output.columns, rows }),
    result: () => Promise.resolve(),
    note: (line: string) => {
      const write = (): void => {
        output.sent.push(`${line}\n`);
      };
      if (output.aroundLines === null) write();
      else output.aroundLines(write);
    },
    error: () => undefined,
    copyable: () => undefined,
    asCalled: (text: string) => text,
    fit: (text: string) => text,
    isOneScreen: false,
    draw: (text: string) => {
      output.sent.push(text);
    },
    aroundLines: null as Output['aroundLines'],
    style: (_format: string, text: string) => text,
  };
  return output;
};

const withRuns = (copied: number) => statusOf({ tables: { runs: { total: 1000, copied, validated: 0, errors: 0 } } });

test('rates follow from the last seconds, and begin anew with each phase', () => {
  const rates = new ProgressRates();
  rates.add(withRuns(100), 0);
  rates.add(withRuns(300), 2000);
  expect(rates.active(withRuns(300))).toMatchObject([{ rowsPerSecond: 100, secondsLeft: null }]);
  rates.add(withRuns(600), 5000);
  expect(rates.active(withRuns(600))).toEqual([
    { table: 'runs', done: 600, total: 1000, rowsPerSecond: 100, secondsLeft: 4 },
  ]);
  rates.add(withRuns(600), 20_000);
  rates.add(withRuns(600), 30_000);
  expect(rates.active(withRuns(600))[0]?.rowsPerSecond).toBeNull();
  const validating = statusOf({
    phase: 'validate',
    tables: { runs: { total: 1000, copied: 1000, validated: 10, errors: 0 } },
  });
  rates.add(validating, 31_000);
  expect(rates.active(validating)).toMatchObject([{ done: 10, rowsPerSecond: null }]);
});

test('tables that are compared beside the indexes have their bars, and a run that was held begins anew', () => {
  const rates = new ProgressRates();
  const comparing = (validated: number, over: Parameters<typeof statusOf>[0] = {}) =>
    statusOf({
      phase: 'indexes',
      tables: { runs: { total: 1000, copied: 1000, validated, errors: 0 } },
      totals: { total: 1000, copied: 1000, validated, errors: 0 },
      ...over,
    });
  rates.add(comparing(100), 0);
  rates.add(comparing(600), 5_000);
  expect(rates.active(comparing(600))).toMatchObject([{ done: 600, rowsPerSecond: 100, secondsLeft: 4 }]);
  // The comparison goes on when the last index is there.
  rates.add(comparing(700, { phase: 'validate' }), 6_000);
  expect(rates.active(comparing(700, { phase: 'validate' }))).toMatchObject([{ rowsPerSecond: 100 }]);
  rates.add(comparing(700, { phase: 'validate', status: 'suspended' }), 6_100);
  rates.add(comparing(700, { phase: 'validate' }), 90_000);
  rates.add(comparing(900, { phase: 'validate' }), 91_000);
  expect(rates.active(comparing(900, { phase: 'validate' }))).toMatchObject([{ rowsPerSecond: 200 }]);
});

test('a table that is done or untouched has no bar', () => {
  const rates = new ProgressRates();
  rates.add(withRuns(1000), 0);
  expect(rates.active(withRuns(1000))).toEqual([]);
  expect(rates.active(withRuns(0))).toEqual([]);
});

test('draws one block over itself, and gives the cursor back', () => {
  const output = fakeOutput(true);
  const progress = createProgress(output);
  progress.show(withRuns(500));
  progress.show(withRuns(600));
  progress.stop();
  progress.stop();
  const [hide, first, second, erase, show, ...more] = output.sent;
  expect(hide).toBe('\u001B[?25l');
  expect(first).toContain('\n  runs                   ████████████░░░░░░░░░░░░  50 %');
  expect(second?.startsWith('\u001B[3A\r\u001B[J')).toBe(true);
  expect(erase).toBe('\u001B[3A\r\u001B[J');
  expect(show).toBe('\u001B[?25h');
  expect(more).toEqual([]);
});

test('fits a narrow terminal, and counts wrapped rows after it shrank', () => {
  const output = fakeOutput(true, 40);
  const progress = createProgress(output);
  progress.show(withRuns(500));
  for (const line of output.sent[1]!.split('\n')) expect(line.length).toBeLessThan(40);
  output.columns = 20;
  progress.show(withRuns(500));
  const rows = output.sent[1]!.trimEnd()
    .split('\n')
    .reduce((sum, line) => sum + Math.ceil(line.length / 20), 0);
  expect(rows).toBeGreaterThan(5);
  expect(output.sent[2]?.startsWith(`\u001B[${rows}A\r\u001B[J`)).toBe(true);
  progress.stop();
});

test('other lines go above the block', () => {
  const output = fakeOutput(true);
  const progress = createProgress(output);
  progress.show(withRuns(500));
  output.note('a note');
  const [, block, erase, note, again] = output.sent;
  expect([erase, note, again]).toEqual(['\u001B[3A\r\u001B[J', 'a note\n', block]);
  progress.stop();
});

test('without a terminal it writes a line per phase, not per answer', () => {
  const output = fakeOutput(false);
  const progress = createProgress(output);
  progress.show(withRuns(100));
  progress.show(withRuns(200));
  progress.show(statusOf({ phase: 'validate' }));
  expect(output.sent.map((line) => line.split(',')[0])).toEqual(['Copying', 'Validating']);
});
