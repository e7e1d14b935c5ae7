metadata description = 'A private endpoint to one resource, with its record in a private DNS zone of this resource group.'

@description('Name of the endpoint.')
@minLength(2)
@maxLength(64)
param name string

@description('Region of the endpoint, the one of its subnet.')
param location string

@description('Tags of the endpoint.')
param tags object

@description('Subnet that the endpoint takes its address from.')
param subnetId string

@description('Resource that the endpoint leads to.')
param targetId string

@description('Sub-resource, such as blob, vault or MongoDB.')
param groupId string

@description('Private DNS zone that gets the record.')
param privateDnsZoneName string

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' existing = {
  name: privateDnsZoneName
}

resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    subnet: {
      id: subnetId
    }
    privateLinkServiceConnections: [
      {
        name: groupId
        properties: {
          privateLinkServiceId: targetId
          groupIds: [
            groupId
          ]
        }
      }
    ]
  }
}

resource zoneGroup 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = {
  parent: endpoint
  name: 'default'
  properties: {
    privateDnsZoneConfigs: [
      {
        name: 'zone'
        properties: {
          privateDnsZoneId: zone.id
        }
      }
    ]
  }
}

@description('Resource id of the endpoint.')
output id string = endpoint.id
