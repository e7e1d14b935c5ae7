/** What Azure's resource types ask for, by type in lower case. Lengths and letters as in Azure's rules for resource names. */
export interface TypeRule {
  /** Takes tags. */
  readonly tags: boolean;
  /** Most characters of a name; null where the name is an id that Azure or this program fixes. */
  readonly nameLimit: number | null;
  /** What the fixed parts of a name may hold. */
  readonly letters?: RegExp;
  /** Properties that say whether the internet reaches it; must be there. */
  readonly network?: readonly string[];
}

const tagged = (nameLimit: number | null, rest: Partial<TypeRule> = {}): TypeRule => ({
  tags: true,
  nameLimit,
  ...rest,
});
const child = (nameLimit: number | null = null): TypeRule => ({ tags: false, nameLimit });
const DASHED = /^[a-z0-9-]*$/i;

/** Every type that may stand in `infra`: a new one gets its rules here first. No role definitions: they would outlive the resource group. */
export const TYPE_RULES: Readonly<Record<string, TypeRule>> = {
  'microsoft.authorization/locks': child(90),
  'microsoft.authorization/roleassignments': child(36),
  'microsoft.dbforpostgresql/flexibleservers/firewallrules': child(128),
  // Without rules an account that is open at all is open to every address.
  'microsoft.documentdb/databaseaccounts': tagged(44, {
    letters: /^[a-z0-9-]*$/,
    network: ['publicNetworkAccess', 'ipRules'],
  }),
  'microsoft.documentdb/databaseaccounts/mongodbdatabases': tagged(null),
  'microsoft.documentdb/mongoclusters': tagged(40, { letters: /^[a-z0-9-]*$/, network: ['publicNetworkAccess'] }),
  'microsoft.documentdb/mongoclusters/firewallrules': child(80),
  'microsoft.documentdb/mongoclusters/users': child(),
  'microsoft.durabletask/schedulers': tagged(64, { letters: DASHED, network: ['publicNetworkAccess'] }),
  'microsoft.durabletask/schedulers/taskhubs': child(64),
  'microsoft.insights/actiongroups': tagged(260),
  'microsoft.insights/components': tagged(260),
  'microsoft.insights/diagnosticsettings': child(260),
  'microsoft.insights/scheduledqueryrules': tagged(260),
  'microsoft.insights/workbooks': tagged(36),
  'microsoft.keyvault/vaults': tagged(24, { letters: DASHED, network: ['publicNetworkAccess'] }),
  'microsoft.keyvault/vaults/secrets': tagged(127, { letters: DASHED }),
  'microsoft.managedidentity/userassignedidentities': tagged(128),
  'microsoft.network/natgateways': tagged(80),
  'microsoft.network/networksecuritygroups': tagged(80),
  'microsoft.network/privatednszones': tagged(null),
  'microsoft.network/privatednszones/virtualnetworklinks': tagged(80),
  'microsoft.network/privateendpoints': tagged(64),
  'microsoft.network/privateendpoints/privatednszonegroups': child(80),
  'microsoft.network/publicipaddresses': tagged(80),
  'microsoft.network/virtualnetworks': tagged(64),
  'microsoft.operationalinsights/workspaces': tagged(63, { letters: DASHED }),
  'microsoft.resources/resourcegroups': tagged(90),
  'microsoft.storage/storageaccounts': tagged(24, { letters: /^[a-z0-9]*$/, network: ['publicNetworkAccess'] }),
  'microsoft.storage/storageaccounts/blobservices': child(63),
  'microsoft.storage/storageaccounts/blobservices/containers': child(63),
  'microsoft.storage/storageaccounts/queueservices': child(63),
  'microsoft.storage/storageaccounts/tableservices': child(63),
  'microsoft.web/serverfarms': tagged(40, { letters: DASHED }),
  'microsoft.web/sites': tagged(60, { letters: DASHED, network: ['publicNetworkAccess'] }),
  'microsoft.web/sites/basicpublishingcredentialspolicies': child(),
  'microsoft.web/sites/config': child(),
};
