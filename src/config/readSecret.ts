import { type ErrorKind, MigrationError } from '../errors.ts';
import type { AllowedConnections } from './allowedConnections.ts';
import type { GetVaultSecret } from './azureCredential.ts';
import type { Environment } from './environment.ts';
import { missingSettingHint } from './missingSettingHint.ts';
import { readSettings } from './schemas/settings.ts';
import type { SecretCache } from './secretCache.ts';
import { refuseNearMisses } from './settingNames.ts';
import { settingOf } from './settingOf.ts';

/** A connection URI, and what to call it in messages. */
export interface NamedUri {
  readonly uri: string;
  readonly label: string;
}

function vaultFailure(error: unknown, name: string, vault: string, unreachable: ErrorKind): MigrationError {
  const status = (error as { statusCode?: unknown } | null)?.statusCode;
  if (status === 401 || status === 403) {
    return new MigrationError('config', `Key Vault ${vault} refuses to show the secret ${name}`, {
      hint: "Give the app's identity the role Key Vault Secrets User on the secret (with azd: add its name to SECRET_NAMES, then azd provision), and let its network in",
      cause: error,
    });
  }
  return new MigrationError(unreachable, `Key Vault ${vault} did not answer when asked for the secret ${name}`, {
    hint: "Check KEY_VAULT_URI, the app's identity (AZURE_CLIENT_ID) and its network",
    cause: error,
  });
}

function inSettings(name: string, allowed: AllowedConnections, env: Environment): NamedUri {
  // The command sets it to nothing where it means none.
  if (env['KEY_VAULT_URI'] === undefined) refuseNearMisses(['KEY_VAULT_URI'], env);
  const setting = settingOf(name);
  const found = [name, setting].find((candidate) => (env[candidate] ?? '').trim() !== '');
  if (found === undefined) {
    const looked = name === setting ? name : `${name} or ${setting}`;
    const message = `Setting ${looked} is missing, and KEY_VAULT_URI names no Key Vault to look in`;
    throw new MigrationError('config', message, {
      hint: missingSettingHint(setting, 'Set it to the connection URI, or set KEY_VAULT_URI', allowed, env),
    });
  }
  return { uri: env[found] ?? '', label: `Setting ${found}` };
}

/**
 * The URI behind the name of a secret: in the Key Vault of the settings, where they name one, else in the setting of that name.
 * A vault that does not answer is a failure of the kind `unreachable`. Throws MigrationError.
 */
export async function readSecret(
  name: string,
  unreachable: ErrorKind,
  env: Environment,
  cache: SecretCache,
  getVaultSecret: GetVaultSecret,
): Promise<NamedUri> {
  const { keyVaultUri, clientId, allowedConnections } = readSettings(env);
  if (keyVaultUri === null) return inSettings(name, allowedConnections, env);
  const secret = name.replaceAll('_', '-');
  const vault = new URL(keyVaultUri).host;
  const label = `Secret ${secret} in ${vault}`;
  const uri = await cache.get(`secret ${secret}`, async () => {
    let value: string | undefined;
    try {
      value = await getVaultSecret(keyVaultUri, secret, clientId);
    } catch (error) {
      throw vaultFailure(error, secret, vault, unreachable);
    }
    if (value === undefined || value.trim() === '') {
      throw new MigrationError('config', `${label} is missing or empty`, {
        hint: `Create it with the connection URI as its value, or name another one as source.secret or destination.secret`,
      });
    }
    return value;
  });
  return { uri, label };
}
