import type { Environment } from '../../config/environment.ts';
import { refuseNearMisses } from '../../config/settingNames.ts';
import { MigrationError } from '../../errors.ts';

/** A secret by name: the setting of that name in this environment, unless a Key Vault is there to ask. */
export function lookUpSecret(secret: string, env: Environment): string | null {
  if (env['KEY_VAULT_URI']) return null;
  const uri = env[secret] || env[secret.toUpperCase().replaceAll('-', '_')];
  if (uri) return uri;
  refuseNearMisses(['KEY_VAULT_URI', secret.toUpperCase().replaceAll('-', '_')], env);
  throw new MigrationError('config', `Setting ${secret} is missing, and KEY_VAULT_URI names no Key Vault to look in`, {
    hint: `Set ${secret} to the connection URI`,
  });
}
