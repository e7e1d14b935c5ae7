targetScope = 'subscription'

metadata description = 'mlflow-migrate on Azure: function app, storage, vault, telemetry, and by choice network and target database.'

// ---------------------------------------------------------------- Where

@description('Name of the azd environment. The resource group is called after it, and all names depend on it.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('Region of all resources. Choose the one of the source database: every row travels from there.')
@minLength(1)
@metadata({ azd: { type: 'location' } })
param location string

// ---------------------------------------------------------------- Size and limits

@description('Version of Node.js. The package is built for 22 and runs on both; not every region offers 24.')
@allowed(['22', '24'])
param nodeVersion string = '22'

@description('Instances at most, for each function group; 40 is the least that every region takes. How much runs at once is bounded by the lanes of a migration, not by this.')
@minValue(1)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances for orchestrators and activities that wait for work. 0 costs nothing when idle; 1 is what Azure advises for Durable Functions on this plan, so that a step does not wait for an instance.')
@minValue(0)
@maxValue(100)
param alwaysReadyInstances int = 0

@description('Memory of one instance in MB. An activity holds one batch of rows, at most tens of MB, so that eight fit in 2048. Take 4096 for tables with very large JSON values.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Activities that one instance runs at once. Each holds a connection to PostgreSQL, some to the target, and up to a batch in memory.')
@minValue(1)
@maxValue(32)
param maxConcurrentActivities int = 8

@description('Orchestrations that one instance runs at once: one for a migration and one for each of its lanes. Their turns are short, as they only wait.')
@minValue(1)
@maxValue(32)
param maxConcurrentOrchestrations int = 10

@description('Durable task hub: letters and digits. Apps that share a storage account or scheduler are kept apart by it.')
@minLength(3)
@maxLength(45)
param taskHubName string = 'MlflowMigrate'

@description('Redundancy of the storage account. Standard_ZRS outlives the loss of a zone, where the region has zones.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSkuName string = 'Standard_LRS'

@description('Days in which deleted reports can be brought back.')
@minValue(1)
@maxValue(365)
param reportSoftDeleteDays int = 14

@description('Days in which the deleted vault can be brought back. Purge protection takes its name for so long, after azd down too.')
@minValue(7)
@maxValue(90)
param keyVaultSoftDeleteDays int = 7

@description('End of the vault\'s name, letters and digits. Give another one to deploy again while a deleted vault still holds the name.')
@maxLength(8)
param keyVaultNameSuffix string = ''

// ---------------------------------------------------------------- Secrets and people

@description('PostgreSQL URI of the source, stored as the secret POSTGRES-URI. Empty: nothing is written; set the secret later, or log in with the identity.')
@secure()
param postgresUri string = ''

@description('MongoDB URI of the target, stored as the secret MONGODB-URI. Empty: nothing is written; set the secret later, or let this template make the target.')
@secure()
param mongodbUri string = ''

@description('Object id of the person or group that may set the secrets in the vault. Empty: nobody is granted that here.')
param operatorPrincipalId string = ''

@description('Kind of the operator.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorPrincipalType string = 'User'

@description('Names of the secrets that the app may read, separated by commas: the connections that requests may name as source.secret and destination.secret. No other secret of the vault can be read by it.')
@minLength(1)
param secretNames string = 'POSTGRES-URI,MONGODB-URI'

@description('Names of PostgreSQL servers, separated by commas, that requests may name as source.server: the app hands them a token of its identity. postgresServerName is on the list anyway.')
param allowedServers string = ''

@description('Names of Cosmos DB accounts and clusters, separated by commas, that requests may name as destination.account: the app logs in to them with its identity. The target of this deployment is on the list anyway.')
param allowedAccounts string = ''

@description('Where the roles of the app hold: parts (each container that it uses, each secret of secretNames) or whole (the storage account and the vault), for a version of the Functions host that wants more than its own containers.')
@allowed(['parts', 'whole'])
param roleScope string = 'parts'

// ---------------------------------------------------------------- Network

@description('Whether a virtual network is made, with private endpoints for storage, vault and target. False leaves the public endpoints of storage and vault open to whoever has a token and a role, and that of the target to services of Azure.')
param useVirtualNetwork bool = true

@description('Whether the HTTP API has a public endpoint. Every route that shows or starts something wants a function key. False: azd deploy and the command must run inside the virtual network. main.parameters.json asks for true, so that one azd up does.')
param publicApi bool = false

@description('Addresses or ranges in CIDR notation, separated by commas, that may call the API and deploy to it. * alone: the whole internet. Empty: nobody outside of the virtual network; the hook preprovision asks, and proposes the address of who deploys.')
param apiAllowedIpRanges string = ''

@description('Client id of an app registration in Microsoft Entra. Given, every call but the health check needs a token for it, besides the function key.')
param apiEntraClientId string = ''

@description('Object ids of people and identities, separated by commas, whose tokens the API takes. Empty: everybody of the tenant who gets one for apiEntraClientId.')
param apiEntraAllowedIds string = ''

@description('Address space of the virtual network. It must not overlap networks that it will be peered with.')
param virtualNetworkPrefix string = '10.90.0.0/23'

@description('Addresses of the app\'s subnet. Every instance takes one, and Flex Consumption wants a /27 at least.')
param appSubnetPrefix string = '10.90.0.0/26'

@description('Addresses of the private endpoints\' subnet.')
param endpointSubnetPrefix string = '10.90.1.0/27'

@description('Whether the app leaves the virtual network through a NAT gateway: one fixed address that firewalls of source and target can admit, at a price by the hour.')
param useNatGateway bool = false

// ---------------------------------------------------------------- Source

@description('How the way to an existing Azure Database for PostgreSQL flexible server is opened: none, firewall (a rule for the address of a NAT gateway, which is made for it), azureServices (a rule for all services of Azure, those of other customers too) or privateEndpoint. firewall and privateEndpoint want useVirtualNetwork.')
@allowed(['none', 'firewall', 'azureServices', 'privateEndpoint'])
param postgresAccess string = 'none'

@description('Name of the existing flexible server, without its domain.')
param postgresServerName string = ''

@description('Resource group of the existing server; empty: the one of this deployment.')
param postgresResourceGroupName string = ''

@description('Subscription of the existing server.')
param postgresSubscriptionId string = subscription().subscriptionId

// ---------------------------------------------------------------- Target

@description('Target to make: none, ru (Azure Cosmos DB for MongoDB with request units) or vcore (an Azure DocumentDB cluster).')
@allowed(['none', 'ru', 'vcore'])
param cosmosTarget string = 'none'

@description('Addresses or ranges in CIDR notation, separated by commas, that may connect to the target from outside, such as those of MLflow. Empty: none with a virtual network, without one only services of Azure.')
param targetAllowedIpRanges string = ''

@description('Database that is made in the target with its throughput. The secret MONGODB-URI names it; requests that name the target as destination.account give it as destination.database unless it is the default.')
@minLength(1)
@maxLength(63)
param cosmosDatabaseName string = 'mlflow_migrated'

@description('Most request units a second of the database, which all collections share. Azure wants 1000 for 25 collections and 1000 for each more; the layout `tables` has up to 71. A tenth is paid when idle. Lower it for the layout `mlflow`.')
@minValue(1000)
@maxValue(1000000)
param cosmosMaxThroughput int = 47000

@description('Version of the MongoDB server that the account speaks. The driver of this app refuses 4.2 and older.')
@allowed(['5.0', '6.0', '7.0'])
param cosmosServerVersion string = '7.0'

@description('How the app gets the key of the request-unit account: vault (its connection string is written to the secret MONGODB-URI, unless mongodbUri is given) or resourceManager (fetched with the identity, which follows a change of keys by itself; no built-in role is narrow enough, so that mlflow-migrate grants --for ru prints the commands that give the right).')
@allowed(['vault', 'resourceManager'])
param cosmosKeyAccess string = 'vault'

@description('Compute tier of the DocumentDB cluster. Indexes are built after the copy, which is what the cores are for.')
param clusterTier string = 'M30'

@description('Disk of the DocumentDB cluster in GB. Documents and indexes need about twice the bytes of the rows.')
@minValue(32)
@maxValue(32768)
param clusterStorageGb int = 128

@description('Password of the built-in administrator that a cluster must be made with. Every deployment makes a new one that nobody knows; the app logs in with its identity.')
@secure()
param clusterAdministratorPassword string = newGuid()

// ---------------------------------------------------------------- Durable state

@description('Whether durable state stands in a Durable Task Scheduler rather than in the storage account. It costs more and is quicker with many lanes.')
param useDurableTaskScheduler bool = false

@description('Price model of the scheduler: Consumption is billed by action and costs nothing when idle, Dedicated by the hour of its capacity.')
@allowed(['Consumption', 'Dedicated'])
param durableTaskSchedulerSku string = 'Consumption'

@description('Units of capacity of a Dedicated scheduler; 3 make it zone redundant. Without meaning for Consumption.')
@minValue(1)
@maxValue(3)
param durableTaskSchedulerCapacity int = 1

@description('Address ranges in CIDR notation, separated by commas, that may connect to the scheduler from outside, such as those of who looks at its dashboard. Empty: none with a virtual network, which reaches it by a private endpoint. Needed without one: the app has no address of its own then.')
param durableTaskSchedulerAllowedIpRanges string = ''

// ---------------------------------------------------------------- Operations

@description('Days that logs are kept.')
@minValue(30)
@maxValue(730)
param logRetentionDays int = 30

@description('Gigabytes of logs a day at most, so that a fault that logs in a circle has a price limit; -1 for no limit.')
@minValue(-1)
param logDailyQuotaGb int = 5

@description('Whether the alert rules are evaluated.')
param alertsEnabled bool = true

@description('Resource ids of action groups that alerts call, separated by commas. Empty: alerts show in the portal only.')
param alertActionGroupIds string = ''

@description('Minutes without a finished activity after which a migration counts as stalled.')
@minValue(10)
@maxValue(360)
param stalledAfterMinutes int = 30

@description('Refused writes in 15 minutes from which a target counts as throttled for long.')
@minValue(1)
param throttledThreshold int = 10000

@description('Seconds behind the source from which a migration that catches up or follows counts as lagging.')
@minValue(60)
param lagThresholdSeconds int = 900

@description('Whether locks keep storage, vault and target from being deleted. `azd down` fails while they are there.')
param lockResources bool = false

// ---------------------------------------------------------------- Names

var abbreviations = loadJsonContent('abbreviations.json')
// 13 lower-case letters and digits: with its prefix every name below stays within Azure's limits, the shortest being 24.
var resourceToken = uniqueString(subscription().id, environmentName, location)
var tags = {
  'azd-env-name': environmentName
}
var serviceName = 'api'
var groupName = '${abbreviations.resourceGroup}${environmentName}'
var reportContainerName = 'migration-reports'
var deploymentContainerName = 'app-package'

// ---------------------------------------------------------------- What follows from the parameters

var isRu = cosmosTarget == 'ru'
var isVcore = cosmosTarget == 'vcore'
var hasNatGateway = useVirtualNetwork && (useNatGateway || postgresAccess == 'firewall')
var hasPrivateApi = useVirtualNetwork && !publicApi
var hasPostgresEndpoint = useVirtualNetwork && postgresAccess == 'privateEndpoint'
var hasPostgresRule = postgresAccess == 'azureServices' || (useVirtualNetwork && postgresAccess == 'firewall')
var dataNetworkAccess = useVirtualNetwork ? 'Disabled' : 'Enabled'
// A module's scope must name a group even where the module is left out.
var postgresGroupName = empty(postgresResourceGroupName) ? groupName : postgresResourceGroupName
var allowedIpRanges = empty(apiAllowedIpRanges) ? [] : split(apiAllowedIpRanges, ',')
var entraAllowedIds = empty(apiEntraAllowedIds) ? [] : split(apiEntraAllowedIds, ',')
// Without a virtual network the app has no address of its own: 0.0.0.0 stands for the services of Azure.
var targetIpRanges = concat(
  useVirtualNetwork ? [] : ['0.0.0.0'],
  empty(targetAllowedIpRanges) ? [] : split(targetAllowedIpRanges, ',')
)
var targetNetworkAccess = useVirtualNetwork && empty(targetAllowedIpRanges) ? 'Disabled' : 'Enabled'
var schedulerIpRanges = empty(durableTaskSchedulerAllowedIpRanges) ? [] : split(durableTaskSchedulerAllowedIpRanges, ',')
var schedulerNetworkAccess = empty(durableTaskSchedulerAllowedIpRanges) ? 'Disabled' : 'Enabled'
var hasSchedulerEndpoint = useVirtualNetwork && useDurableTaskScheduler
// Made here, so that the app needs no right to make containers: the Functions host's own, and those of the provider of durable state.
var hostContainerNames = [
  'azure-webjobs-hosts'
  'azure-webjobs-secrets'
]
var durableContainerNames = useDurableTaskScheduler
  ? []
  : [
      '${toLower(taskHubName)}-leases'
      '${toLower(taskHubName)}-largemessages'
      '${toLower(taskHubName)}-applease'
    ]
var nameableServers = concat(
  empty(postgresServerName) ? [] : [postgresServerName],
  empty(allowedServers) ? [] : split(allowedServers, ',')
)
var nameableAccounts = concat(
  isRu ? ['${abbreviations.cosmosMongoAccount}${resourceToken}'] : [],
  isVcore ? ['${abbreviations.mongoCluster}${resourceToken}'] : [],
  empty(allowedAccounts) ? [] : split(allowedAccounts, ',')
)
var actionGroupIds = empty(alertActionGroupIds) ? [] : split(alertActionGroupIds, ',')

var storageServices = [
  'blob'
  'queue'
  'table'
]
var storageZones = [
  for service in storageServices: 'privatelink.${service}.${environment().suffixes.storage}'
]
var vaultZone = 'privatelink.vaultcore.azure.net'
var ruZone = 'privatelink.mongo.cosmos.azure.com'
var vcoreZone = 'privatelink.mongocluster.cosmos.azure.com'
var postgresZone = 'privatelink.postgres.database.azure.com'
var sitesZone = 'privatelink.azurewebsites.net'
var schedulerZone = 'privatelink.durabletask.io'

// ---------------------------------------------------------------- Resources

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: groupName
  location: location
  tags: tags
}

module identity 'app/identity.bicep' = {
  name: 'identity'
  scope: group
  params: {
    name: '${abbreviations.userAssignedIdentity}${resourceToken}'
    location: location
    tags: tags
  }
}

module deployer 'app/identity.bicep' = {
  name: 'deployer'
  scope: group
  params: {
    name: '${abbreviations.userAssignedIdentity}deploy-${resourceToken}'
    location: location
    tags: tags
  }
}

module monitoring 'app/monitoring.bicep' = {
  name: 'monitoring'
  scope: group
  params: {
    workspaceName: '${abbreviations.logAnalyticsWorkspace}${resourceToken}'
    applicationInsightsName: '${abbreviations.applicationInsights}${resourceToken}'
    location: location
    tags: tags
    retentionInDays: logRetentionDays
    dailyQuotaGb: logDailyQuotaGb
  }
}

module storage 'app/storage.bicep' = {
  name: 'storage'
  scope: group
  params: {
    name: '${abbreviations.storageAccount}${resourceToken}'
    location: location
    tags: tags
    publicNetworkAccess: dataNetworkAccess
    skuName: storageSkuName
    softDeleteDays: reportSoftDeleteDays
    deploymentContainerName: deploymentContainerName
    reportContainerName: reportContainerName
    hostContainerNames: concat(hostContainerNames, durableContainerNames)
    workspaceId: monitoring.outputs.workspaceId
    lockResource: lockResources
  }
}

module vault 'app/vault.bicep' = {
  name: 'vault'
  scope: group
  params: {
    name: '${abbreviations.keyVault}${resourceToken}${keyVaultNameSuffix}'
    location: location
    tags: tags
    publicNetworkAccess: dataNetworkAccess
    softDeleteRetentionInDays: keyVaultSoftDeleteDays
    postgresUri: postgresUri
    mongodbUri: mongodbUri
    workspaceId: monitoring.outputs.workspaceId
    lockResource: lockResources
  }
}

module network 'app/network.bicep' = if (useVirtualNetwork) {
  name: 'network'
  scope: group
  params: {
    name: '${abbreviations.virtualNetwork}${resourceToken}'
    securityGroupName: '${abbreviations.networkSecurityGroup}${resourceToken}'
    natGatewayName: '${abbreviations.natGateway}${resourceToken}'
    publicIpName: '${abbreviations.publicIpAddress}${resourceToken}'
    location: location
    tags: tags
    addressPrefix: virtualNetworkPrefix
    appSubnetPrefix: appSubnetPrefix
    endpointSubnetPrefix: endpointSubnetPrefix
    useNatGateway: hasNatGateway
    privateDnsZoneNames: concat(
      storageZones,
      [vaultZone],
      isRu ? [ruZone] : [],
      isVcore ? [vcoreZone] : [],
      hasPostgresEndpoint ? [postgresZone] : [],
      hasPrivateApi ? [sitesZone] : [],
      hasSchedulerEndpoint ? [schedulerZone] : []
    )
  }
}

module cosmosRu 'app/cosmosRu.bicep' = if (isRu) {
  name: 'cosmos-ru'
  scope: group
  params: {
    name: '${abbreviations.cosmosMongoAccount}${resourceToken}'
    location: location
    tags: tags
    databaseName: cosmosDatabaseName
    publicNetworkAccess: targetNetworkAccess
    allowedIpRanges: targetIpRanges
    maxThroughput: cosmosMaxThroughput
    serverVersion: cosmosServerVersion
    keyVaultName: cosmosKeyAccess == 'vault' && empty(mongodbUri) ? vault.outputs.name : ''
    workspaceId: monitoring.outputs.workspaceId
    lockResource: lockResources
  }
}

module cosmosVcore 'app/cosmosVcore.bicep' = if (isVcore) {
  name: 'cosmos-vcore'
  scope: group
  params: {
    name: '${abbreviations.mongoCluster}${resourceToken}'
    location: location
    tags: tags
    publicNetworkAccess: targetNetworkAccess
    allowedIpRanges: targetIpRanges
    tier: clusterTier
    storageSizeGb: clusterStorageGb
    administratorPassword: clusterAdministratorPassword
    principalId: identity.outputs.principalId
    workspaceId: monitoring.outputs.workspaceId
    lockResource: lockResources
  }
}

module scheduler 'app/durableTaskScheduler.bicep' = if (useDurableTaskScheduler) {
  name: 'durable-task-scheduler'
  scope: group
  params: {
    name: '${abbreviations.durableTaskScheduler}${resourceToken}'
    taskHubName: taskHubName
    location: location
    tags: tags
    skuName: durableTaskSchedulerSku
    capacity: durableTaskSchedulerCapacity
    publicNetworkAccess: schedulerNetworkAccess
    allowedIpRanges: schedulerIpRanges
  }
}

module rbac 'app/rbac.bicep' = {
  name: 'rbac'
  scope: group
  params: {
    principalId: identity.outputs.principalId
    deployerPrincipalId: deployer.outputs.principalId
    storageAccountName: storage.outputs.name
    deploymentContainerName: deploymentContainerName
    ownedContainerNames: hostContainerNames
    usedContainerNames: concat([reportContainerName], durableContainerNames)
    keyVaultName: vault.outputs.name
    secretNames: split(secretNames, ',')
    roleScope: roleScope
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    durableTaskSchedulerName: useDurableTaskScheduler ? scheduler!.outputs.name : ''
    taskHubName: taskHubName
    operatorPrincipalId: operatorPrincipalId
    operatorPrincipalType: operatorPrincipalType
  }
}

// ---------------------------------------------------------------- Private endpoints

module storageEndpoints 'app/privateEndpoint.bicep' = [
  for (service, index) in storageServices: if (useVirtualNetwork) {
    name: 'endpoint-${service}'
    scope: group
    params: {
      name: '${abbreviations.privateEndpoint}${service}-${resourceToken}'
      location: location
      tags: tags
      subnetId: network!.outputs.endpointSubnetId
      targetId: storage.outputs.id
      groupId: service
      privateDnsZoneName: storageZones[index]
    }
  }
]

module vaultEndpoint 'app/privateEndpoint.bicep' = if (useVirtualNetwork) {
  name: 'endpoint-vault'
  scope: group
  params: {
    name: '${abbreviations.privateEndpoint}vault-${resourceToken}'
    location: location
    tags: tags
    subnetId: network!.outputs.endpointSubnetId
    targetId: vault.outputs.id
    groupId: 'vault'
    privateDnsZoneName: vaultZone
  }
}

module ruEndpoint 'app/privateEndpoint.bicep' = if (useVirtualNetwork && isRu) {
  name: 'endpoint-cosmos-ru'
  scope: group
  params: {
    name: '${abbreviations.privateEndpoint}mongo-${resourceToken}'
    location: location
    tags: tags
    subnetId: network!.outputs.endpointSubnetId
    targetId: cosmosRu!.outputs.id
    groupId: 'MongoDB'
    privateDnsZoneName: ruZone
  }
}

module vcoreEndpoint 'app/privateEndpoint.bicep' = if (useVirtualNetwork && isVcore) {
  name: 'endpoint-cosmos-vcore'
  scope: group
  params: {
    name: '${abbreviations.privateEndpoint}cluster-${resourceToken}'
    location: location
    tags: tags
    subnetId: network!.outputs.endpointSubnetId
    targetId: cosmosVcore!.outputs.id
    groupId: 'MongoCluster'
    privateDnsZoneName: vcoreZone
  }
}

resource postgresServer 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' existing = if (hasPostgresEndpoint) {
  name: empty(postgresServerName) ? 'none' : postgresServerName
  scope: resourceGroup(postgresSubscriptionId, postgresGroupName)
}

module postgresEndpoint 'app/privateEndpoint.bicep' = if (hasPostgresEndpoint) {
  name: 'endpoint-postgres'
  scope: group
  params: {
    name: '${abbreviations.privateEndpoint}postgres-${resourceToken}'
    location: location
    tags: tags
    subnetId: network!.outputs.endpointSubnetId
    targetId: postgresServer.id
    groupId: 'postgresqlServer'
    privateDnsZoneName: postgresZone
  }
}

module apiEndpoint 'app/privateEndpoint.bicep' = if (hasPrivateApi) {
  name: 'endpoint-api'
  scope: group
  params: {
    name: '${abbreviations.privateEndpoint}api-${resourceToken}'
    location: location
    tags: tags
    subnetId: network!.outputs.endpointSubnetId
    targetId: api.outputs.id
    groupId: 'sites'
    privateDnsZoneName: sitesZone
  }
}

module schedulerEndpoint 'app/privateEndpoint.bicep' = if (hasSchedulerEndpoint) {
  name: 'endpoint-durable-task'
  scope: group
  params: {
    name: '${abbreviations.privateEndpoint}durable-${resourceToken}'
    location: location
    tags: tags
    subnetId: network!.outputs.endpointSubnetId
    targetId: scheduler!.outputs.id
    groupId: 'scheduler'
    privateDnsZoneName: schedulerZone
  }
}

module postgresFirewall 'app/postgresFirewall.bicep' = if (hasPostgresRule) {
  name: 'postgres-firewall-${resourceToken}'
  scope: resourceGroup(postgresSubscriptionId, postgresGroupName)
  params: {
    serverName: postgresServerName
    ruleName: 'mlflow-migrate-${resourceToken}'
    address: postgresAccess == 'firewall' ? network!.outputs.outboundAddress : '0.0.0.0'
  }
}

// ---------------------------------------------------------------- App and what watches it

module api 'app/functionApp.bicep' = {
  name: 'api'
  scope: group
  params: {
    planName: '${abbreviations.appServicePlan}${resourceToken}'
    name: '${abbreviations.functionApp}${resourceToken}'
    location: location
    tags: tags
    serviceName: serviceName
    nodeVersion: nodeVersion
    identityId: identity.outputs.id
    deployerId: deployer.outputs.id
    identityClientId: identity.outputs.clientId
    blobServiceUri: storage.outputs.blobServiceUri
    queueServiceUri: storage.outputs.queueServiceUri
    tableServiceUri: storage.outputs.tableServiceUri
    deploymentContainerUri: storage.outputs.deploymentContainerUri
    keyVaultUri: vault.outputs.uri
    applicationInsightsName: monitoring.outputs.applicationInsightsName
    cosmosResourceGroupName: group.name
    allowedSecrets: secretNames
    allowedServers: join(nameableServers, ',')
    allowedAccounts: join(nameableAccounts, ',')
    taskHubName: taskHubName
    useDurableTaskScheduler: useDurableTaskScheduler
    durableTaskSchedulerEndpoint: useDurableTaskScheduler ? scheduler!.outputs.endpoint : ''
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    instanceMemoryMB: instanceMemoryMB
    maxConcurrentActivities: maxConcurrentActivities
    maxConcurrentOrchestrations: maxConcurrentOrchestrations
    appSubnetId: useVirtualNetwork ? network!.outputs.appSubnetId : ''
    publicNetworkAccess: publicApi ? 'Enabled' : 'Disabled'
    allowedIpRanges: allowedIpRanges
    entraClientId: apiEntraClientId
    entraAllowedIds: entraAllowedIds
    workspaceId: monitoring.outputs.workspaceId
  }
  // The app starts at once, and must then find its storage: by role and by name.
  dependsOn: [
    rbac
    storageEndpoints
    vaultEndpoint
    schedulerEndpoint
  ]
}

module workbook 'app/workbook.bicep' = {
  name: 'workbook'
  scope: group
  params: {
    location: location
    tags: tags
    applicationInsightsId: monitoring.outputs.applicationInsightsId
  }
}

module alerts 'app/alerts.bicep' = {
  name: 'alerts'
  scope: group
  params: {
    namePrefix: '${abbreviations.scheduledQueryRule}${resourceToken}'
    location: location
    tags: tags
    applicationInsightsId: monitoring.outputs.applicationInsightsId
    actionGroupIds: actionGroupIds
    stalledAfterMinutes: stalledAfterMinutes
    throttledThreshold: throttledThreshold
    lagThresholdSeconds: lagThresholdSeconds
    enabled: alertsEnabled
  }
}

// ---------------------------------------------------------------- Outputs: names and addresses only

@description('Region.')
output AZURE_LOCATION string = location

@description('Tenant.')
output AZURE_TENANT_ID string = tenant().tenantId

@description('Resource group of everything.')
output AZURE_RESOURCE_GROUP string = group.name

@description('Name of the function app.')
output SERVICE_API_NAME string = api.outputs.name

@description('Address of the function app: the --url of the command.')
output SERVICE_API_URI string = api.outputs.url

@description('Name of the identity, and of its role in PostgreSQL.')
output IDENTITY_NAME string = identity.outputs.name

@description('Client id of the identity.')
output IDENTITY_CLIENT_ID string = identity.outputs.clientId

@description('Object id of the identity, for the grants on the databases.')
output IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId

@description('Name of the vault.')
output KEY_VAULT_NAME string = vault.outputs.name

@description('URI of the vault.')
output KEY_VAULT_URI string = vault.outputs.uri

@description('Name of the storage account with the reports.')
output STORAGE_ACCOUNT_NAME string = storage.outputs.name

@description('Name of the Application Insights component.')
output APPLICATIONINSIGHTS_NAME string = monitoring.outputs.applicationInsightsName

@description('Fixed address by which the app is seen outside; empty without a NAT gateway.')
output OUTBOUND_ADDRESS string = hasNatGateway ? network!.outputs.outboundAddress : ''

@description('Name of the account or cluster that was made as target; empty for none.')
output COSMOS_ACCOUNT_NAME string = isRu ? cosmosRu!.outputs.name : isVcore ? cosmosVcore!.outputs.name : ''

@description('Database of the target: destination.database of requests that name it as destination.account.')
output COSMOS_DATABASE_NAME string = cosmosDatabaseName
