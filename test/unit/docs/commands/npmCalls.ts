import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import manifest from '../../../../package.json' with { type: 'json' };
import { ROOT, readText } from '../markdown.ts';
import { faultOfCall } from './migrateCall.ts';

const scripts: Readonly<Record<string, string>> = manifest.scripts;

/** Files beside the one that is run which read its options. */
const READERS: Readonly<Record<string, readonly string[]>> = { 'bench/run.ts': ['bench/readArguments.ts'] };

/** Names that an option takes: the file that lists them, and how they stand there. */
const NAMES: Readonly<Record<string, (name: string) => boolean>> = {
  'test/faults/run.ts --only': (name) => new RegExp(`^  ${name}: `, 'm').test(readText('test/faults/run.ts')),
  'test/mlflow/run.ts --fixture': (name) => existsSync(join(ROOT, 'test/fixtures', `mlflow-${name}.sql.gz`)),
};

/** What is wrong with a call of a TypeScript file of the repository; null: nothing. Its options are those that it hands to parseArgs. */
export function faultOfScript(file: string, args: readonly string[]): string | null {
  if (!existsSync(join(ROOT, file))) return `There is no ${file}`;
  const text = [file, ...(READERS[file] ?? [])].map(readText).join('\n');
  const faults = args.flatMap((arg, index) => {
    if (!arg.startsWith('--')) return [];
    const isKnown = new RegExp(
      `(?:^ *|options: \\{ )'?${arg.slice(2).replace(/^no-(?=baseline$)/, '')}'?: \\{ ?type:`,
      'm',
    ).test(text);
    const values = (args[index + 1] ?? '').split(',');
    const unknown = values.filter((name) => !/^NAMES?$/.test(name) && NAMES[`${file} ${arg}`]?.(name) === false);
    return [...(isKnown ? [] : [`${file} has no ${arg}`]), ...unknown.map((name) => `${arg} has no ${name}`)];
  });
  return faults[0] ?? null;
}

/** Vitest's own, of which documents use these. */
const VITEST_OPTIONS = ['-t', '-u'];

function faultOfTestCall(args: readonly string[]): string | null {
  const [path = '', ...rest] = args.filter((arg) => arg !== '--');
  if (!existsSync(join(ROOT, path))) return `There is no ${path}`;
  const unknown = rest.find((arg) => arg.startsWith('-') && !VITEST_OPTIONS.includes(arg));
  if (unknown !== undefined) return `${unknown} is not among the options of vitest in npmCalls.ts`;
  const name = rest[rest.indexOf('-t') + 1];
  return rest.includes('-t') && !readText(path).includes(name ?? '') ? `${path} has no test ${name}` : null;
}

/** Commands of npm that are no scripts, with what may stand behind them. */
const NPM: Readonly<Record<string, (args: readonly string[]) => string | null>> = {
  ci: (args) => (args.length === 0 ? null : 'npm ci takes nothing here'),
  pack: (args) => (args.length === 0 ? null : 'npm pack takes nothing here'),
  publish: ([path = './dist']) => (path === './dist' ? null : 'npm publish takes nothing, or ./dist of a workspace'),
  install: (args) => {
    const [file] = args.filter((arg) => !/^(?:-g|--global|--offline)$/.test(arg));
    return file === `./mlflow-migrate-${manifest.version}.tgz` ? null : 'npm pack does not make that file';
  },
};

function faultOfNamedScript(name: string, args: readonly string[]): string | null {
  const script = scripts[name];
  if (script === undefined) return `There is no script ${name}`;
  if (name === 'migrate') return faultOfCall(args);
  if (name === 'test') return args.length === 0 ? null : faultOfTestCall(args);
  const file = /(?:^|&& )node (\S+\.ts)/.exec(script)?.[1];
  if (args.length > 0 && file === undefined) return `npm run ${name} takes nothing`;
  return file === undefined ? null : faultOfScript(file, args);
}

/** What is wrong with a call of npm; null: nothing. */
export function faultOfNpmCall(words: readonly string[]): string | null {
  const [verb = '', ...rest] = words.slice(1);
  const own = rest.filter((word) => word !== '--silent');
  if (verb === 'i') return faultOfNpmCall(['npm', 'install', ...rest]);
  if (NPM[verb] !== undefined) return NPM[verb](rest);
  if (verb !== 'run') return faultOfNamedScript(verb, own.slice(own[0] === '--' ? 1 : 0));
  const [name = '', ...args] = own;
  const at = args.indexOf('--workspace');
  if (at < 0) return faultOfNamedScript(name, args.slice(args[0] === '--' ? 1 : 0));
  const path = args[at + 1] ?? '';
  const packages = globSync('packages/*/package.json', { cwd: ROOT }).filter((file) =>
    file.startsWith(path.replace(/NAME$/, '')),
  );
  const isThere = packages.every((file) => name in ((JSON.parse(readText(file)) as typeof manifest).scripts ?? {}));
  return packages.length > 0 && isThere ? null : `${path} has no script ${name}`;
}
