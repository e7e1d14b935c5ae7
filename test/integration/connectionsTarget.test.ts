import { randomBytes } from 'node:crypto';
import { withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { expect, inject, test } from 'vitest';
import { compare, type Pair, TestApp } from '../support/runMigration.ts';

const database = `options_${randomBytes(6).toString('hex')}`;
const mongodbUri = withDatabase(inject('mongodbUri'), database);
const withOptions = (options: string): string => `${mongodbUri}${mongodbUri.includes('?') ? '&' : '?'}${options}`;

test('a target URI with options of its own is migrated to, and one with a wrong option starts nothing', async () => {
  await using app = await TestApp.start({
    ODD_TARGET: withOptions(
      'compressors=zstd,zlib&journal=true&readPreference=secondary&w=1&retryWrites=true&minPoolSize=30',
    ),
    WRONG_TARGET: withOptions('w=0&readPrefrence=primary'),
    WRONG_SOURCE: 'postgresql://h/db?sslmodee=verify-full',
  });
  const { source, postgresUri } = await app.pair('1.30.1');
  const pair: Pair = { source, target: 'ODD_TARGET', postgresUri, mongodbUri, database };
  const { code, report } = await app.migrate(pair);
  expect(report.problems).toEqual([]);
  expect(code).toBe(0);
  expect((await compare(pair)).differences).toEqual([]);
  const wrong = await app.migrate({ source: 'WRONG_SOURCE', target: 'WRONG_TARGET' });
  expect(wrong.code).toBe(2);
  expect(wrong.report.problems.map(({ message }) => message)).toEqual([
    'Setting WRONG_SOURCE has the unknown parameter sslmodee; did you mean sslmode?',
    'Setting WRONG_TARGET asks for w=0, which this program cannot honour; Setting WRONG_TARGET has the unknown option readPrefrence; did you mean readPreference?',
  ]);
});
