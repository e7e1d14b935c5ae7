import { expect, test } from 'vitest';
import { readAllowedConnections } from '../../../src/config/allowedConnections.ts';
import type { Environment } from '../../../src/config/environment.ts';
import { knownConnections } from '../../../src/config/knownConnections.ts';

const SETTINGS: Environment = {
  PATH: '/bin',
  STAGE_PG: 'postgres://u:canary@h/db',
  POSTGRES_URI: 'postgresql://u:canary@h/db',
  MONGODB_URI: 'mongodb+srv://u:canary@h/db',
  AzureWebJobsStorage: 'mongodb://own',
};
const secrets = (names: readonly string[]) => names.map((name) => ({ key: 'secret', name }));

test('on a machine of its own an app knows the settings that hold a connection, by name alone', () => {
  const known = knownConnections(readAllowedConnections({}, {}), SETTINGS);
  expect(known).toEqual({ sources: secrets(['POSTGRES_URI', 'STAGE_PG']), targets: secrets(['MONGODB_URI']) });
  expect(JSON.stringify(known)).not.toContain('canary');
});

test('a deployed app knows what is on its lists; what nothing tells of may stand at either end', () => {
  const lists = {
    ALLOWED_SECRETS: 'LAB,MONGODB-URI,POSTGRES-URI',
    ALLOWED_SERVERS: 'pg1.postgres.database.azure.com',
    ALLOWED_ACCOUNTS: 'acct',
  };
  const env = { ...SETTINGS, KEY_VAULT_URI: 'https://v.vault.azure.net', WEBSITE_SITE_NAME: 'app' };
  expect(knownConnections(readAllowedConnections(lists, env), env)).toEqual({
    sources: [...secrets(['POSTGRES-URI', 'LAB']), { key: 'server', name: 'pg1.postgres.database.azure.com' }],
    targets: [...secrets(['MONGODB-URI', 'LAB']), { key: 'account', name: 'acct' }],
  });
});

test('of settings on a list the connection itself says at which end it may stand', () => {
  const known = knownConnections(readAllowedConnections({ ALLOWED_SECRETS: 'stage-pg' }, {}), SETTINGS);
  expect(known).toEqual({ sources: secrets(['STAGE_PG']), targets: [] });
});

test('of a vault without a list the default names are known', () => {
  const env = { KEY_VAULT_URI: 'https://v.vault.azure.net' };
  const known = knownConnections(readAllowedConnections({}, env), env);
  expect(known).toEqual({ sources: secrets(['POSTGRES-URI']), targets: secrets(['MONGODB-URI']) });
});
