metadata description = 'Every role assignment on this deployment\'s own resources, each of a built-in role on one resource or a part of it: they end with the resource group.'

@description('Object id of the app\'s identity.')
param principalId string

@description('Object id of the identity by which the platform writes and reads the package.')
param deployerPrincipalId string

@description('Name of the storage account.')
param storageAccountName string

@description('Container of the package. The app\'s identity has no role on it, so that the app cannot replace its own code.')
param deploymentContainerName string

@description('Containers that the Functions host owns: it takes leases and keeps its keys there.')
param ownedContainerNames array

@description('Containers that the app and the provider of durable state read and write.')
param usedContainerNames array

@description('Name of the vault.')
param keyVaultName string

@description('Secrets that the app may read. They need not be there yet.')
param secretNames array

@description('parts: containers and secrets by name. whole: the storage account and the vault.')
@allowed(['parts', 'whole'])
param roleScope string

@description('Name of the Application Insights component.')
param applicationInsightsName string

@description('Name of the Durable Task Scheduler; empty for none.')
param durableTaskSchedulerName string

@description('Name of the task hub in the scheduler.')
param taskHubName string

@description('Object id of the person or group that may set the secrets in the vault; empty for none.')
param operatorPrincipalId string

@description('Kind of the operator.')
@allowed(['User', 'Group', 'ServicePrincipal'])
param operatorPrincipalType string

// The one list of built-in roles, by name.
var roles = loadJsonContent('roleIds.json')

resource storage 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageAccountName
}

resource blobService 'Microsoft.Storage/storageAccounts/blobServices@2025-06-01' existing = {
  parent: storage
  name: 'default'
}

resource ownedContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for containerName in ownedContainerNames: {
    parent: blobService
    name: containerName
  }
]

resource usedContainers 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = [
  for containerName in usedContainerNames: {
    parent: blobService
    name: containerName
  }
]

resource deploymentContainer 'Microsoft.Storage/storageAccounts/blobServices/containers@2025-06-01' existing = {
  parent: blobService
  name: deploymentContainerName
}

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' existing = {
  name: keyVaultName
}

resource secrets 'Microsoft.KeyVault/vaults/secrets@2025-05-01' existing = [
  for secretName in secretNames: {
    parent: vault
    name: secretName
  }
]

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' existing = if (!empty(durableTaskSchedulerName)) {
  name: empty(durableTaskSchedulerName) ? 'none' : durableTaskSchedulerName
}

resource taskHub 'Microsoft.DurableTask/schedulers/taskHubs@2026-02-01' existing = if (!empty(durableTaskSchedulerName)) {
  parent: scheduler
  name: taskHubName
}

var isWhole = roleScope == 'whole'

// Owner and not Contributor: the Functions host takes leases and sets access on its own containers.
resource hostBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (containerName, index) in ownedContainerNames: if (!isWhole) {
    name: guid(storage.id, containerName, principalId, roles.StorageBlobDataOwner)
    scope: ownedContainers[index]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.StorageBlobDataOwner)
    }
  }
]

resource usedBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (containerName, index) in usedContainerNames: if (!isWhole) {
    name: guid(storage.id, containerName, principalId, roles.StorageBlobDataContributor)
    scope: usedContainers[index]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        roles.StorageBlobDataContributor
      )
    }
  }
]

resource deployedPackage 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, deploymentContainerName, deployerPrincipalId, roles.StorageBlobDataContributor)
  scope: deploymentContainer
  properties: {
    principalId: deployerPrincipalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.StorageBlobDataContributor
    )
  }
}

resource appBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isWhole) {
  name: guid(storage.id, principalId, roles.StorageBlobDataOwner)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.StorageBlobDataOwner)
  }
}

resource appQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, principalId, roles.StorageQueueDataContributor)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.StorageQueueDataContributor
    )
  }
}

resource appTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, principalId, roles.StorageTableDataContributor)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.StorageTableDataContributor
    )
  }
}

// Holds for a secret that is set later, too, and for no other one of the vault.
resource namedSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (secretName, index) in secretNames: if (!isWhole) {
    name: guid(vault.id, secretName, principalId, roles.KeyVaultSecretsUser)
    scope: secrets[index]
    properties: {
      principalId: principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.KeyVaultSecretsUser)
    }
  }
]

resource appSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (isWhole) {
  name: guid(vault.id, principalId, roles.KeyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.KeyVaultSecretsUser)
  }
}

resource appTelemetry 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(applicationInsights.id, principalId, roles.MonitoringMetricsPublisher)
  scope: applicationInsights
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.MonitoringMetricsPublisher
    )
  }
}

resource appScheduler 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(durableTaskSchedulerName)) {
  name: guid(taskHub.id, principalId, roles.DurableTaskDataContributor)
  scope: taskHub
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.DurableTaskDataContributor
    )
  }
}

resource operatorSecrets 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(operatorPrincipalId)) {
  name: guid(vault.id, operatorPrincipalId, roles.KeyVaultSecretsOfficer)
  scope: vault
  properties: {
    principalId: operatorPrincipalId
    principalType: operatorPrincipalType
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.KeyVaultSecretsOfficer)
  }
}
