/**
 * `npm run infra:build`: compiles `infra/main.bicep` with the real Bicep compiler, without warnings, evaluates the choices of
 * parameters in `infra/choices` (`bicep snapshot`) and checks rules over the resources that come out, and asks Azure what a
 * deployment would change (`az deployment sub what-if`) where the Azure CLI is there and logged in. Nothing is deployed.
 * `BICEP_PATH` names the compiler; else it is looked for on PATH, and among the files of az. `--location NAME` is the region
 * of the what-if. Exit codes: 0 fine, 1 faults, 2 no compiler here.
 */
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { askedBy, evaluatedFaults, type PredictedResource } from './evaluatedRules.ts';

const NOT_INSTALLED = `There is no Bicep compiler on this machine: BICEP_PATH names none, and neither bicep nor az is on PATH.
Get the Azure CLI as https://learn.microsoft.com/cli/azure/install-azure-cli says, then run  az bicep install
or take bicep alone from https://github.com/Azure/bicep/releases and put it on PATH, or name it as BICEP_PATH.
Without them, npm test -- test/infra checks syntax and this repository's own rules.
`;
const NOT_LOGGED_IN = `No what-if: the Azure CLI is not installed or not logged in (az login).
`;
const EXIT_USAGE = 2;

/** Made up: expressions with ids of subscription and tenant are worked out with them. */
const MADE_UP = [
  '--subscription-id',
  '00000000-0000-0000-0000-000000000001',
  '--tenant-id',
  '00000000-0000-0000-0000-000000000002',
];

const root = fileURLToPath(new URL('..', import.meta.url));
const main = join(root, 'infra', 'main.bicep');

interface Result {
  readonly code: number;
  readonly stderr: string;
}

const { values: options } = parseArgs({ options: { location: { type: 'string' } } });
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
    return evaluate(directory) ? whatIf(join(directory, 'main.json')) : 1;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The compiler that BICEP_PATH names, or else the one on PATH. */
const named = process.env['BICEP_PATH'];
const bicep = named === undefined || named === '' ? 'bicep' : named;

/** Null where no compiler is there. */
function compile(outfile: string): Result | null {
  const compiled = call(bicep, ['build', main, '--outfile', outfile]);
  return compiled ?? (bicep === 'bicep' ? compileWithAz(outfile) : null);
}

function compileWithAz(outfile: string): Result | null {
  // `az` alone is no compiler, and would otherwise download one unasked.
  if (call('az', ['bicep', 'version'])?.code !== 0) return null;
  return call('az', ['bicep', 'build', '--file', main, '--outfile', outfile]);
}

/** True when no choice of parameters has a fault. Works on a copy, as the compiler writes what it found beside its input. */
function evaluate(directory: string): boolean {
  const ofAz = join(homedir(), '.azure', 'bin', process.platform === 'win32' ? 'bicep.exe' : 'bicep');
  const program = call(bicep, ['--version']) === null && existsSync(ofAz) ? ofAz : bicep;
  cpSync(join(root, 'infra'), join(directory, 'infra'), { recursive: true });
  const choices = join(directory, 'infra', 'choices');
  const names = readdirSync(choices).flatMap((file) => (file.endsWith('.bicepparam') ? [file.slice(0, -11)] : []));
  let isFine = true;
  for (const name of names.toSorted()) {
    const input = join(choices, `${name}.bicepparam`);
    const evaluated = call(program, ['snapshot', input, '--mode', 'overwrite', ...MADE_UP]);
    if (evaluated === null) {
      process.stdout.write('The choices are not evaluated: that needs bicep itself, as BICEP_PATH or on PATH\n');
      return true;
    }
    const output = join(choices, `${name}.snapshot.json`);
    const faults =
      evaluated.code === 0 && existsSync(output)
        ? faultsIn(readFileSync(output, 'utf8'), readFileSync(input, 'utf8'))
        : [`bicep snapshot fails: ${evaluated.stderr.trim()}`];
    for (const fault of faults) process.stderr.write(`infra/choices/${name}.bicepparam ${fault}\n`);
    if (faults.length > 0) isFine = false;
  }
  if (isFine) process.stdout.write(`${names.length} choices of parameters evaluate without faults\n`);
  return isFine;
}

/** Faults of a snapshot's resources, and what the compiler itself has to say of them. */
function faultsIn(snapshot: string, parameters: string): string[] {
  const { predictedResources, diagnostics } = JSON.parse(snapshot) as {
    readonly predictedResources: readonly PredictedResource[];
    readonly diagnostics?: readonly unknown[];
  };
  const words = (diagnostics ?? []).map((diagnostic) => `the compiler says ${JSON.stringify(diagnostic)}`);
  return [...words, ...evaluatedFaults(predictedResources, askedBy(parameters))];
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

process.exitCode = run();
