import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TableLine } from '../../../../src/cli/display/progressRates.ts';
import { detailParts, headParts } from '../../../../src/cli/display/progressText.ts';
import { tableLine } from '../../../../src/cli/display/tableLine.ts';
import { wrapParts, wrapText } from '../../../../src/cli/display/wrapText.ts';
import { PHASES } from '../../../../src/contract/migrationStatus.ts';
import { statusOf } from '../../../cli/fakeApp.ts';

const width = fc.integer({ min: 40, max: 200 });
const rows = fc.nat({ max: 99_999_999_999 });
const perhaps = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });

const line: fc.Arbitrary<TableLine> = fc
  .record({
    table: fc.stringMatching(/^[a-z_]{1,63}$/),
    done: rows,
    total: rows,
    rowsPerSecond: perhaps(rows),
    secondsLeft: perhaps(fc.nat({ max: 9_999_999 })),
  })
  .map(({ done, total, ...rest }) => ({ ...rest, done: Math.min(done, total), total: Math.max(done, total) }));

test('the line of a table fits every terminal of 40 to 200 columns', () => {
  fc.assert(
    fc.property(line, width, (table, columns) => {
      const text = tableLine(table, columns);
      expect(text.length).toBeLessThanOrEqual(columns);
      expect(text).toContain(table.table.slice(0, 7));
      expect(text).toContain(' %');
    }),
  );
});

test('both lines of a run fit every terminal of 40 to 200 columns, and nothing of them is lost', () => {
  const status = fc
    .record({
      phase: fc.constantFrom(...PHASES),
      total: rows,
      secondsLeft: perhaps(fc.nat({ max: 9_999_999 })),
      throttled: rows,
      requestUnits: perhaps(rows),
      rowsPerSecond: rows,
      bytesPerSecond: rows,
    })
    .map(({ total, ...rest }) => statusOf({ ...rest, totals: { total, copied: total, validated: 0, errors: total } }));
  fc.assert(
    fc.property(status, width, (one, columns) => {
      for (const parts of [headParts(one), detailParts(one)]) {
        const lines = wrapParts(parts, columns);
        for (const text of lines) expect(text.length).toBeLessThanOrEqual(columns);
        expect(lines.map((text) => text.trim()).join(' ')).toBe(parts.join(', '));
      }
    }),
  );
});

test('text for people is broken at spaces, keeps its indentation, and loses no word', () => {
  const words = fc.array(fc.stringMatching(/^[!-~]{1,30}$/), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(words, fc.nat({ max: 8 }), width, (some, indent, columns) => {
      const text = `${' '.repeat(indent)}${some.join(' ')}`;
      const lines = wrapText(text, columns).split('\n');
      for (const one of lines) {
        expect(one.length).toBeLessThanOrEqual(columns);
        expect(one.startsWith(' '.repeat(indent))).toBe(true);
      }
      expect(lines.map((one) => one.trim()).join(' ')).toBe(some.join(' '));
    }),
  );
});

test('a path that is longer than a line stays whole, and colours take no room', () => {
  const path = `/srv/${'x'.repeat(60)}`;
  expect(wrapText(`Report: ${path}`, 40)).toBe(`Report:\n${path}`);
  expect(wrapText(`\u001B[31mError:\u001B[39m ${'y'.repeat(33)}`, 40)).not.toContain('\n');
});
