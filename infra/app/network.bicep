metadata description = 'Virtual network with a subnet for the app, one for private endpoints, and the private DNS zones that go with them.'

@description('Name of the virtual network.')
@minLength(2)
@maxLength(64)
param name string

@description('Name of the network security group of both subnets.')
@minLength(1)
@maxLength(80)
param securityGroupName string

@description('Name of the NAT gateway.')
@minLength(1)
@maxLength(80)
param natGatewayName string

@description('Name of the public address of the NAT gateway.')
@minLength(1)
@maxLength(80)
param publicIpName string

@description('Region of all resources but the DNS zones, which are global.')
param location string

@description('Tags of all resources.')
param tags object

@description('Address space of the network. It must not overlap networks that it will be peered with.')
param addressPrefix string

@description('Addresses of the subnet of the app. Every instance takes one, and Flex Consumption wants a /27 at least.')
param appSubnetPrefix string

@description('Addresses of the subnet of the private endpoints. Eight at most are used by this template.')
param endpointSubnetPrefix string

@description('Whether the app leaves the network through a NAT gateway, with one fixed address that firewalls can admit.')
param useNatGateway bool

@description('Private DNS zones to make and link, such as privatelink.vaultcore.azure.net.')
param privateDnsZoneNames array

resource securityGroup 'Microsoft.Network/networkSecurityGroups@2025-05-01' = {
  name: securityGroupName
  location: location
  tags: tags
  properties: {
    // Azure's own default rules let the network talk with itself and keep the internet out.
    securityRules: []
  }
}

resource publicIp 'Microsoft.Network/publicIPAddresses@2025-05-01' = if (useNatGateway) {
  name: publicIpName
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    publicIPAllocationMethod: 'Static'
    publicIPAddressVersion: 'IPv4'
  }
}

resource natGateway 'Microsoft.Network/natGateways@2025-05-01' = if (useNatGateway) {
  name: natGatewayName
  location: location
  tags: tags
  sku: {
    name: 'Standard'
  }
  properties: {
    // More than the two to four minutes that the drivers keep an idle connection in their pools.
    idleTimeoutInMinutes: 10
    publicIpAddresses: [
      {
        id: publicIp.id
      }
    ]
  }
}

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: {
      addressPrefixes: [
        addressPrefix
      ]
    }
    subnets: [
      {
        // No underscore: Flex Consumption refuses such a name.
        name: 'app'
        properties: {
          addressPrefix: appSubnetPrefix
          networkSecurityGroup: {
            id: securityGroup.id
          }
          natGateway: useNatGateway
            ? {
                id: natGateway.id
              }
            : null
          delegations: [
            {
              name: 'flex-consumption'
              properties: {
                serviceName: 'Microsoft.App/environments'
              }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: endpointSubnetPrefix
          networkSecurityGroup: {
            id: securityGroup.id
          }
          privateEndpointNetworkPolicies: 'Enabled'
        }
      }
    ]
  }
}

resource zones 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zoneName in privateDnsZoneNames: {
    name: zoneName
    location: 'global'
    tags: tags
  }
]

resource zoneLinks 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zoneName, index) in privateDnsZoneNames: {
    parent: zones[index]
    name: 'to-${name}'
    location: 'global'
    tags: tags
    properties: {
      registrationEnabled: false
      virtualNetwork: {
        id: network.id
      }
    }
  }
]

@description('Resource id of the subnet of the app.')
output appSubnetId string = '${network.id}/subnets/app'

@description('Resource id of the subnet of the private endpoints.')
output endpointSubnetId string = '${network.id}/subnets/endpoints'

@description('The address by which the app is seen outside; empty without a NAT gateway.')
output outboundAddress string = useNatGateway ? publicIp!.properties.ipAddress : ''
