import type { Stack, StackOptions } from '@mlflow-migrate/dev-servers';
import { MigrationError } from '../../errors.ts';

/** `startStack` of the servers for one machine, whose failures are the command's: throws MigrationError, `config` for what the user can bring, otherwise `internal`. */
export async function startServers(options: Omit<StackOptions, 'mongodAlternative'>): Promise<Stack> {
  // Loaded here, as most calls of the command start no server.
  const { startStack } = await import('@mlflow-migrate/dev-servers');
  const { DevServerError } = await import('@mlflow-migrate/dev-servers/devServerError');
  try {
    return await startStack({ ...options, mongodAlternative: 'name a server of your own with --mongodb-uri' });
  } catch (error) {
    if (!(error instanceof DevServerError)) throw error;
    const { fault, message, hint } = error;
    throw new MigrationError(fault === 'setup' ? 'config' : 'internal', message, {
      ...(hint === undefined ? {} : { hint }),
      cause: error,
    });
  }
}
