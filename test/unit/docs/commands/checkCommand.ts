import { ENVIRONMENT } from '../../../../src/cli/help/helpText.ts';
import { readText } from '../markdown.ts';
import { faultOfAzureCall } from './azureCalls.ts';
import { faultOfCurlCall } from './curlCall.ts';
import { faultOfCall } from './migrateCall.ts';
import { faultOfNpmCall, faultOfScript } from './npmCalls.ts';
import type { ShellCommand } from './shellCommands.ts';

/** `docker build` makes the image of the Dockerfile; `docker run` hands it variables that the command reads, and arguments that it takes. */
function faultOfDockerCall(words: readonly string[]): string | null {
  const dockerfile = readText('Dockerfile');
  const [, verb, ...args] = words;
  if (verb === 'build') return args.join(' ') === '-t mlflow-migrate .' ? null : 'builds another image';
  if (verb !== 'run') return 'is neither build nor run';
  const image = args.indexOf('mlflow-migrate');
  const flags = args.slice(0, image);
  const variables = flags.filter((_flag, index) => flags[index - 1] === '-e');
  const unread = variables.filter((name) => !ENVIRONMENT.some(([known]) => known === name));
  if (unread.length > 0) return `The command reads no ${unread.join(', ')}`;
  const volume = flags[flags.indexOf('-v') + 1]?.split(':')[1];
  if (!dockerfile.includes(`VOLUME ${volume}\n`)) return `The image has no volume ${volume}`;
  return faultOfCall(args.slice(image + 1));
}

/** Tools of others with the arguments that documents give them, and why no test calls them. */
export const UNCHECKED: Readonly<Record<string, string>> = {
  'azcopy login': 'asks in a browser',
  'azcopy copy https://s3.amazonaws.com/BUCKET https://ACCOUNT.blob.core.windows.net/CONTAINER --recursive':
    'needs accounts at two clouds; as the reference of azcopy has it',
  'bicep snapshot': 'the name of what npm run infra:build calls; test/infra/infraBuild.test.ts',
  'mlflow db upgrade': "MLflow's own; test/mlflow calls it where Python is",
  'mlflow migrate-filestore': "MLflow's own, named as another tool",
  'mlflow server --backend-store-uri mongodb://host:27017/mlflow --registry-store-uri mongodb://host:27017/mlflow':
    'test/mlflow starts it so where Python is',
  'mlflow server': 'the name of the program that test/mlflow starts',
  'pip install mlflow==3.17.2 mlflow-mongodb': 'test/mlflow installs them where an index of packages is',
  'azcopy copy /mlruns/* https://ACCOUNT.blob.core.windows.net/CONTAINER/mlruns --recursive':
    'needs an account at Azure; as the reference of azcopy has it',
  'python3 -m pip install pymongo psycopg2-binary': 'needs an index of packages; bench/plainLoop.ts asks for both',
  'rclone config': 'asks',
  'rclone copy old:BUCKET new:CONTAINER': 'needs accounts at two clouds; as the reference of rclone has it',
  'rclone check old:BUCKET new:CONTAINER --one-way': 'needs accounts at two clouds; as the reference of rclone has it',
  'man mlflow-migrate': 'test/bundle/installedPackage.test.ts looks for the page',
};

/** Filters behind a pipe. */
const FILTERS = new Set(['eval', 'jq', 'openssl', 'printf', 'sed', 'sha256sum', 'sort', 'source', 'uniq']);

/** How each program's calls are looked at. */
const CHECKS: Readonly<Record<string, (words: readonly string[]) => string | null>> = {
  'mlflow-migrate': (words) => faultOfCall(words.slice(1)),
  npm: faultOfNpmCall,
  npx: ([, name = '', ...args]) => {
    if (name === 'mlflow-migrate') return faultOfCall(args);
    if (name !== 'functions-host') return `There is no program ${name}`;
    return faultOfScript('packages/functions-host/src/main.ts', args);
  },
  node: ([, file = '', ...args]) => faultOfScript(file, args),
  'node_modules/.bin/node': ([, file = '', ...args]) => faultOfScript(file, args),
  az: faultOfAzureCall,
  azd: faultOfAzureCall,
  curl: faultOfCurlCall,
  docker: faultOfDockerCall,
};

/** Programs that code between words may begin with. */
export const PROGRAMS: readonly string[] = [
  ...new Set([
    ...Object.keys(CHECKS),
    ...FILTERS,
    ...Object.keys(UNCHECKED).map((call) => call.split(' ')[0] as string),
  ]),
  ...['mongosh', 'psql', 'pg_dump', 'pg_restore', 'python', 'python3', 'git', 'kubectl', 'func', 'jq'],
];

/** What is wrong with a command of a document; null: nothing, or nothing that a test could find. */
export function faultOfCommand(command: ShellCommand): string | null {
  const [program] = command;
  if (CHECKS[program] !== undefined) return CHECKS[program](command);
  if (FILTERS.has(program) || UNCHECKED[command.join(' ')] !== undefined) return null;
  return 'No test checks it: add a check, or a line with the reason to UNCHECKED in checkCommand.ts';
}
