import { expect, test } from 'vitest';
import { parseBicep } from './bicep.ts';
import { RULES } from './rules.ts';

const MAIN = `
targetScope = 'subscription'

@minLength(1)
@maxLength(64)
param environmentName string
param location string
param isPrivate bool = true

@secure()
param mongodbUri string = ''

var abbreviations = loadJsonContent('abbreviations.json')
var token = uniqueString(subscription().id, environmentName)
var tags = {
  'azd-env-name': environmentName
}

resource group 'Microsoft.Resources/resourceGroups@2024-11-01' = {
  name: 'rg-\${environmentName}'
  location: location
  tags: tags
}

module app 'app/api.bicep' = {
  name: 'app'
  scope: group
  params: {
    name: '\${abbreviations.storageAccount}\${token}'
    tags: tags
    access: isPrivate ? 'Disabled' : 'Enabled'
    mongodbUri: mongodbUri
  }
}

output NAME string = app.outputs.name
`;

const MODULE = `
param name string
param tags object
param access string

@secure()
param mongodbUri string

resource storage 'Microsoft.Storage/storageAccounts@2025-01-01' = {
  name: name
  tags: tags
  properties: {
    publicNetworkAccess: access
    networkAcls: {
      defaultAction: access == 'Enabled' ? 'Allow' : 'Deny'
    }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: 'appi-x'
  tags: tags
  properties: {
    DisableLocalAuth: true
  }
}

resource site 'Microsoft.Web/sites@2024-11-01' = {
  name: 'func-x'
  tags: tags
  properties: {
    publicNetworkAccess: access
    siteConfig: {
      appSettings: concat([
        {
          name: 'APPLICATIONINSIGHTS_CONNECTION_STRING'
          value: insights.properties.ConnectionString
        }
      ], more)
    }
  }
}

var more = [
  {
    name: 'AZURE_CLIENT_ID'
    value: 'client'
  }
]

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' existing = {
  name: 'kv-x'
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (!empty(mongodbUri)) {
  parent: vault
  name: 'MONGODB-URI'
  tags: tags
  properties: {
    value: mongodbUri
  }
}

resource role 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, 'principal', 'role')
  scope: storage
  properties: {
    principalId: 'principal'
    principalType: 'ServicePrincipal'
    roleDefinitionId: 'role'
  }
}

output name string = storage.name
`;

/** The rules that a change breaks, with what they say. */
async function broken(main: string, module: string): Promise<Record<string, string[]>> {
  const files = await Promise.all([parseBicep('main.bicep', main), parseBicep('app/api.bicep', module)]);
  const all = { files, json: { 'abbreviations.json': { storageAccount: 'st' } } };
  const faults = Object.entries(RULES).map(([name, rule]) => [name, rule(all)] as const);
  return Object.fromEntries(faults.filter(([, found]) => found.length > 0));
}

test('the sample breaks no rule', async () => {
  expect(await broken(MAIN, MODULE)).toEqual({});
});

const IN_MAIN = true;

test.each<[string, string, string, string, boolean?]>([
  ['is Bicep without', '  scope: storage\n', '  scope = = {\n', 'is no Bicep'],
  ['type has rules', 'Microsoft.Storage/storageAccounts@', 'Microsoft.Storage/storageTasks@', 'has no entry'],
  ['takes tags', "  name: 'appi-x'\n  tags: tags\n", "  name: 'appi-x'\n", 'insights has no tags'],
  ['name stays within', "'func-x'", `'func-${'x'.repeat(60)}'`, 'may have 65 characters, Azure takes 60'],
  ['name stays within', "'func-x'", "'func-$" + "{resourceGroup().name}'", 'is not bounded'],
  ['name stays within', "'func-x'", "'func_x'", 'holds "func_x"'],
  ['name stays within', '{token}', '{environmentName}', 'may have 66 characters, Azure takes 24', IN_MAIN],
  ['role assignment', '  scope: storage\n', '', 'role has no scope'],
  ['role assignment', "    principalId: 'principal'\n", '', 'role has no principalId'],
  ['role assignment', "    principalType: 'ServicePrincipal'\n", '', 'role has no principalType'],
  ['role assignment', "    roleDefinitionId: 'role'\n", '', 'role has no roleDefinitionId'],
  ['role assignment', "guid(storage.id, 'principal', 'role')", 'newGuid()', 'is not named by scope'],
  ['open to the internet', 'publicNetworkAccess: access', "publicNetworkAccess: 'Enabled'", 'opens unasked'],
  ['open to the internet', '    publicNetworkAccess: access\n', '', 'does not say publicNetworkAccess'],
  ['open to the internet', "access == 'Enabled' ? 'Allow' : 'Deny'", "'Allow'", 'defaultAction opens unasked'],
  ['open to the internet', "isPrivate ? 'Disabled' : 'Enabled'", "'Enabled'", 'access opens unasked', IN_MAIN],
  ['output shows a secret', '= storage.name', '= mongodbUri', 'output name shows a secret'],
  ['output shows a secret', '= storage.name', '= storage.listKeys().keys[0].value', 'output name shows a secret'],
  ['output shows a secret', '= storage.name', '= insights.properties.ConnectionString', 'output name shows a secret'],
  ['parameter is @secure', '@secure()\n', '', 'parameter mongodbUri is not @secure'],
  ['parameter is @secure', "mongodbUri string = ''", "mongodbUri string = 'x'", 'has a secret as default', IN_MAIN],
  ['app setting holds', "value: 'client'", 'value: mongodbUri', 'setting AZURE_CLIENT_ID holds a secret'],
  ['app setting holds', "value: 'client'", 'value: storage.listKeys().keys[0].value', 'holds a secret'],
  ['app setting holds', "value: 'client'", "value: 'mongodb://u:p@h/d'", 'holds a secret'],
  ['app setting holds', 'DisableLocalAuth: true', 'DisableLocalAuth: false', 'setting APPLICATIONINSIGHTS_CONNECTION'],
  ['for the vault only', "value: 'client'", "value: listKeys(storage.id, '2025-01-01').keys[0].value", 'fetches a key'],
  [
    'Flex Consumption takes',
    '    siteConfig: {\n',
    "    siteConfig: {\n      ftpsState: 'Disabled'\n",
    'site sets ftpsState',
  ],
  ['used that is not declared', 'value: mongodbUri', 'value: mongodbURI', 'uses mongodbURI'],
  ['left unused', "isPrivate ? 'Disabled' : 'Enabled'", "'Disabled'", 'declares isPrivate', IN_MAIN],
  ['left unused', 'name: name\n', "name: 'st'\n", 'declares name'],
  ['Flex Consumption takes', "'AZURE_CLIENT_ID'", "'FUNCTIONS_WORKER_RUNTIME'", 'FUNCTIONS_WORKER_RUNTIME is refused'],
])('the rule "%s" sees %j become %j', async (rule, from, to, message, isInMain) => {
  const source = isInMain === true ? MAIN : MODULE;
  expect(source).toContain(from);
  const changed = source.replace(from, () => to);
  const faults = await (isInMain === true ? broken(changed, MODULE) : broken(MAIN, changed));
  const name = Object.keys(RULES).find((candidate) => rule.split(' ').every((word) => candidate.includes(word)));
  expect(name, 'a rule of that name').toBeDefined();
  expect(faults[name as string]?.join('\n')).toContain(message);
});

test('a connection string of the account may go into the vault', async () => {
  const changed = MODULE.replace('value: mongodbUri', 'value: storage.listConnectionStrings().connectionStrings[0].x');
  expect(await broken(MAIN, changed)).toEqual({});
});
