import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Asked, askedBy, evaluatedFaults, type PredictedResource } from '../../scripts/evaluatedRules.ts';
import { ROOT } from '../unit/docs/markdown.ts';

const SNAPSHOTS = join(import.meta.dirname, 'snapshots');
const CHOICES = join(ROOT, 'infra/choices');
const NOTHING: Asked = { openApi: false, wholeRoles: false };

/** Resources that the real compiler (0.49.2) made of an earlier state of the template. */
function recorded(name: string): PredictedResource[] {
  const text = readFileSync(join(SNAPSHOTS, `${name}.snapshot.json`), 'utf8');
  return (JSON.parse(text) as { predictedResources: PredictedResource[] }).predictedResources;
}

const names = readdirSync(SNAPSHOTS).map((file) => file.replace('.snapshot.json', ''));

/** What that state did otherwise: roles on whole accounts, and an empty list that was open to all. */
const THEN = {
  roles: [
    'b7e6dc6d-f1e8-4753-8033-0f276bb0955b on more than containers',
    '4633458b-17de-408a-b874-0445c86b69e6 on more than secrets',
  ],
  hub: '0ad04412-c4d5-4796-b79c-f76d14c8d402 on more than taskHubs',
  open: 'takes calls from the whole internet',
};

describe.each(names)('the recorded choice %s', (name) => {
  const resources = recorded(name);
  const isPublic = ['natdts', 'novnet', 'ru', 'vcore'].includes(name);

  test('breaks the rules that its state of the template broke, and no other', () => {
    const expected = [...THEN.roles, ...(name === 'natdts' ? [THEN.hub] : []), ...(isPublic ? [THEN.open] : [])];
    const faults = evaluatedFaults(resources, NOTHING);
    const unexpected = faults.filter((fault) => !expected.some((text) => fault.includes(text)));
    expect(unexpected).toEqual([]);
    expect(expected.filter((text) => !faults.some((fault) => fault.includes(text)))).toEqual([]);
  });

  test('is a file in infra/choices, which asks for the same', () => {
    expect(readFileSync(join(CHOICES, `${name}.bicepparam`), 'utf8')).toMatch(/^using '\.\.\/main\.bicep'\n/);
  });
});

/** A resource of the recorded network-less choice, changed. */
function changed(type: string, change: (resource: PredictedResource) => PredictedResource): PredictedResource[] {
  const resources = recorded('default');
  const index = resources.findIndex((resource) => resource.type === type);
  expect(index).toBeGreaterThanOrEqual(0);
  return resources.with(index, change(resources[index] as PredictedResource));
}

const setting =
  (values: Readonly<Record<string, unknown>>) =>
  (resource: PredictedResource): PredictedResource => ({
    ...resource,
    properties: { ...resource.properties, ...values },
  });

const siteConfig = (values: Readonly<Record<string, unknown>>) =>
  setting({ publicNetworkAccess: 'Enabled', siteConfig: values });

test.each<[string, string, (resource: PredictedResource) => PredictedResource, string]>([
  [
    'an unknown type',
    'Microsoft.Web/sites',
    (resource) => ({ ...resource, type: 'Microsoft.Sql/servers' }),
    'without rules',
  ],
  ['a missing tag', 'Microsoft.KeyVault/vaults', (resource) => ({ ...resource, tags: {} }), 'has no tag'],
  ['a long name', 'Microsoft.KeyVault/vaults', (resource) => ({ ...resource, name: 'k'.repeat(25) }), 'Azure takes 24'],
  [
    'odd letters',
    'Microsoft.Storage/storageAccounts',
    (resource) => ({ ...resource, name: 'st-x' }),
    'letters that Azure',
  ],
  ['open storage', 'Microsoft.Storage/storageAccounts', setting({ publicNetworkAccess: 'Enabled' }), 'is open'],
  ['an open vault', 'Microsoft.KeyVault/vaults', setting({ publicNetworkAccess: 'Enabled' }), 'is open'],
  ['shared keys', 'Microsoft.Storage/storageAccounts', setting({ allowSharedKeyAccess: true }), 'takes shared keys'],
  ['keys of telemetry', 'Microsoft.Insights/components', setting({ DisableLocalAuth: false }), 'takes its key'],
  ['HTTP', 'Microsoft.Web/sites', setting({ httpsOnly: false }), 'without TLS'],
  [
    'an API for all',
    'Microsoft.Web/sites',
    siteConfig({ ipSecurityRestrictionsDefaultAction: 'Allow' }),
    'whole internet',
  ],
  [
    'an API for all by another name',
    'Microsoft.Web/sites',
    siteConfig({ ipSecurityRestrictionsDefaultAction: 'Deny', ipSecurityRestrictions: [{ ipAddress: '0.0.0.0/0' }] }),
    'admits 0.0.0.0/0',
  ],
  [
    'a secret in a setting',
    'Microsoft.Web/sites',
    siteConfig({ appSettings: "[listKeys('x', 'y').keys[0].value]" }),
    'holds a secret',
  ],
  [
    'a URI in a setting',
    'Microsoft.Web/sites',
    siteConfig({ appSettings: "[parameters('postgresUri')]" }),
    'holds a secret',
  ],
])('the rules see %s', (_what, type, change, message) => {
  const before = evaluatedFaults(recorded('default'), NOTHING);
  const after = evaluatedFaults(changed(type, change), NOTHING);
  expect(after.filter((fault) => !before.includes(fault)).join('\n')).toContain(message);
});

test.each([
  ['on a container', '/containers/migration-reports', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', NOTHING, ''],
  ['on an account', '', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', NOTHING, 'on more than containers'],
  ['on an account, as asked', '', 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b', { ...NOTHING, wholeRoles: true }, ''],
  ['on an account that has no parts', '', '974c5e8b-45b9-4653-ba55-5f855dd0fb88', NOTHING, ''],
])('a role %s', (_where, part, role, asked, message) => {
  const scope = `/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a${part}`;
  const type = 'Microsoft.Authorization/roleAssignments';
  const properties = { principalType: 'ServicePrincipal', roleDefinitionId: `/subscriptions/s/roles/${role}` };
  const faults = evaluatedFaults(
    [{ id: `[extensionResourceId('${scope}', '${type}', 'x')]`, type, name: '[guid()]', properties }],
    asked,
  );
  expect(faults.join('\n')).toContain(message);
  expect(faults).toHaveLength(message === '' ? 0 : 1);
});

test('a choice that opens the API says so with *', () => {
  expect(askedBy("param apiAllowedIpRanges = '*'\n")).toEqual({ openApi: true, wholeRoles: false });
  expect(askedBy("param apiAllowedIpRanges = '203.0.113.0/24'\nparam roleScope = 'whole'\n")).toEqual({
    openApi: false,
    wholeRoles: true,
  });
});
