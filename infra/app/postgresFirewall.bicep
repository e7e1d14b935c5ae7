metadata description = 'Firewall rule that lets the app reach an existing Azure Database for PostgreSQL flexible server.'

@description('Name of the existing server.')
@minLength(3)
@maxLength(63)
param serverName string

@description('Name of the rule.')
@minLength(1)
@maxLength(80)
param ruleName string

@description('Address that may connect; 0.0.0.0 stands for all services of Azure, those of other customers too.')
param address string

resource server 'Microsoft.DBforPostgreSQL/flexibleServers@2025-08-01' existing = {
  name: serverName
}

resource rule 'Microsoft.DBforPostgreSQL/flexibleServers/firewallRules@2025-08-01' = {
  parent: server
  name: ruleName
  properties: {
    startIpAddress: address
    endIpAddress: address
  }
}

@description('Name of the rule.')
output ruleName string = rule.name
