import { expect, test } from 'vitest';
import { MONGO_OPTIONS } from '../../../src/config/mongo/mongoOptions.ts';
import { POSTGRES_PARAMETERS } from '../../../src/config/postgres/postgresParameters.ts';
import { readText, tableRows } from './markdown.ts';

const page = readText('docs/reference/connections.md');

const code = (name: string | null): string => (name === null ? '' : `\`${name}\``);

test('docs/reference/connections.md lists every parameter of PostgreSQL with what becomes of it', () => {
  const expected = POSTGRES_PARAMETERS.map(({ key, variable, treatment, note, harmless }) => {
    const accepted = harmless.length === 0 ? '' : `; ${harmless.map(code).join(', ')} accepted`;
    return [code(key), code(variable), treatment, `${note}${accepted}`];
  });
  expect(tableRows(page, 'Parameter')).toEqual(expected);
});

test('docs/reference/connections.md lists every option of MongoDB with what becomes of it', () => {
  const expected = MONGO_OPTIONS.map(({ name, treatment, note, refusedValues }) => {
    const refused = Object.entries(refusedValues).map(([value, why]) => `; \`${value}\` refused: ${why}`);
    return [code(name), treatment, `${note}${refused.join('')}`];
  });
  expect(tableRows(page, 'Option')).toEqual(expected);
});
