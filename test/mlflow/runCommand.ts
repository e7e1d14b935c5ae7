import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runGuarded } from './guardedCommand.ts';
import type { Servers } from './servers.ts';

const REPOSITORY = fileURLToPath(new URL('../../', import.meta.url));
const TIMEOUT_MS = 10 * 60_000;
const LOG_CHARACTERS = 3_000;

/** What a run of the operator's command came to. */
export interface CommandResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  /** Its last words on both streams. */
  readonly log: string;
}

/** Runs the operator's command between these databases, without questions and with its answer as JSON. */
export async function runCommand(
  args: readonly string[],
  { storage }: Pick<Servers, 'storage'>,
  ends: { readonly sourceUri: string; readonly mongodbUri: string },
  directory: string,
): Promise<CommandResult> {
  const argv = [
    process.execPath,
    'src/cli/main.ts',
    ...args,
    '--yes',
    '--json',
    '--state-dir',
    join(directory, 'state'),
  ];
  const env = { POSTGRES_URI: ends.sourceUri, MONGODB_URI: ends.mongodbUri, AzureWebJobsStorage: storage };
  const { exitCode, stdout, stderr } = await runGuarded({ argv, env, cwd: REPOSITORY }, TIMEOUT_MS);
  return { exitCode, stdout, log: `${stdout}\n${stderr}`.slice(-LOG_CHARACTERS) };
}
