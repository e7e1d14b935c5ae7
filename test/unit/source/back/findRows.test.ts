import { expect, test } from 'vitest';
import { rowsOfKeys } from '../../../../src/source/back/findRows.ts';
import type { WritableTable } from '../../../../src/source/back/writableTables.ts';

function table(types: Readonly<Record<string, string>>): Pick<WritableTable, 'table' | 'from' | 'columns'> {
  const columns = Object.entries(types).map(([name, type]) => ({ name, type }));
  return { table: { key: Object.keys(types) }, from: 's.points t', columns } as unknown as WritableTable;
}

test('a key of several columns is looked up as a whole, for which no other index will do', () => {
  const of = table({ key: 'character varying', step: 'bigint' });
  expect(rowsOfKeys(of, [['loss', '7']])).toBe(
    `unnest('{"loss"}'::character varying[], '{"7"}'::bigint[]) with ordinality u(k0, k1, place)` +
      ' join s.points t on (t."key", t."step") >= (u.k0, u.k1) and (t."key", t."step") <= (u.k0, u.k1)',
  );
});

test('a key of one column is looked up by it, and no text gets out of its quotes', () => {
  const keys = ['NULL', '', 'a"b', "a'b", 'a\\b', '{,}'].map((key) => [key]);
  expect(rowsOfKeys(table({ id: 'text' }), keys)).toBe(
    String.raw`unnest(E'{"NULL","","a\\"b","a''b","a\\\\b","{,}"}'::text[]) with ordinality u(k0, place) join s.points t on t."id" = u.k0`,
  );
});
