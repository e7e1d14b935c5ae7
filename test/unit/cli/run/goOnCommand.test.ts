import { expect, test } from 'vitest';
import type { OptionName } from '../../../../src/cli/options/optionTable.ts';
import { conflictHint } from '../../../../src/cli/run/conflictHint.ts';
import { goOnCommand, programCall } from '../../../../src/cli/run/goOnCommand.ts';

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
    'mlflow-migrate',
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
  expect(goOnCommand('x', 'migrate', mapped, 'lab')).toBe('x --resume --name lab');
  expect(goOnCommand('x', 'validate', given(['resume', true]), 'lab')).toBe('x validate --resume --name lab');
});

test('the program is called as it was', () => {
  const npm = { npm_package_name: 'mlflow-migrate', npm_lifecycle_event: 'migrate' };
  expect(programCall(npm, '/a/main.ts')).toBe('npm run --silent migrate --');
  expect(programCall({ npm_lifecycle_event: 'npx' }, '/a/cli.cjs')).toBe('npx mlflow-migrate');
  expect(programCall({}, '/usr/bin/mlflow-migrate')).toBe('mlflow-migrate');
  expect(programCall({}, `${process.cwd()}/src/cli/main.ts`)).toBe('node src/cli/main.ts');
});
