using '../main.bicep'
param environmentName = 'demo'
param location = 'westeurope'
param useVirtualNetwork = false
param publicApi = true
param cosmosTarget = 'ru'
param postgresAccess = 'azureServices'
param postgresServerName = 'pgsrc'
