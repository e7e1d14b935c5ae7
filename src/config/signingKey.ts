import { createPrivateKey, type KeyObject } from 'node:crypto';
import { MigrationError } from '../errors.ts';
import type { GetVaultSecret } from './azureCredential.ts';
import type { Environment } from './environment.ts';
import { registerSecret } from './redact.ts';
import { readSettings } from './schemas/settings.ts';

/** The setting that holds the private key which reports are signed with. In a Key Vault it is the secret with dashes. */
export const SIGNING_KEY = 'REPORT_SIGNING_KEY';
const SIGNING_SECRET = SIGNING_KEY.replaceAll('_', '-');

/** A report must not wait for a vault that is away. */
const VAULT_LIMIT_MS = 10_000;

/** An Ed25519 private key from PKCS#8: PEM, also with `\n` for its line ends as settings have them, or its DER in base64. Null for anything else. */
function parseSigningKey(written: string): KeyObject | null {
  const text = written.trim().replaceAll('\\n', '\n');
  try {
    const key = text.startsWith('-----')
      ? createPrivateKey(text)
      : createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'pkcs8' });
    return key.asymmetricKeyType === 'ed25519' ? key : null;
  } catch {
    return null;
  }
}

/** Throws MigrationError('config') where the setting holds something that is no key: whoever sets one means to sign with it. */
export function checkSigningKey(env: Environment): void {
  const set = env[SIGNING_KEY]?.trim() ?? '';
  if (set === '' || parseSigningKey(set) !== null) return;
  throw new MigrationError('config', `Setting ${SIGNING_KEY} holds no Ed25519 private key`, {
    hint: 'openssl genpkey -algorithm ed25519 prints one as it is taken; unset the setting for the key of the state directory',
  });
}

/**
 * The key that reports are signed with: of the setting, else of the Key Vault where one is named. Without one the reason, for the
 * manifest to say: no run fails at its report for want of a signature.
 */
export async function readSigningKey(env: Environment, getVaultSecret: GetVaultSecret): Promise<KeyObject | string> {
  const set = env[SIGNING_KEY]?.trim() ?? '';
  if (set !== '') return keyFrom(set, `Setting ${SIGNING_KEY}`);
  const { keyVaultUri, clientId } = readSettings(env);
  if (keyVaultUri === null) return `Setting ${SIGNING_KEY} is missing`;
  const label = `Secret ${SIGNING_SECRET} in ${new URL(keyVaultUri).host}`;
  try {
    const secret = await getVaultSecret(keyVaultUri, SIGNING_SECRET, clientId, VAULT_LIMIT_MS);
    return secret === undefined ? `${label} is missing` : keyFrom(secret, label);
  } catch (error) {
    const status = (error as { statusCode?: unknown } | null)?.statusCode;
    return status === 401 || status === 403 ? `${label} may not be read by the app` : `${label} could not be read`;
  }
}

function keyFrom(written: string, label: string): KeyObject | string {
  registerSecret(written);
  return parseSigningKey(written) ?? `${label} holds no Ed25519 private key`;
}
