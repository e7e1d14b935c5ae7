import { spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const SCRIPT = join(import.meta.dirname, '../../scripts/infraBuild.ts');

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'mlflow-infra-test-'));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** Puts a program on the script's PATH that writes its arguments down and runs these shell lines. */
async function install(name: string, lines: string): Promise<void> {
  await writeFile(
    join(directory, name),
    `#!/bin/sh\nPATH=/usr/bin:/bin\necho "${name} $*" >>'${directory}/calls'\n${lines}\n`,
  );
  await chmod(join(directory, name), 0o755);
}

const calls = async (): Promise<string[]> => (await readFile(join(directory, 'calls'), 'utf8')).trim().split('\n');

function run(
  args: readonly string[] = [],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [SCRIPT, ...args], {
      env: { PATH: directory, HOME: directory, ...environment },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => {
      stdout += data;
    });
    child.stderr.on('data', (data) => {
      stderr += data;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, stdout, stderr }));
  });
}

test('without a compiler it says how to get one, and exits with 2', async () => {
  const { code, stderr } = await run();
  expect(code).toBe(2);
  expect(stderr).toContain('az bicep install');
  expect(stderr).toContain('https://github.com/Azure/bicep/releases');
});

/** Lines of a compiler that predicts these resources for every choice. */
const predicting = (resources: string): string =>
  `if [ "$1" = snapshot ]; then printf '%s' '{"predictedResources":${resources},"diagnostics":[]}' >"\${2%.bicepparam}.snapshot.json"; fi`;

test('it compiles main.bicep, evaluates each choice, and does without Azure', async () => {
  await install('bicep', predicting('[]'));
  const { code, stdout } = await run();
  expect(stdout).toContain('compiles without errors and warnings');
  expect(stdout).toMatch(/[7-9]\d* choices of parameters evaluate without faults/);
  expect(stdout).toContain('No what-if');
  expect(code).toBe(0);
  expect((await calls())[0]).toMatch(/^bicep build \S+\/infra\/main\.bicep --outfile \S+\/main\.json$/);
  expect(
    (await calls()).filter((call) => /^bicep snapshot \S+\/default\.bicepparam --mode overwrite/.test(call)),
  ).toHaveLength(1);
});

test('BICEP_PATH names a compiler that is not on PATH; one that is not there is told', async () => {
  await install('bicep-here', predicting('[]'));
  const program = join(directory, 'bicep-here');
  expect((await run([], { PATH: '', BICEP_PATH: program })).code).toBe(0);
  const { code, stderr } = await run([], { BICEP_PATH: join(directory, 'elsewhere') });
  expect(code).toBe(2);
  expect(stderr).toContain('BICEP_PATH');
});

test('a fault in an evaluated choice is told with its file', async () => {
  await install(
    'bicep',
    predicting(
      '[{"id":"x","type":"Microsoft.Web/sites","name":"f","tags":{"azd-env-name":"demo"},"properties":{"httpsOnly":true}}]',
    ),
  );
  const { code, stderr } = await run();
  expect(code).toBe(1);
  expect(stderr).toContain('infra/choices/default.bicepparam the API takes calls from those only that were asked for');
  expect(stderr).not.toContain('infra/choices/open.bicepparam');
});

test('a choice that the compiler cannot evaluate is a fault', async () => {
  await install('bicep', 'if [ "$1" = snapshot ]; then echo "BCP000: no" >&2; exit 1; fi');
  const { code, stderr } = await run();
  expect(code).toBe(1);
  expect(stderr).toContain('bicep snapshot fails: BCP000: no');
});

test.each([
  ['a warning', 'echo "main.bicep(1,7) : Warning no-unused-params: x" >&2'],
  ['an error', 'echo "main.bicep(1,7) : Error BCP007: x" >&2; exit 1'],
])('%s of the compiler is a fault', async (_what, lines) => {
  await install('bicep', lines);
  const { code, stderr } = await run();
  expect(code).toBe(1);
  expect(stderr).toContain('main.bicep(1,7)');
});

test('az compiles where it has the compiler, and tells what a deployment would change', async () => {
  await install('az', '');
  expect((await run(['--location', 'westeurope'])).code).toBe(0);
  const seen = await calls();
  expect(seen.slice(0, 3).map((call) => call.split(' ').slice(0, 3).join(' '))).toEqual([
    'az bicep version',
    'az bicep build',
    'az account show',
  ]);
  expect(seen[3]).toMatch(/^az deployment sub what-if --location westeurope --template-file \S+ --parameters /);
  expect(seen[3]).toContain('location=westeurope');
});

test('an az without the compiler is not made to download one', async () => {
  await install('az', 'exit 1');
  expect((await run()).code).toBe(2);
  expect(await calls()).toEqual(['az bicep version']);
});
