metadata description = 'Workbook that shows migrations from the app\'s log lines.'

@description('Region of the workbook.')
param location string

@description('Tags of the workbook.')
param tags object

@description('Application Insights component that the workbook asks.')
param applicationInsightsId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  // Azure wants a GUID here; the title is the display name.
  name: guid(applicationInsightsId, 'mlflow-migrations')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: 'MLflow migrations'
    category: 'workbook'
    version: '1.0'
    sourceId: applicationInsightsId
    serializedData: replace(loadTextContent('workbook.json'), '{applicationInsightsId}', applicationInsightsId)
  }
}

@description('Resource id of the workbook.')
output id string = workbook.id
