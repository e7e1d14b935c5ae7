import { expect, test } from 'vitest';
import type { OptionName } from '../../../../src/cli/options/optionTable.ts';
import { conflictHint } from '../../../../src/cli/run/conflictHint.ts';
import { goOnCommand } from '../../../../src/cli/run/goOnCommand.ts';

const given = (...options: [OptionName, string | true][]) => new Map(options);

test('the line that ends what is in the way finds it', () => {
  expect(conflictHint('lab', { url: null, stateDirectory: '.mlflow-migrate' })).toContain(
    'mlflow-migrate cancel --name lab;',
  );
  expect(conflictHint('lab', { url: null, stateDirectory: 'my state' })).toContain(
    "mlflow-migrate cancel --name lab --state-dir 'my state';",
  );
});

test('the line that goes on is the whole command, and holds no secret', () => {
  const line = goOnCommand(
    'migrate',
    given(
      ['postgres-uri', 'postgresql://u:geheim@h/mlflow'],
      ['mongodb-uri', 'mongodb://h/d?x=1&y=2'],
      ['state-dir', '/srv/my state'],
      ['name', 'other'],
      ['drop-target', true],
      ['yes', true],
    ),
    'lab',
  );
  expect(line).toBe(
    `mlflow-migrate --resume --name lab --postgres-uri "$POSTGRES_URI" --mongodb-uri 'mongodb://h/d?x=1&y=2' --state-dir '/srv/my state' --yes`,
  );
  const mapped = new Map([['map-artifacts', ['s3://a=wasbs://c@acct.blob.core.windows.net']]] as const);
  expect(goOnCommand('migrate', mapped, 'lab')).toBe('mlflow-migrate --resume --name lab');
  expect(goOnCommand('validate', given(['resume', true]), 'lab')).toBe('mlflow-migrate validate --resume --name lab');
});
