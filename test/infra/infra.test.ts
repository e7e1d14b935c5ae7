import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';
import { SETTINGS } from '../../src/config/schemas/settings.ts';
import { propertyAt, readBicepFiles } from './bicep.ts';
import type { Infrastructure } from './names.ts';
import { RULES, writtenSettings } from './rules.ts';

const INFRA = fileURLToPath(new URL('../../infra/', import.meta.url));

const readJson = (path: string): unknown => JSON.parse(readFileSync(join(INFRA, path), 'utf8'));

/** Settings that the Functions host and the platform read, by their documentation; a name that ends in `__` stands for all below. */
const HOST_SETTINGS = ['AzureFunctionsJobHost__', 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'];

/** Settings of this program that Azure does without, and why. */
const NOT_ON_AZURE: Readonly<Record<string, string>> = {
  AzureWebJobsStorage: 'a connection string: the account takes no keys',
  AzureWebJobsStorage__accountName: 'the three endpoints are written instead',
  FUNCTIONS_WORKER_RUNTIME: 'Flex Consumption refuses it: functionAppConfig.runtime names the language',
  POSTGRES_URI: 'a secret: it is in Key Vault',
  MONGODB_URI: 'a secret: it is in Key Vault',
  AUTONOMIZE_POSTGRES_URI: 'a secret, and of a preset that runs locally',
  REPORT_SIGNING_KEY: 'a secret: it is in Key Vault',
  PGCONNECT_TIMEOUT: 'its default fits',
};

let all: Infrastructure;

beforeAll(async () => {
  all = {
    files: await readBicepFiles(INFRA),
    json: {
      'abbreviations.json': readJson('abbreviations.json') as Record<string, string>,
      'roleIds.json': readJson('app/roleIds.json') as Record<string, string>,
    },
  };
});

test('main.bicep and its modules are there', () => {
  expect(all.files.map(({ path }) => path)).toContain('main.bicep');
  const used = all.files.flatMap(({ modules }) => modules.map(({ path }) => path));
  const known = all.files.map(({ path }) => path);
  expect(used.filter((path) => !known.includes(path))).toEqual([]);
  expect(known.filter((path) => path !== 'main.bicep' && !used.includes(path))).toEqual([]);
});

describe('infra', () => {
  test.each(Object.keys(RULES))('%s', (name) => {
    expect(RULES[name]?.(all)).toEqual([]);
  });

  test('every module gets all parameters that it asks for, and no others', () => {
    const faults = all.files.flatMap((file) =>
      file.modules.flatMap(({ symbol, path, body }) => {
        const target = all.files.find((candidate) => candidate.path === path);
        const given = (propertyAt(body, 'params')?.namedChildren ?? [])
          .filter(({ type }) => type === 'object_property')
          .map((property) => property.namedChildren[0]?.text ?? '');
        const asked = [...(target?.parameters.values() ?? [])];
        return [
          ...given.filter((name) => !target?.parameters.has(name)).map((name) => `${symbol} has no parameter ${name}`),
          ...asked
            .filter(({ name, default: value }) => value === null && !given.includes(name))
            .map(({ name }) => `${symbol} misses ${name}`),
        ];
      }),
    );
    expect(faults).toEqual([]);
  });

  test('every output of a module that is read is there', () => {
    const faults = all.files.flatMap((file) =>
      file.modules.flatMap(({ symbol, path }) => {
        const outputs = all.files.find((candidate) => candidate.path === path)?.outputs.map(({ name }) => name) ?? [];
        const read = [...file.root.text.matchAll(new RegExp(`\\b${symbol}!?\\.outputs\\.(\\w+)`, 'g'))];
        return read.filter(([, name]) => !outputs.includes(name as string)).map(([text]) => `${file.path} ${text}`);
      }),
    );
    expect(faults).toEqual([]);
  });

  test('main.parameters.json gives parameters that main.bicep has, and every one without a default', () => {
    const main = all.files.find(({ path }) => path === 'main.bicep');
    const given = Object.keys((readJson('main.parameters.json') as { parameters: object }).parameters);
    expect(given.filter((name) => !main?.parameters.has(name))).toEqual([]);
    const asked = [...(main?.parameters.values() ?? [])].filter(({ default: value }) => value === null);
    expect(asked.map(({ name }) => name).filter((name) => !given.includes(name))).toEqual([]);
  });

  test('the choices that the compiler evaluates name parameters that main.bicep has', () => {
    const main = all.files.find(({ path }) => path === 'main.bicep');
    const files = readdirSync(join(INFRA, 'choices')).filter((file) => file.endsWith('.bicepparam'));
    expect(files.length).toBeGreaterThanOrEqual(7);
    for (const file of files) {
      const text = readFileSync(join(INFRA, 'choices', file), 'utf8');
      expect(text).toMatch(/^using '\.\.\/main\.bicep'\n/);
      const given = [...text.matchAll(/^param (\w+) = /gm)].map(([, name]) => name as string);
      expect(given.filter((name) => !main?.parameters.has(name))).toEqual([]);
      expect(given).toEqual(expect.arrayContaining(['environmentName', 'location']));
    }
  });

  test('no default of main.bicep opens anything: main.parameters.json asks for what is public', () => {
    const parameters = all.files.find(({ path }) => path === 'main.bicep')?.parameters;
    const defaults = [...(parameters?.values() ?? [])]
      .filter(({ name }) => /public|allowed|access$|^use/i.test(name))
      .map(({ name, default: value }) => [name, value?.text]);
    expect(Object.fromEntries(defaults)).toEqual({
      useVirtualNetwork: 'true',
      publicApi: 'false',
      apiAllowedIpRanges: "''",
      apiEntraAllowedIds: "''",
      allowedServers: "''",
      allowedAccounts: "''",
      useNatGateway: 'false',
      postgresAccess: "'none'",
      targetAllowedIpRanges: "''",
      cosmosKeyAccess: "'vault'",
      useDurableTaskScheduler: 'false',
      durableTaskSchedulerAllowedIpRanges: "''",
    });
  });

  test('an API admits nobody where nobody is named, and all only for *', () => {
    const app = all.files.find(({ path }) => path === 'app/functionApp.bicep');
    const site = app?.resources.find(({ symbol }) => symbol === 'app')?.body;
    const text = (...path: string[]): string | undefined => site && propertyAt(site, 'properties', ...path)?.text;
    expect(text('siteConfig', 'ipSecurityRestrictionsDefaultAction')).toBe("isOpenToAll ? 'Allow' : 'Deny'");
    expect(app?.variables.get('isOpenToAll')?.text).toBe("contains(allowedIpRanges, '*')");
    // Uploads of packages go the same way.
    expect(text('siteConfig', 'scmIpSecurityRestrictionsUseMain')).toBe('true');
    expect(text('siteConfig', 'scmIpSecurityRestrictionsDefaultAction')).toBe("isOpenToAll ? 'Allow' : 'Deny'");
  });

  test('the app gets the lists of what requests may name: secrets, servers, and the target that is made', () => {
    const main = all.files.find(({ path }) => path === 'main.bicep');
    const listed = (name: string): string => main?.variables.get(name)?.text ?? '';
    for (const part of ['postgresServerName', 'allowedServers']) expect(listed('nameableServers')).toContain(part);
    for (const part of ['cosmosMongoAccount', 'mongoCluster', 'allowedAccounts'])
      expect(listed('nameableAccounts')).toContain(part);
    const app = main?.modules.find(({ symbol }) => symbol === 'api')?.body;
    const given = (name: string): string | undefined => app && propertyAt(app, 'params', name)?.text;
    expect(given('allowedSecrets')).toBe('secretNames');
    expect(given('allowedServers')).toBe("join(nameableServers, ',')");
    expect(given('allowedAccounts')).toBe("join(nameableAccounts, ',')");
    const written = writtenSettings(all).filter(({ name }) => name.startsWith('ALLOWED_'));
    expect(written.map(({ name, value }) => [name, value.text])).toEqual([
      ['ALLOWED_SECRETS', 'allowedSecrets'],
      ['ALLOWED_SERVERS', 'allowedServers'],
      ['ALLOWED_ACCOUNTS', 'allowedAccounts'],
    ]);
    // The role on secrets follows the same list.
    const rbac = main?.modules.find(({ symbol }) => symbol === 'rbac')?.body;
    expect(rbac && propertyAt(rbac, 'params', 'secretNames')?.text).toBe("split(secretNames, ',')");
  });

  test("the package is not the app's to write: another identity brings it, and has no other role", () => {
    const body = (path: string, symbol: string) =>
      all.files.find((file) => file.path === path)?.resources.find((resource) => resource.symbol === symbol)?.body;
    const site = body('app/functionApp.bicep', 'app');
    const authentication = ['properties', 'functionAppConfig', 'deployment', 'storage', 'authentication'];
    expect(site && propertyAt(site, ...authentication, 'userAssignedIdentityResourceId')?.text).toBe('deployerId');
    const main = all.files.find(({ path }) => path === 'main.bicep');
    const rbac = main?.modules.find(({ symbol }) => symbol === 'rbac')?.body;
    for (const list of ['ownedContainerNames', 'usedContainerNames'])
      expect(rbac && propertyAt(rbac, 'params', list)?.text).not.toContain('deploymentContainerName');
    const ofDeployer = all.files
      .flatMap(({ resources }) => resources)
      .filter(({ body: given }) => propertyAt(given, 'properties', 'principalId')?.text === 'deployerPrincipalId');
    expect(ofDeployer.map(({ body: given }) => propertyAt(given, 'scope')?.text)).toEqual(['deploymentContainer']);
  });

  test('with Microsoft Entra every route but the health check wants a token', () => {
    const app = all.files.find(({ path }) => path === 'app/functionApp.bicep');
    const body = app?.resources.find(({ symbol }) => symbol === 'authentication')?.body;
    const validation = body && propertyAt(body, 'properties', 'globalValidation');
    expect(validation && propertyAt(validation, 'requireAuthentication')?.text).toBe('true');
    expect(validation && propertyAt(validation, 'unauthenticatedClientAction')?.text).toBe("'Return401'");
    expect(validation && propertyAt(validation, 'excludedPaths')?.text.match(/'[^']+'/g)).toEqual(["'/api/health'"]);
  });

  test('the secret of a made target names the database that is made with it', () => {
    const cosmos = all.files.find(({ path }) => path === 'app/cosmosRu.bicep');
    const value = cosmos?.resources.find(({ symbol }) => symbol === 'secret')?.body;
    expect(value && propertyAt(value, 'properties', 'value')?.text).toMatch(
      /listConnectionStrings\(\)[\s\S]*\$\{databaseName\}/,
    );
  });

  test('every query of the workbook covers the period that is chosen, not the default one of a day', () => {
    const { items } = readJson('app/workbook.json') as { items: { content: Record<string, unknown> }[] };
    const queries = items.map(({ content }) => content).filter(({ query }) => query !== undefined);
    expect(queries.length).toBeGreaterThan(5);
    for (const { query, timeContextFromParameter } of queries) {
      expect(query).toContain('| where timestamp {Period}');
      expect(timeContextFromParameter).toBe('Period');
    }
  });

  test('every app setting that Bicep writes is one of the program or of the host', () => {
    const names = writtenSettings(all).map(({ name }) => name);
    expect(names.length).toBeGreaterThan(5);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
    const known: readonly string[] = SETTINGS.map(({ name }) => name);
    const isHost = (name: string): boolean =>
      HOST_SETTINGS.some((host) => (host.endsWith('__') ? name.startsWith(host) : name === host));
    expect(names.filter((name) => !known.includes(name) && !isHost(name))).toEqual([]);
  });

  test('every setting of the program is written on Azure, or has a reason not to be', () => {
    const written = writtenSettings(all).map(({ name }) => name);
    const missing = SETTINGS.map(({ name }) => name).filter((name) => !written.includes(name));
    expect(missing.toSorted()).toEqual(Object.keys(NOT_ON_AZURE).toSorted());
  });

  test('no secret of the program is an app setting', () => {
    const secrets = SETTINGS.filter(({ secret }) => secret).map(({ name }): string => name);
    expect(writtenSettings(all).filter(({ name }) => secrets.includes(name))).toEqual([]);
  });
});
