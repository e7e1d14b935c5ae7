metadata description = 'Durable Task Scheduler that keeps durable state in place of the storage account.'

@description('Name of the scheduler.')
@minLength(3)
@maxLength(64)
param name string

@description('Name of the task hub, the one of the app\'s host settings.')
@minLength(3)
@maxLength(45)
param taskHubName string

@description('Region of the scheduler. It is not in every region.')
param location string

@description('Tags of the scheduler.')
param tags object

@description('Dedicated has a fixed price and capacity, Consumption is billed by action.')
@allowed(['Consumption', 'Dedicated'])
param skuName string

@description('Units of capacity of a Dedicated scheduler; 3 make it zone redundant.')
@minValue(1)
@maxValue(3)
param capacity int

@description('Whether the scheduler can be reached from outside the virtual network. It takes Entra tokens only in any case.')
@allowed(['Enabled', 'Disabled'])
param publicNetworkAccess string

@description('Address ranges in CIDR notation that may connect from outside.')
param allowedIpRanges array

resource scheduler 'Microsoft.DurableTask/schedulers@2026-02-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    ipAllowlist: allowedIpRanges
    publicNetworkAccess: publicNetworkAccess
    sku: skuName == 'Dedicated'
      ? {
          name: 'Dedicated'
          capacity: capacity
        }
      : {
          name: 'Consumption'
        }
  }
}

resource taskHub 'Microsoft.DurableTask/schedulers/taskHubs@2026-02-01' = {
  parent: scheduler
  name: taskHubName
}

@description('Name of the scheduler.')
output name string = scheduler.name

@description('Resource id of the scheduler.')
output id string = scheduler.id

@description('Endpoint of the scheduler.')
output endpoint string = scheduler.properties.endpoint

@description('Name of the task hub.')
output taskHubName string = taskHub.name
