using '../main.bicep'
param environmentName = 'demo'
param location = 'westeurope'
param publicApi = true
param useNatGateway = true
param useDurableTaskScheduler = true
param postgresAccess = 'firewall'
param postgresServerName = 'pgsrc'
param postgresResourceGroupName = 'rg-src'
param postgresSubscriptionId = '11111111-1111-1111-1111-111111111111'
