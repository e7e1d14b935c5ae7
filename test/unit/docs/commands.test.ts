import { transformSync } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { nextCommands } from '../../../scripts/nextCommands.ts';
import { OPTIONS } from '../../../src/cli/options/optionTable.ts';
import { GRANT_TARGETS, grantsFor } from '../../../src/config/grantsFor.ts';
import { parseConfigFile } from '../../../src/config/schemas/configFile.ts';
import { faultOfCommand, PROGRAMS, UNCHECKED } from './commands/checkCommand.ts';
import {
  blocks,
  documentedCommands,
  documentedOptions,
  hintedCommands,
  namedElsewhere,
  namedOptions,
  type Written,
} from './commands/collectCommands.ts';
import { faultOfBody } from './commands/curlCall.ts';
import { faultOfOption } from './commands/migrateCall.ts';
import { shellCommands } from './commands/shellCommands.ts';

/** Every fault of every command, with where it stands. */
function faults(written: readonly Written[]): string[] {
  return written.flatMap(({ where, script }) =>
    shellCommands(script).flatMap((command) => {
      const fault = faultOfCommand(command);
      return fault === null ? [] : [`${where}: ${command.join(' ')}: ${fault}`];
    }),
  );
}

test('every command of every document is one that its program takes', () => {
  const written = documentedCommands(PROGRAMS);
  expect(written.length).toBeGreaterThan(100);
  expect(faults(written)).toEqual([]);
});

test('every call of the command that hints and help tell of is one that it takes', () => {
  const hinted = hintedCommands();
  expect(hinted.length).toBeGreaterThan(30);
  expect(faults(hinted)).toEqual([]);
});

/** Options of other programs that documents name by themselves. */
const OF_OTHERS = [
  ...['--default-artifact-root', '--artifacts-destination', '--backend-store-uri', '--purge', '--to'],
  ...['--seconds', '--seed'],
];

test('every option that a document names is one of the command, and takes the value that stands there', () => {
  const own = documentedOptions().filter(({ script }) => !OF_OTHERS.includes(script.split(' ')[0] ?? ''));
  expect(own.length).toBeGreaterThan(100);
  const wrong = own.flatMap(({ where, script }) => {
    const [words = []] = shellCommands(script);
    const fault = faultOfOption(words);
    return fault === null ? [] : [`${where}: ${script}: ${fault}`];
  });
  expect(wrong).toEqual([]);
});

test('scripts and variables of azd that texts of the program name are there', () => {
  const named = namedElsewhere();
  expect(named.length).toBeGreaterThan(20);
  expect(faults(named)).toEqual([]);
});

test('every option that a message names is one of the command', () => {
  const known = new Set<string>(OPTIONS.map(({ name }) => `--${name}`));
  const unknown = namedOptions().filter(({ script }) => !known.has(script));
  expect(unknown).toEqual([]);
});

const OUTPUTS = {
  AZURE_RESOURCE_GROUP: 'rg-lab',
  SERVICE_API_NAME: 'func-3xample',
  SERVICE_API_URI: 'https://func-3xample.azurewebsites.net',
  IDENTITY_NAME: 'id-3xample',
};

test('what azd prints after it provisioned can be copied as it is', () => {
  const script = nextCommands(OUTPUTS, 'linux')
    .split('\n')
    .filter((line) => /^ {2}(?!https:)/.test(line))
    .join('\n');
  expect(shellCommands(script).length).toBeGreaterThan(7);
  expect(faults([{ where: 'scripts/nextCommands.ts', script }])).toEqual([]);
});

test.each(GRANT_TARGETS.filter((target) => target === 'vcore' || target === 'ru'))(
  'what grants --for %s prints is made of commands that there are',
  (target) => {
    const user = '01234567-89ab-cdef-0123-456789abcdef';
    const script = grantsFor({ target, user, database: 'mlflow', schema: null, account: 'docdb-3xample' });
    const commands = shellCommands(script).filter(([program]) => program === 'az');
    expect(commands.length).toBeGreaterThan(0);
    expect(commands.map(faultOfCommand).filter((fault) => fault !== null)).toEqual([]);
  },
);

const CONTENT: Readonly<Record<string, (text: string) => string | null>> = {
  json: (text) => {
    if (!text.includes('migration_settings')) return faultOfBody(text);
    parseConfigFile(text, 'the file');
    return null;
  },
  js: (text) => {
    transformSync(text, { loader: 'js', format: 'esm' });
    return null;
  },
};

test('every block of JSON is what it is shown as, and every block of JavaScript can be parsed', () => {
  const shown = blocks().filter(({ language }) => language in CONTENT);
  expect(shown.length).toBeGreaterThan(3);
  expect(
    shown.flatMap(({ where, language, script }) => {
      const fault = CONTENT[language]?.(script) ?? null;
      return fault === null ? [] : [`${where}: ${fault}`];
    }),
  ).toEqual([]);
});

/** Languages of blocks, and what sees that they are right. */
const LOOKED_AT: Readonly<Record<string, string>> = {
  '': 'lines of a shell as above; else what a program prints',
  js: 'above',
  json: 'above',
  kusto: 'test/infra/queries.test.ts',
  mermaid: 'a picture',
  python: 'asks two MLflow servers; test/mlflow asks more than that where Python is',
  sh: 'above',
  text: 'what a program prints',
  ts: 'the types of packages, which npm run types looks at in their tests',
};

test('no document has a block in a language that nobody looks at', () => {
  expect([...new Set(blocks().map(({ language }) => language))].filter((language) => !(language in LOOKED_AT))).toEqual(
    [],
  );
});

test('what is said not to be checked stands in a document', () => {
  const written = documentedCommands(PROGRAMS).flatMap(({ script }) =>
    shellCommands(script).map((words) => words.join(' ')),
  );
  expect(Object.keys(UNCHECKED).filter((call) => !written.includes(call))).toEqual([]);
});

describe('a command that is wrong would be found', () => {
  test.each([
    ['mlflow-migrate --dry-runn', '--dry-run'],
    ['npm run --silent migrate -- --layout mflow', '--layout'],
    ['mlflow-migrate --mongodb-uri mongodb://host:27017/a.b', 'a.b'],
    ['npm run benches -- --scale 1', 'benches'],
    ['npm run bench -- --scales 1', '--scales'],
    ['npm run test:faults -- --only kill', 'kill'],
    ['npm test -- test/integration/repairs.test.ts', 'repairs'],
    ['curl -s "$APP/api/migration/first" -H "x-functions-key: $KEY"', '/api/migration/first'],
    ['curl -s "$APP/api/migrations/first"', 'function key'],
    ['curl -X POST "$APP/api/migrations" -H \'x-functions-key: a\' -d \'{"nme":"a"}\'', 'nme'],
    ['azd env set ALLOWED_SERVER a', 'ALLOWED_SERVER'],
    ['export A="$(az functionapp keys lst --name a)"', 'azureCalls.ts'],
    ['docker run --rm -e POSTGRES_URL -v a:/state mlflow-migrate --dry-run', 'POSTGRES_URL'],
    ['mongoimport a', 'UNCHECKED'],
  ])('%s', (script, named) => {
    expect(faults([{ where: 'a document', script }]).join('\n')).toContain(named);
  });
});
