metadata description = 'Key Vault with role-based access and purge protection, which holds the two connection URIs.'

@description('Name of the vault.')
@minLength(3)
@maxLength(24)
param name string

@description('Region of the vault.')
param location string

@description('Tags of the vault and its secrets.')
param tags object

@description('Whether the vault can be reached from outside the virtual network. Reading needs an Entra token and a role in any case.')
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string

@description('Days in which a deleted vault can be brought back. With purge protection its name is taken for so long, also after `azd down`.')
@minValue(7)
@maxValue(90)
param softDeleteRetentionInDays int

@description('PostgreSQL URI of the source. Empty: no secret is written, so that a deployment never replaces one that an operator has set.')
@secure()
param postgresUri string

@description('MongoDB URI of the target. Empty: no secret is written, so that a deployment never replaces one that an operator has set.')
@secure()
param mongodbUri string

@description('Log Analytics workspace that takes the audit log.')
param workspaceId string

@description('Whether a lock keeps the vault from being deleted. `azd down` fails while it is there.')
param lockResource bool

resource vault 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: {
      family: 'A'
      name: 'standard'
    }
    enableRbacAuthorization: true
    enablePurgeProtection: true
    enableSoftDelete: true
    softDeleteRetentionInDays: softDeleteRetentionInDays
    enabledForDeployment: false
    enabledForDiskEncryption: false
    enabledForTemplateDeployment: false
    publicNetworkAccess: publicNetworkAccess
    networkAcls: {
      // Azure Resource Manager writes the secrets below also while the vault is closed to the internet.
      bypass: 'AzureServices'
      defaultAction: publicNetworkAccess == 'Enabled' ? 'Allow' : 'Deny'
    }
  }
}

resource postgresSecret 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(postgresUri)) {
  parent: vault
  name: 'POSTGRES-URI'
  tags: tags
  properties: {
    value: postgresUri
    contentType: 'PostgreSQL URI of the source'
  }
}

resource mongodbSecret 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(mongodbUri)) {
  parent: vault
  name: 'MONGODB-URI'
  tags: tags
  properties: {
    value: mongodbUri
    contentType: 'MongoDB URI of the target'
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: vault
  properties: {
    workspaceId: workspaceId
    logs: [
      {
        category: 'AuditEvent'
        enabled: true
      }
    ]
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (lockResource) {
  name: 'keep-secrets'
  scope: vault
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds the connection URIs of source and target.'
  }
}

@description('Name of the vault.')
output name string = vault.name

@description('Resource id of the vault.')
output id string = vault.id

@description('URI of the vault.')
output uri string = vault.properties.vaultUri
