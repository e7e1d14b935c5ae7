import type { Environment } from '../../config/schemas/settings.ts';
import { refuseNearMisses } from '../../config/settingNames.ts';
import { MigrationError } from '../../errors.ts';

/** One end of a migration as the options, the file and the environment name it. */
export interface Endpoint<Fields> {
  /** Goes to the app. Names only, never a URI. */
  readonly fields: Fields;
  /** Setting of the local host that holds the URI, and the URI; null where a Key Vault or an identity leads there. */
  readonly setting: { readonly name: string; readonly uri: string } | null;
  /** `host:port/database` for people; the name where the URI is not known here. */
  readonly display: string;
  /** Database of this end, or what stands for it where the URI is not known here, and the schema in it that is asked for. */
  readonly database: string;
  readonly schema: string | null;
}

/** A secret by name: the setting of that name in this environment, unless a Key Vault is there to ask. */
export const lookUp = (secret: string, env: Environment): string | null => {
  if (env['KEY_VAULT_URI']) return null;
  const uri = env[secret] || env[secret.toUpperCase().replaceAll('-', '_')];
  if (uri) return uri;
  refuseNearMisses(['KEY_VAULT_URI', secret.toUpperCase().replaceAll('-', '_')], env);
  throw new MigrationError('config', `Setting ${secret} is missing, and KEY_VAULT_URI names no Key Vault to look in`, {
    hint: `Set ${secret} to the connection URI`,
  });
};
