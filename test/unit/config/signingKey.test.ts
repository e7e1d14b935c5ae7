import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { checkSigningKey, readSigningKey } from '../../../src/config/signingKey.ts';

const { privateKey } = generateKeyPairSync('ed25519');
const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
const der = privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
const KEY_VAULT_URI = 'https://lab.vault.azure.net';
const asked: string[] = [];
const vault = (answer: string | number | undefined) => async (_vault: string, name: string) => {
  asked.push(name);
  if (typeof answer === 'number') throw Object.assign(new Error('no'), { statusCode: answer });
  return answer;
};

test('the key is read from the setting in each way to write it, and else from the vault', async () => {
  for (const REPORT_SIGNING_KEY of [pem, pem.trim().replaceAll('\n', '\\n'), der]) {
    const key = (await readSigningKey({ REPORT_SIGNING_KEY, KEY_VAULT_URI }, vault(500))) as KeyObject;
    expect(key.equals(privateKey)).toBe(true);
  }
  expect(asked).toEqual([]);
  expect(((await readSigningKey({ KEY_VAULT_URI }, vault(pem))) as KeyObject).equals(privateKey)).toBe(true);
  expect(asked).toEqual(['REPORT-SIGNING-KEY']);
});

test('without a key there is a reason that shows nothing of what was found', async () => {
  const rsa = String(
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ type: 'pkcs8', format: 'pem' }),
  );
  const secret = 'Secret REPORT-SIGNING-KEY in lab.vault.azure.net';
  for (const [env, answer, reason] of [
    [{}, undefined, 'Setting REPORT_SIGNING_KEY is missing'],
    [{ REPORT_SIGNING_KEY: 'hunter2' }, undefined, 'Setting REPORT_SIGNING_KEY holds no Ed25519 private key'],
    [{ REPORT_SIGNING_KEY: rsa }, undefined, 'Setting REPORT_SIGNING_KEY holds no Ed25519 private key'],
    [{ KEY_VAULT_URI }, undefined, `${secret} is missing`],
    [{ KEY_VAULT_URI }, 403, `${secret} may not be read by the app`],
    [{ KEY_VAULT_URI }, 500, `${secret} could not be read`],
  ] as const) {
    expect(await readSigningKey(env, vault(answer))).toBe(reason);
  }
});

test('a setting that holds no key is refused before a run begins, without a word of what it holds', () => {
  for (const REPORT_SIGNING_KEY of [pem, der, '', undefined])
    expect(() => checkSigningKey({ REPORT_SIGNING_KEY })).not.toThrow();
  expect(() => checkSigningKey({ REPORT_SIGNING_KEY: 'hunter22' })).toThrow(
    /^Setting REPORT_SIGNING_KEY holds no Ed25519 private key$/,
  );
});
