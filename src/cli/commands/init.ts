import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import type { Environment } from '../../config/environment.ts';
import { parseMongoUri } from '../../config/mongo/parseMongoUri.ts';
import { parsePostgresUri } from '../../config/postgres/parsePostgresUri.ts';
import { redact } from '../../config/redact.ts';
import { type ConfigFile, parseConfigFile } from '../../config/schemas/configFile.ts';
import { MigrationError } from '../../errors.ts';
import { shellOption } from '../../quoteShell.ts';
import type { CommandContext } from '../commandContext.ts';
import { Declined } from '../declined.ts';
import { ask, askFor } from '../display/ask.ts';
import { showProblem } from '../display/showProblem.ts';
import { lookAtEnds } from '../doctor/lookAtEnds.ts';
import { planRun } from '../plan/planRun.ts';
import { askForLayout } from '../run/chooseLayout.ts';

const DEFAULT_FILE = 'mlflow-migrate.json';

/** One end as it was answered. */
interface AnsweredEnd {
  /** Null where a local MongoDB is to be started. */
  readonly uri: string | null;
  /** The environment variable that holds it for a migration; null where it may stand in the file, as no secret is in it. */
  readonly variable: 'POSTGRES_URI' | 'MONGODB_URI' | null;
}

/** A URI that is in the environment already is offered, and stays there. */
async function askForEnd(
  { output, signal, env }: CommandContext,
  question: string,
  variable: 'POSTGRES_URI' | 'MONGODB_URI',
  parse: (uri: string) => void,
): Promise<AnsweredEnd> {
  const known = env[variable] || null;
  const byDefault = known !== null ? `$${variable}` : variable === 'MONGODB_URI' ? 'a local MongoDB' : null;
  const prompt = byDefault === null ? `${question}:` : `${question} [${byDefault}]:`;
  const uri = await askFor(prompt, output, signal, (answer) => {
    const given = answer === '' ? known : answer;
    if (given === null && byDefault === null) throw new MigrationError('usage', 'A source is needed');
    if (given !== null) parse(given);
    return given;
  });
  return { uri, variable: uri !== null && (uri === known || redact(uri) !== uri) ? variable : null };
}

/** The file: names of variables in place of URIs with a secret. */
function configOf(source: AnsweredEnd, target: AnsweredEnd, layout: ConfigFile['layout']): ConfigFile {
  const named = ({ uri, variable }: AnsweredEnd) =>
    variable === null ? { connection_uri: uri ?? '' } : { secret: variable };
  return { source: named(source), ...(target.uri === null ? {} : { destination: named(target) }), layout };
}

/** Both ends in an environment, for trying them. */
function withUris(env: Environment, ends: readonly AnsweredEnd[]): Environment {
  const set = ends.flatMap(({ uri, variable }) =>
    variable === null || uri === null ? [] : [[variable, uri] as const],
  );
  return { ...env, ...Object.fromEntries(set) };
}

/** `mlflow-migrate init`: asks, tries both ends, and writes a configuration file without secrets. Returns the exit code. Throws {@link Declined}. */
export async function runInit(context: CommandContext): Promise<number> {
  const { options, env, output, signal } = context;
  const file = options.configFile ?? DEFAULT_FILE;
  if (!output.canAsk) {
    throw new MigrationError('usage', 'init asks, and there is no terminal to ask on', {
      hint: 'Write the file by hand (docs/reference), or do without: mlflow-migrate --postgres-uri URI --mongodb-uri URI --layout NAME --dry-run',
    });
  }
  if (existsSync(file) && !(await ask(`Write over ${file}?`, output, signal))) {
    throw new Declined(`Nothing was done: ${file} stays as it is`);
  }
  const source = await askForEnd(
    context,
    'Source (postgresql://user:password@host:5432/mlflow)',
    'POSTGRES_URI',
    (uri) => {
      parsePostgresUri(uri, 'The source', env);
    },
  );
  const target = await askForEnd(context, 'Target (mongodb://host:27017/mlflow)', 'MONGODB_URI', (uri) => {
    parseMongoUri(uri, 'The target');
  });
  const layout = await askForLayout(context);
  const config = configOf(source, target, layout);
  const text = `${JSON.stringify(config, null, 2)}\n`;
  // What a migration could not read is not written.
  parseConfigFile(text, file);
  const ends = [source, target];
  await tryEnds({ ...context, env: withUris(env, ends) }, config);
  await writeFile(file, text, { mode: 0o600 });
  output.note(`Written: ${file}`);
  for (const { variable } of ends) {
    if (variable === null || env[variable]) continue;
    output.note(`It holds no password: the URI is read from ${variable}. Set it first, such as with`);
    output.copyable(`  read -rs ${variable} && export ${variable}`);
  }
  output.note('Next, look before anything is written:');
  output.copyable(`  mlflow-migrate ${shellOption('config', file)} --dry-run`);
  return 0;
}

/** Looks at both ends; what is wrong there is told, and somebody asked whether to go on. Throws {@link Declined}. */
async function tryEnds(context: CommandContext, config: ConfigFile): Promise<void> {
  const { options, env, output, signal } = context;
  const asked = { ...options, command: 'migrate', configFile: null, isDryRun: true } as const;
  const plan = planRun(asked, config, env);
  output.note(`Looking at ${plan.source} and ${plan.target}`);
  const problems = await lookAtEnds(context, plan);
  for (const problem of problems) showProblem(output, problem);
  if (problems.length === 0) output.note('Both ends answer');
  else if (!(await ask('Write the file all the same?', output, signal))) throw new Declined('Nothing was written');
}
