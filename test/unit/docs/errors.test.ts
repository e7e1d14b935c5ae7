import { expect, test } from 'vitest';
import { ERROR_KINDS, ERROR_POLICY } from '../../../src/errors.ts';
import { readText, tableRows } from './markdown.ts';

const page = readText('docs/errors.md');

test('docs/errors.md tells of every kind what follows from it', () => {
  const expected = ERROR_KINDS.map((kind) => {
    const { exitCode, httpStatus, transient, hint } = ERROR_POLICY[kind];
    return [`[\`${kind}\`](#${kind})`, String(exitCode), String(httpStatus), transient ? 'yes' : 'no', hint];
  });
  expect(tableRows(page, 'Kind')).toEqual(expected);
});

test('docs/errors.md has a section for every kind, with meaning, cause and cure, in the order of the code', () => {
  const sections = page.split(/^## /m).slice(1);
  expect(sections.map((section) => section.split('\n')[0])).toEqual([...ERROR_KINDS]);
  for (const section of sections) expect(section).toMatch(/^Meaning: .+\n\nCause: .+\n\nCure: .+$/m);
});
