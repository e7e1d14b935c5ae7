using '../main.bicep'
param environmentName = 'demo'
param location = 'westeurope'
param publicApi = true
param apiAllowedIpRanges = '203.0.113.7/32,2001:db8::1'
param apiEntraClientId = '22222222-2222-2222-2222-222222222222'
param apiEntraAllowedIds = '33333333-3333-3333-3333-333333333333'
param operatorPrincipalId = '33333333-3333-3333-3333-333333333333'
