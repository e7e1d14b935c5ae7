import { expect, test } from 'vitest';
import { requireSameOptions } from '../../../../src/cli/run/requireSameOptions.ts';
import { toMigrationRequest } from '../../../../src/config/schemas/parseStartRequest.ts';
import { toStartRequest } from '../../../../src/config/schemas/toStartRequest.ts';
import type { StartRequest } from '../../../../src/contract/startRequest.ts';

const HERE = { url: null, stateDirectory: '.mlflow-migrate' };
const RUNNING = { id: 'lab', name: 'lab', status: 'running' } as const;

const BEGUN: StartRequest = {
  name: 'lab',
  source: { secret: 'POSTGRES_URI' },
  destination: { secret: 'MONGODB_URI' },
  tables: ['runs', 'tags'],
  artifacts: [
    { from: 's3://a', to: 'gs://b' },
    { from: 's3://c', to: 'gs://d' },
  ],
  migration_settings: { batch_size: 300, allow_deletes: 5 },
};

/** Asks a run that was begun with the one to go on as the other says. */
const goOn = (
  asked: StartRequest,
  begun: StartRequest | null = BEGUN,
  run: { status: 'running' | 'completed' } = RUNNING,
) =>
  requireSameOptions(
    { begunWith: async () => (begun === null ? null : toStartRequest(toMigrationRequest(begun))) },
    { ...RUNNING, ...run },
    asked,
    HERE,
  );

test('the command as before goes on, with all that may be left out or added', async () => {
  await goOn(BEGUN);
  await goOn({});
  await goOn({ name: 'lab', tables: ['tags', 'runs'], allowExisting: true, dropTarget: true });
  await goOn({ artifacts: BEGUN.artifacts?.toReversed() });
  await goOn({ migration_settings: { validate: 'full', validate_data: true, stall_minutes: 15 } });
  // Somebody was asked meanwhile, and agreed.
  await goOn(BEGUN, { ...BEGUN, migration_settings: { batch_size: 300, allow_deletes: 'all' } });
  // An app of an earlier release.
  await goOn({ tables: ['runs'] }, null);
});

test.each<[StartRequest, string]>([
  [{ migration_settings: { batch_size: 500 } }, '--batch-size asks'],
  [{ migration_settings: { validate_data: false } }, '--validate asks'],
  [{ migration_settings: { stall_minutes: 3 } }, 'migration_settings.stall_minutes asks'],
  [{ tables: ['runs'], exclude: ['spans'] }, '--tables, --exclude ask'],
  [{ follow: 10, catchUp: true, adoptTarget: true }, '--adopt-target, --catch-up, --follow ask'],
  [{ artifacts: [{ from: 's3://a', to: 'gs://x' }] }, '--map-artifacts asks'],
  [{ layout: 'mlflow', workspace: 'w', experiments: ['7'] }, '--layout, --workspace, --experiments ask'],
  [
    { migration_settings: { parallel: 2, unique_indexes: 'none', allow_deletes: 9 } },
    '--parallel, --unique-indexes, --allow-deletes ask',
  ],
  [{ source: { secret: 'OTHER' } }, 'source.secret asks'],
])('%j is refused by name', async (asked, words) => {
  const names = (text: string) =>
    text
      .replace(/ asks?$/, '')
      .split(', ')
      .toSorted();
  const refusal = await goOn(asked).catch((error: unknown) => error as { kind: string; message: string; hint: string });
  expect(refusal).toMatchObject({ kind: 'usage', hint: expect.stringContaining('mlflow-migrate cancel --name lab;') });
  const told = /^lab goes on with what it was begun with, and (.* asks?) for something else$/.exec(
    String(refusal?.message),
  )?.[1];
  expect(names(String(told))).toEqual(names(words));
});

test('of one that has ended the report is told', async () => {
  await expect(goOn({ tables: ['runs'] }, BEGUN, { status: 'completed' })).rejects.toMatchObject({
    message: 'lab has ended already, and --tables asks for something else than it was begun with',
    hint: expect.stringContaining('mlflow-migrate report --name lab.'),
  });
});
