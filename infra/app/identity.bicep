metadata description = 'A user-assigned identity: the one by which the app reaches storage, vault, telemetry and databases, or the one that only brings its package.'

@description('Name of the identity. Of the app\'s it is also the name of its role in PostgreSQL (see mlflow-migrate grants).')
@minLength(3)
@maxLength(128)
param name string

@description('Region of the identity.')
param location string

@description('Tags of the resource.')
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

@description('Name of the identity.')
output name string = identity.name

@description('Resource id of the identity.')
output id string = identity.id

@description('Client id, which the app names when it asks for tokens.')
output clientId string = identity.properties.clientId

@description('Object id, to which roles are assigned.')
output principalId string = identity.properties.principalId
