using '../main.bicep'
param environmentName = 'demo'
param location = 'westeurope'
param postgresAccess = 'privateEndpoint'
param postgresServerName = 'pgsrc'
param cosmosTarget = 'vcore'
param lockResources = true
param postgresUri = 'postgres://x'
param mongodbUri = 'mongodb://y'
