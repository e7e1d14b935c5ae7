metadata description = 'Storage account without shared keys: host state, durable state, the deployed package and the reports.'

@description('Name of the storage account.')
@minLength(3)
@maxLength(24)
param name string

@description('Region of the account.')
param location string

@description('Tags of the account.')
param tags object

@description('Whether the account can be reached from outside the virtual network. Data needs an Entra token in any case.')
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string

@description('Redundancy. Reports and the state of a running migration are worth a second zone where the region has zones.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param skuName string

@description('Days in which a deleted report can be brought back.')
@minValue(1)
@maxValue(365)
param softDeleteDays int

@description('Container that the deployed package is uploaded to.')
param deploymentContainerName string

@description('Container of the reports. The name is the one of src/storage/azureBlobStore.ts.')
param reportContainerName string

@description('Containers of the Functions host and of the provider of durable state.')
param hostContainerNames array

@description('Log Analytics workspace that takes the diagnostic logs.')
param workspaceId string

@description('Whether a lock keeps the account from being deleted. `azd down` fails while it is there.')
param lockResource bool

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: {
    name: skuName
  }
  properties: {
    accessTier: 'Hot'
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    publicNetworkAccess: publicNetworkAccess
    supportsHttpsTrafficOnly: true
    networkAcls: {
      bypass: 'None'
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
    }
  }
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' = {
  parent: account
  name: 'default'
  properties: {
    deleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
    containerDeleteRetentionPolicy: {
      enabled: true
      days: softDeleteDays
    }
  }
}

resource queueService 'Microsoft.Storage/storageAccounts/queueServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2025-06-01' = {
  parent: account
  name: 'default'
}

resource deploymentContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobService
  name: deploymentContainerName
  properties: {
    publicAccess: 'None'
  }
}

resource reportContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = {
  parent: blobService
  name: reportContainerName
  properties: {
    publicAccess: 'None'
  }
}

resource hostContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' = [
  for containerName in hostContainerNames: {
    parent: blobService
    name: take(containerName, 63)
    properties: {
      publicAccess: 'None'
    }
  }
]

resource blobDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: blobService
  properties: {
    workspaceId: workspaceId
    // Reads and writes of the durable state are many a second; who deletes is what an inquiry asks.
    logs: [
      {
        category: 'StorageDelete'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

resource queueDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: queueService
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

resource tableDiagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: tableService
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'Transaction'
        enabled: true
      }
    ]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (lockResource) {
  name: 'keep-reports'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds the reports and the state of migrations.'
  }
}

@description('Name of the account.')
output name string = account.name

@description('Resource id of the account.')
output id string = account.id

@description('Blob endpoint, without a trailing slash.')
output blobServiceUri string = 'https://${account.name}.blob.${environment().suffixes.storage}'

@description('Queue endpoint, without a trailing slash.')
output queueServiceUri string = 'https://${account.name}.queue.${environment().suffixes.storage}'

@description('Table endpoint, without a trailing slash.')
output tableServiceUri string = 'https://${account.name}.table.${environment().suffixes.storage}'

@description('URL of the container that the package is uploaded to.')
output deploymentContainerUri string = 'https://${account.name}.blob.${environment().suffixes.storage}/${deploymentContainer.name}'

@description('Name of the container with the reports.')
output reportContainerName string = reportContainer.name
