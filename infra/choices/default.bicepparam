using '../main.bicep'
param environmentName = 'demo'
param location = 'westeurope'
