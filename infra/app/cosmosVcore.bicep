metadata description = 'Azure DocumentDB cluster (Cosmos DB for MongoDB vCore), to which the app logs in with its identity.'

@description('Name of the cluster, and first part of its host name.')
@minLength(3)
@maxLength(40)
param name string

@description('Region of the cluster.')
param location string

@description('Tags of the cluster.')
param tags object

@description('Whether the cluster can be reached from outside the virtual network.')
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string

@description('Addresses or ranges in CIDR notation that may connect while the cluster is reachable from outside; 0.0.0.0 stands for services of Azure.')
param allowedIpRanges array

@description('Compute tier. The free tier knows no Entra login.')
param tier string

@description('Disk in GB. Documents and indexes need about twice the bytes of the rows.')
@minValue(32)
param storageSizeGb int

@description('Password of the built-in administrator, which a cluster must be made with. Nobody needs to know it.')
@secure()
param administratorPassword string

@description('Object id of the app\'s identity.')
param principalId string

@description('Log Analytics workspace that takes the diagnostic logs.')
param workspaceId string

@description('Whether a lock keeps the cluster from being deleted. `azd down` fails while it is there.')
param lockResource bool

resource cluster 'Microsoft.DocumentDB/mongoClusters@2025-09-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    administrator: {
      userName: 'clusteradmin'
      password: administratorPassword
    }
    authConfig: {
      // A cluster is refused at creation without native login, even if only Entra is used.
      allowedModes: [
        'NativeAuth'
        'MicrosoftEntraID'
      ]
    }
    serverVersion: '8.0'
    publicNetworkAccess: publicNetworkAccess
    compute: {
      tier: tier
    }
    storage: {
      sizeGb: storageSizeGb
    }
    sharding: {
      shardCount: 1
    }
    highAvailability: {
      targetMode: 'Disabled'
    }
  }
}

resource appUser 'Microsoft.DocumentDB/mongoClusters/users@2025-09-01' = {
  parent: cluster
  name: principalId
  properties: {
    identityProvider: {
      type: 'MicrosoftEntraID'
      properties: {
        principalType: 'servicePrincipal'
      }
    }
    // Resource Manager knows only this role for users; narrower ones are granted in the database.
    roles: [
      {
        db: 'admin'
        role: 'root'
      }
    ]
  }
}

// One change at a time: a cluster refuses a second one while the first is under way.
@batchSize(1)
resource firewallRules 'Microsoft.DocumentDB/mongoClusters/firewallRules@2025-09-01' = [
  for (addresses, index) in allowedIpRanges: {
    parent: cluster
    name: 'allowed-${index}'
    properties: {
      startIpAddress: contains(addresses, '/') ? parseCidr(addresses).network : addresses
      endIpAddress: contains(addresses, '/') ? parseCidr(addresses).broadcast : addresses
    }
    dependsOn: [
      appUser
    ]
  }
]

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: cluster
  properties: {
    workspaceId: workspaceId
    metrics: [
      {
        category: 'AllMetrics'
        enabled: true
      }
    ]
  }
}

resource lock 'Microsoft.Authorization/locks@2020-05-01' = if (lockResource) {
  name: 'keep-data'
  scope: cluster
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds migrated MLflow data.'
  }
}

@description('Name of the cluster.')
output name string = cluster.name

@description('Resource id of the cluster.')
output id string = cluster.id
