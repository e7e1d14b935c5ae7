import { expect, test } from 'vitest';
import { parseStartRequest, toMigrationRequest } from '../../../src/config/schemas/parseStartRequest.ts';
import { canMeet } from '../../../src/functions/refuseIfTargetInUse.ts';

const requestOf = (body: object) => toMigrationRequest(parseStartRequest({ defaults: true, ...body }));
const account = { account: 'acct', database: 'mlflow' };

test.each([
  ['both take every default', {}, {}, true],
  ['one takes some tables', {}, { tables: ['runs'] }, true],
  ['their tables overlap', { tables: ['runs', 'tags'] }, { tables: ['Tags'] }, true],
  ['their tables are disjoint', { tables: ['runs'] }, { tables: ['tags'] }, false],
  ['tables of one layout share collections', { layout: 'mlflow', tables: ['runs'] }, { tables: ['tags'] }, true],
  ['they have other sources', { source: { secret: 'A' } }, { source: { secret: 'B' } }, true],
  ['they name other secrets', { destination: { secret: 'A' } }, { destination: { secret: 'B' } }, false],
  [
    'a name is written in two ways',
    { destination: { secret: 'MONGODB_URI' } },
    { destination: { secret: 'mongodb-uri' } },
    true,
  ],
  ['databases differ', { destination: { database: 'a' } }, { destination: { database: 'b' } }, false],
  [
    'one account',
    { destination: account },
    { destination: { ...account, account: 'ACCT', client_id: '0'.repeat(36) } },
    true,
  ],
  ['one account, two databases', { destination: account }, { destination: { ...account, database: 'other' } }, false],
  ['the other is an analysis', {}, { migration_settings: { dry_run: true } }, false],
  ['the other only compares', {}, { validateOnly: true }, false],
])('two migrations, where %s', (_, one, other, expected) => {
  expect(canMeet(requestOf(one), requestOf(other))).toBe(expected);
  expect(canMeet(requestOf(other), requestOf(one))).toBe(expected);
});
