import { registerSecret } from '../../config/redact.ts';
import { MigrationError } from '../../errors.ts';
import { untilAborted } from '../../untilAborted.ts';
import type { CommandContext } from '../commandContext.ts';

function failure(error: unknown, name: string, host: string): MigrationError {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (status === 401 || status === 403) {
    return new MigrationError('config', `Key Vault ${host} refuses to show the secret ${name}`, {
      hint: 'Your login needs the role Key Vault Secrets User on the vault, and a network that the vault lets in',
      cause: error,
    });
  }
  return new MigrationError('config', `Key Vault ${host} could not be asked for the secret ${name}`, {
    hint: 'Log in with az login, and check --key-vault and your network',
    cause: error,
  });
}

/** Throws MigrationError('config') for what `fetch` would refuse as part of a header, with words of its own and no more. */
function assertHeader(value: string, label: string): void {
  if (/^[\x21-\x7e]+$/.test(value)) return;
  throw new MigrationError(
    'config',
    `${label} holds a space, a line break or a letter that keys and tokens do not have`,
    {
      hint: 'Copy it again, without what stands around it',
    },
  );
}

/** The token of Microsoft Entra for `--url`, from the environment only; null when there is none. It is blanked out of all output. Throws MigrationError('config'). */
export function readToken({ env }: CommandContext): string | null {
  const token = env['MLFLOW_MIGRATE_TOKEN']?.trim() || null;
  if (token !== null) {
    registerSecret(token);
    assertHeader(token, 'Setting MLFLOW_MIGRATE_TOKEN');
  }
  return token;
}

/**
 * The function key for `--url`: that of `--key` or the environment, else the secret that `--key-vault` and `--key-secret` name;
 * null when none is given. From here on it is blanked out of all output. Throws MigrationError('config').
 */
export async function readKey({ options, env, getVaultSecret, signal }: CommandContext): Promise<string | null> {
  const { key, keySecret } = options;
  if (key !== null) {
    registerSecret(key);
    assertHeader(key, key === env['MLFLOW_MIGRATE_KEY'] ? 'Setting MLFLOW_MIGRATE_KEY' : '--key');
  }
  if (key !== null || keySecret === null) return key;
  const { vault, name } = keySecret;
  const { host } = new URL(vault);
  let value: string | undefined;
  try {
    value = await untilAborted(getVaultSecret(vault, name, env['AZURE_CLIENT_ID'] || null), signal);
  } catch (error) {
    signal.throwIfAborted();
    throw failure(error, name, host);
  }
  const found = value?.trim() ?? '';
  if (found === '') {
    throw new MigrationError('config', `Secret ${name} in ${host} is missing or empty`, {
      hint: 'Store a function key or host key of the app as its value',
    });
  }
  registerSecret(found);
  assertHeader(found, `Secret ${name} in ${host}`);
  return found;
}
