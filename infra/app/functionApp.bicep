metadata description = 'The function app on Flex Consumption. No setting holds a secret: everything is reached with the identity.'

@description('Name of the plan.')
@minLength(1)
@maxLength(40)
param planName string

@description('Name of the function app, and first part of its host name.')
@minLength(2)
@maxLength(60)
param name string

@description('Region of plan and app. Flex Consumption is not in every region.')
param location string

@description('Tags of the plan.')
param tags object

@description('Name of the service in azure.yaml, by which azd finds the app to deploy to.')
param serviceName string

@description('Version of Node.js.')
@allowed(['22', '24'])
param nodeVersion string

@description('Resource id of the user-assigned identity.')
param identityId string

@description('Resource id of the identity by which the platform writes and reads the package.')
param deployerId string

@description('Client id of the user-assigned identity.')
param identityClientId string

@description('Blob endpoint of the host\'s storage.')
param blobServiceUri string

@description('Queue endpoint of the host\'s storage.')
param queueServiceUri string

@description('Table endpoint of the host\'s storage.')
param tableServiceUri string

@description('URL of the container that the package is uploaded to.')
param deploymentContainerUri string

@description('URI of the Key Vault with the connection URIs.')
param keyVaultUri string

@description('Name of the Application Insights component in this resource group.')
param applicationInsightsName string

@description('Resource group of the request-unit account that is named in start requests.')
param cosmosResourceGroupName string

@description('Secrets that requests may name, separated by commas.')
param allowedSecrets string

@description('PostgreSQL servers that requests may name, separated by commas; empty: none.')
param allowedServers string

@description('Cosmos DB accounts and clusters that requests may name, separated by commas; empty: none.')
param allowedAccounts string

@description('Durable task hub.')
@minLength(3)
@maxLength(45)
param taskHubName string

@description('Whether durable state stands in a Durable Task Scheduler rather than in the storage account.')
param useDurableTaskScheduler bool

@description('Endpoint of the Durable Task Scheduler; empty without one.')
param durableTaskSchedulerEndpoint string

@description('Instances at most.')
param maximumInstanceCount int

@description('Instances of the group durable (orchestrators and activities) that wait for work; 0 for none.')
@minValue(0)
param alwaysReadyInstances int

@description('Memory of one instance in MB.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int

@description('Activities that one instance runs at once.')
param maxConcurrentActivities int

@description('Orchestrations that one instance runs at once.')
param maxConcurrentOrchestrations int

@description('Subnet that the app is integrated with; empty for none.')
param appSubnetId string

@description('Whether the HTTP API can be reached from outside the virtual network.')
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string

@description('Addresses or ranges in CIDR notation that may call the HTTP API from outside; * alone: all. Empty: none.')
param allowedIpRanges array

@description('Client id of the app registration whose tokens the HTTP API wants; empty: none.')
param entraClientId string

@description('Object ids whose tokens are taken; empty: all of the tenant.')
param entraAllowedIds array

@description('Log Analytics workspace that takes the diagnostic logs.')
param workspaceId string

resource applicationInsights 'Microsoft.Insights/components@2020-02-02' existing = {
  name: applicationInsightsName
}

var storageSettings = [
  {
    name: 'AzureWebJobsStorage__credential'
    value: 'managedidentity'
  }
  {
    name: 'AzureWebJobsStorage__clientId'
    value: identityClientId
  }
  {
    name: 'AzureWebJobsStorage__blobServiceUri'
    value: blobServiceUri
  }
  {
    name: 'AzureWebJobsStorage__queueServiceUri'
    value: queueServiceUri
  }
  {
    name: 'AzureWebJobsStorage__tableServiceUri'
    value: tableServiceUri
  }
]

var programSettings = [
  {
    name: 'KEY_VAULT_URI'
    value: keyVaultUri
  }
  {
    name: 'AZURE_CLIENT_ID'
    value: identityClientId
  }
  {
    name: 'AZURE_SUBSCRIPTION_ID'
    value: subscription().subscriptionId
  }
  {
    name: 'AZURE_RESOURCE_GROUP'
    value: cosmosResourceGroupName
  }
  {
    name: 'ALLOWED_SECRETS'
    value: allowedSecrets
  }
  {
    name: 'ALLOWED_SERVERS'
    value: allowedServers
  }
  {
    name: 'ALLOWED_ACCOUNTS'
    value: allowedAccounts
  }
  {
    name: 'TASKHUB_NAME'
    value: taskHubName
  }
]

var hostSettings = [
  {
    // Names the place to send to. Sending needs a token, as the component takes no key (DisableLocalAuth).
    name: 'APPLICATIONINSIGHTS_CONNECTION_STRING'
    value: applicationInsights.properties.ConnectionString
  }
  {
    name: 'APPLICATIONINSIGHTS_AUTHENTICATION_STRING'
    value: 'ClientId=${identityClientId};Authorization=AAD'
  }
  {
    name: 'AzureFunctionsJobHost__extensions__durableTask__hubName'
    value: taskHubName
  }
  {
    name: 'AzureFunctionsJobHost__extensions__durableTask__maxConcurrentActivityFunctions'
    value: string(maxConcurrentActivities)
  }
  {
    name: 'AzureFunctionsJobHost__extensions__durableTask__maxConcurrentOrchestratorFunctions'
    value: string(maxConcurrentOrchestrations)
  }
]

// Settings win over host.json, which is written for the storage account: the one package serves both providers.
var durableSettings = useDurableTaskScheduler
  ? [
      {
        name: 'AzureFunctionsJobHost__extensions__durableTask__storageProvider__type'
        value: 'azureManaged'
      }
      {
        name: 'AzureFunctionsJobHost__extensions__durableTask__storageProvider__connectionStringName'
        value: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
      }
      {
        name: 'DURABLE_TASK_SCHEDULER_CONNECTION_STRING'
        value: 'Endpoint=${durableTaskSchedulerEndpoint};Authentication=ManagedIdentity;ClientID=${identityClientId}'
      }
    ]
  : []

var isOpenToAll = contains(allowedIpRanges, '*')
var admitted = isOpenToAll ? [] : allowedIpRanges
var accessRules = [
  for (addresses, index) in admitted: {
    name: 'allowed-${index}'
    action: 'Allow'
    ipAddress: contains(addresses, '/') ? addresses : contains(addresses, ':') ? '${addresses}/128' : '${addresses}/32'
    priority: 100 + index
  }
]

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: {
    tier: 'FlexConsumption'
    name: 'FC1'
  }
  properties: {
    reserved: true
  }
}

resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: name
  location: location
  tags: union(tags, { 'azd-service-name': serviceName })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: {
      '${identityId}': {}
      '${deployerId}': {}
    }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    publicNetworkAccess: publicNetworkAccess
    virtualNetworkSubnetId: empty(appSubnetId) ? null : appSubnetId
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: deploymentContainerUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: deployerId
          }
        }
      }
      runtime: {
        name: 'node'
        version: nodeVersion
      }
      scaleAndConcurrency: {
        alwaysReady: alwaysReadyInstances == 0
          ? []
          : [
              {
                name: 'durable'
                instanceCount: alwaysReadyInstances
              }
            ]
        maximumInstanceCount: maximumInstanceCount
        instanceMemoryMB: instanceMemoryMB
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      // Private endpoints are not asked for their address; everybody else is refused unless a rule admits them.
      ipSecurityRestrictionsDefaultAction: isOpenToAll ? 'Allow' : 'Deny'
      ipSecurityRestrictions: accessRules
      scmIpSecurityRestrictionsUseMain: true
      scmIpSecurityRestrictionsDefaultAction: isOpenToAll ? 'Allow' : 'Deny'
      appSettings: concat(storageSettings, programSettings, hostSettings, durableSettings)
    }
  }
}

resource authentication 'Microsoft.Web/sites/config@2025-03-01' = if (!empty(entraClientId)) {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: {
      enabled: true
    }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      // Says only that the app is up, and which version.
      excludedPaths: [
        '/api/health'
      ]
    }
    httpSettings: {
      requireHttps: true
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: entraClientId
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: {
          allowedAudiences: [
            entraClientId
            'api://${entraClientId}'
          ]
          defaultAuthorizationPolicy: empty(entraAllowedIds)
            ? null
            : {
                allowedPrincipals: {
                  identities: entraAllowedIds
                }
              }
        }
      }
    }
  }
}

resource ftpCredentials 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: {
    allow: false
  }
}

resource scmCredentials 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: {
    allow: false
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: app
  properties: {
    workspaceId: workspaceId
    // The host's own log, which is there also when Application Insights cannot be reached.
    logs: [
      {
        category: 'FunctionAppLogs'
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

@description('Name of the app.')
output name string = app.name

@description('Resource id of the app.')
output id string = app.id

@description('Address of the app.')
output url string = 'https://${app.properties.defaultHostName}'
