metadata description = 'Azure Cosmos DB for MongoDB (request units): account and a database with autoscale.'

@description('Name of the account, and first part of its host name.')
@minLength(3)
@maxLength(44)
param name string

@description('Region of the account.')
param location string

@description('Tags of account and database.')
param tags object

@description('Name of the database that migrations write to.')
param databaseName string

@description('Whether the account can be reached from outside the virtual network.')
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string

@description('Addresses or ranges in CIDR notation that may connect while the account is reachable from outside; 0.0.0.0 stands for services of Azure. None would admit everybody with a key.')
param allowedIpRanges array

@description('Most request units a second of the database; it idles at a tenth.')
@minValue(1000)
param maxThroughput int

@description('Version of the MongoDB server that the account speaks. The driver of this app refuses 4.2 and older.')
@allowed(['5.0', '6.0', '7.0'])
param serverVersion string

@description('Vault that gets the connection string as the secret MONGODB-URI; empty: none gets it.')
param keyVaultName string

@description('Log Analytics workspace that takes the diagnostic logs.')
param workspaceId string

@description('Whether a lock keeps the account from being deleted. `azd down` fails while it is there.')
param lockResource bool

resource account 'Microsoft.DocumentDB/databaseAccounts@2025-10-15' = {
  name: name
  location: location
  tags: tags
  kind: 'MongoDB'
  properties: {
    databaseAccountOfferType: 'Standard'
    apiProperties: {
      serverVersion: serverVersion
    }
    capabilities: [
      {
        name: 'EnableMongo'
      }
      {
        // Documents up to 16 MB. It counts for collections made after it, so it must be there from the start.
        name: 'EnableMongo16MBDocumentSupport'
      }
    ]
    consistencyPolicy: {
      defaultConsistencyLevel: 'Session'
    }
    locations: [
      {
        locationName: location
        failoverPriority: 0
        isZoneRedundant: false
      }
    ]
    // Keys stay on: an account of this kind knows no Entra login for its data.
    disableLocalAuth: false
    minimalTlsVersion: 'Tls12'
    publicNetworkAccess: publicNetworkAccess
    ipRules: [
      for addresses in allowedIpRanges: {
        ipAddressOrRange: addresses
      }
    ]
    // Not continuous, from which there is no way back: such an account takes unique indexes with their collections only, so
    // that programs which make theirs later, as MLflow's store does, would be refused.
    backupPolicy: {
      type: 'Periodic'
      periodicModeProperties: {
        backupIntervalInMinutes: 240
        backupRetentionIntervalInHours: 8
        backupStorageRedundancy: 'Local'
      }
    }
  }
}

resource database 'Microsoft.DocumentDB/databaseAccounts/mongodbDatabases@2025-10-15' = {
  parent: account
  name: databaseName
  tags: tags
  properties: {
    resource: {
      id: databaseName
    }
    options: {
      autoscaleSettings: {
        maxThroughput: maxThroughput
      }
    }
  }
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = if (!empty(keyVaultName)) {
  name: empty(keyVaultName) ? 'none' : keyVaultName
}

resource secret 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(keyVaultName)) {
  parent: vault
  name: 'MONGODB-URI'
  tags: tags
  properties: {
    // Azure's own string names no database: migrations would make another one, without the throughput that this one has.
    value: replace(
      account.listConnectionStrings().connectionStrings[0].connectionString,
      ':10255/?',
      ':10255/${databaseName}?'
    )
    contentType: 'MongoDB URI of the target'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account
  properties: {
    workspaceId: workspaceId
    // Requests of the data plane are not logged: a migration makes millions, and the app counts units and refusals itself.
    logs: [
      {
        category: 'ControlPlaneRequests'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'Requests'
        enabled: true
      }
    ]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (lockResource) {
  name: 'keep-data'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds migrated MLflow data.'
  }
}

@description('Name of the account.')
output name string = account.name

@description('Resource id of the account.')
output id string = account.id

@description('Name of the database.')
output databaseName string = database.name
