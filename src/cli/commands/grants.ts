import { grantsFor } from '../../config/grantsFor.ts';
import { MigrationError } from '../../errors.ts';
import type { CommandContext } from '../commandContext.ts';

/** `mlflow-migrate grants`: prints the SQL or the commands that give the app's identity its rights. Connects to nothing. Returns the exit code 0. */
export async function runGrants({ options, output }: CommandContext): Promise<number> {
  const { grantTarget: target, user, database, schema, account } = options;
  if (target === null || user === null) {
    throw new MigrationError('usage', `grants needs ${target === null ? '--for' : '--user'}`, {
      hint: 'Such as: mlflow-migrate grants --for postgres --user NAME --database mlflow',
    });
  }
  const statements = grantsFor({ target, user, database, schema, account });
  await output.result(options.isJson ? `${JSON.stringify({ for: target, statements }, null, 2)}\n` : statements);
  return 0;
}
