using '../main.bicep'
param environmentName = 'demo'
param location = 'westeurope'
param useDurableTaskScheduler = true
param durableTaskSchedulerSku = 'Dedicated'
param durableTaskSchedulerCapacity = 3
param durableTaskSchedulerAllowedIpRanges = '203.0.113.0/24'
