import type { Environment } from '../../config/environment.ts';
import { missingSettingHint } from '../../config/missingSettingHint.ts';
import { refuseNearMisses } from '../../config/settingNames.ts';
import { settingOf } from '../../config/settingOf.ts';
import { MigrationError } from '../../errors.ts';

/** The command reads what its own surroundings hold, whatever an app would be allowed to. */
const ANY = { secrets: null, servers: null, accounts: null };

/** A secret by name: the setting of that name in this environment, unless a Key Vault is there to ask. */
export function lookUpSecret(secret: string, env: Environment): string | null {
  if (env['KEY_VAULT_URI']) return null;
  const setting = settingOf(secret);
  const uri = env[secret] || env[setting];
  if (uri) return uri;
  refuseNearMisses(['KEY_VAULT_URI'], env);
  throw new MigrationError('config', `Setting ${secret} is missing, and KEY_VAULT_URI names no Key Vault to look in`, {
    hint: missingSettingHint(setting, `Set ${secret} to the connection URI`, ANY, env),
  });
}
