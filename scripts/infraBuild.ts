/**
 * `npm run infra:build`: compiles `infra/main.bicep` with the real Bicep compiler, without warnings, and asks Azure what a
 * deployment would change (`az deployment sub what-if`) where the Azure CLI is there and logged in. Nothing is deployed.
 * `--location NAME` is the region of the what-if. Exit codes: 0 fine, 1 faults, 2 no compiler here.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const NOT_INSTALLED = `There is no Bicep compiler on this machine: neither bicep nor az is on PATH.
Get the Azure CLI as https://learn.microsoft.com/cli/azure/install-azure-cli says, then run  az bicep install
or take bicep alone from https://github.com/Azure/bicep/releases and put it on PATH.
Without them, npm test -- test/infra checks syntax and this repository's own rules.
`;
const NOT_LOGGED_IN = `No what-if: the Azure CLI is not installed or not logged in (az login).
`;
const EXIT_USAGE = 2;

const root = fileURLToPath(new URL('..', import.meta.url));
const main = join(root, 'infra', 'main.bicep');

interface Result {
  readonly code: number;
  readonly stderr: string;
}

const { values: options } = parseArgs({ options: { location: { type: 'string' } } });
process.exitCode = run();

function run(): number {
  const directory = mkdtempSync(join(tmpdir(), 'mlflow-infra-'));
  try {
    const compiled = compile(join(directory, 'main.json'));
    if (compiled === null) {
      process.stderr.write(NOT_INSTALLED);
      return EXIT_USAGE;
    }
    process.stderr.write(compiled.stderr);
    const hasFaults = /\b(?:Warning|Error) [a-zA-Z0-9-]+:/.test(compiled.stderr);
    if (compiled.code !== 0 || hasFaults) {
      process.stdout.write('infra/main.bicep does not compile without faults\n');
      return 1;
    }
    process.stdout.write('infra/main.bicep compiles without errors and warnings\n');
    return whatIf(join(directory, 'main.json'));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Null where neither compiler is there. */
function compile(outfile: string): Result | null {
  return call('bicep', ['build', main, '--outfile', outfile]) ?? compileWithAz(outfile);
}

function compileWithAz(outfile: string): Result | null {
  // `az` alone is no compiler, and would otherwise download one unasked.
  if (call('az', ['bicep', 'version'])?.code !== 0) return null;
  return call('az', ['bicep', 'build', '--file', main, '--outfile', outfile]);
}

function whatIf(template: string): number {
  if (call('az', ['account', 'show', '--output', 'none'])?.code !== 0) {
    process.stdout.write(NOT_LOGGED_IN);
    return 0;
  }
  const location = options.location ?? process.env['AZURE_LOCATION'];
  if (location === undefined) {
    process.stdout.write('No what-if: give a region as --location or AZURE_LOCATION\n');
    return 0;
  }
  const name = process.env['AZURE_ENV_NAME'] ?? 'what-if';
  const parameters = [`environmentName=${name}`, `location=${location}`];
  const args = ['deployment', 'sub', 'what-if', '--location', location, '--template-file', template, '--parameters'];
  return call('az', [...args, ...parameters], 'inherit')?.code ?? 1;
}

/** Runs a program and waits. Null when there is none of that name; az and bicep are .cmd files on Windows, which a shell finds. */
function call(program: string, args: readonly string[], stdout: 'ignore' | 'inherit' = 'ignore'): Result | null {
  const shell = process.platform === 'win32';
  const quoted = shell ? args.map((argument) => `"${argument}"`) : args;
  const { status, error, stderr } = spawnSync(program, quoted, {
    cwd: root,
    shell,
    encoding: 'utf8',
    stdio: ['ignore', stdout, 'pipe'],
  });
  if ((error as NodeJS.ErrnoException | undefined)?.code === 'ENOENT') return null;
  const isUnknownToShell = shell && status !== 0 && spawnSync('where', [program], { stdio: 'ignore' }).status !== 0;
  if (isUnknownToShell) return null;
  return { code: status ?? 1, stderr };
}
