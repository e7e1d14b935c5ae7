using '../main.bicep'
param environmentName = 'demo'
param location = 'westeurope'
param publicApi = true
param cosmosTarget = 'vcore'
