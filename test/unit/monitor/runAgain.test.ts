import { expect, test } from 'vitest';
import { catchUpOf, migrationOf } from '../../../src/monitor/runAgain.ts';

const ENDS = { source: { secret: 'A' }, destination: { secret: 'B' } };

test('the migration of a dry run is the same without it, under its own name, and follows where that is asked', () => {
  const analysed = { name: 'lab-analysis', ...ENDS, migration_settings: { dry_run: true, parallel: 2 } };
  expect(migrationOf(analysed, null)).toEqual({ name: 'lab', ...ENDS, migration_settings: { parallel: 2 } });
  expect(migrationOf(analysed, 60)).toMatchObject({ name: 'lab', follow: 60 });
  expect(migrationOf(ENDS, null)).toEqual({ ...ENDS, migration_settings: {} });
});

test('a catch-up ends with a proof of everything, whatever the migration had', () => {
  const migrated = { name: 'lab', ...ENDS, follow: 60, migration_settings: { validate: 'counts' as const } };
  expect(catchUpOf(migrated)).toEqual({
    name: 'lab',
    ...ENDS,
    catchUp: true,
    migration_settings: { validate: 'full' },
  });
});
