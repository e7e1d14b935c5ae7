metadata description = 'Alert rules over the log lines that the app writes when an activity ends (src/activities/answering.ts) and its metrics (src/telemetry/metrics.ts).'

@description('First part of the names of the rules.')
param namePrefix string

@description('Region of the rules.')
param location string

@description('Tags of the rules.')
param tags object

@description('Application Insights component that is asked.')
param applicationInsightsId string

@description('Action groups to call, by resource id. Empty: alerts show in the portal only.')
param actionGroupIds array

@description('Minutes without a finished activity after which a migration counts as stalled. A unit of work takes one to three minutes.')
@minValue(10)
@maxValue(360)
param stalledAfterMinutes int

@description('Refused writes in 15 minutes from which a target counts as throttled for long. Some refusals are normal: they are how the rate is found.')
@minValue(1)
param throttledThreshold int

@description('Seconds behind the source from which a migration that catches up or follows counts as lagging.')
@minValue(60)
param lagThresholdSeconds int

@description('Whether the rules are evaluated. Each has a price by the month.')
param enabled bool

// `activity-done` lines as a table. The log lines of the app are JSON texts in the message of a trace.
var lines = '''
traces
| where message contains 'activity-done'
| extend line = parse_json(message)
| where tostring(line.event) == 'activity-done'
| extend migration = tostring(line.migration), activity = tostring(line.activity), problem = tostring(line.kind)
'''

// A paused migration shows up here too: whoever paused it knows, and it should not be forgotten. The last word tells it and an
// instance that ended (interrupted) from one that is silent in the middle of its work. Lines soon after a report belong to it;
// later ones are of a migration that goes on under the same name.
var stalledQuery = '''
| extend reported = iff(activity == 'writeReport', timestamp, datetime(null))
| summarize arg_max(timestamp, activity, problem), reported = max(reported) by migration
| where (isnull(reported) or timestamp > reported + 5m) and timestamp < ago({0}m)
| extend lastWord = iff(problem == 'interrupted', 'interrupted', 'silent')
| project timestamp, migration, activity, lastWord
'''

// How far behind the source a pass of the catch-up began. The source's clock is read before each.
var laggingQuery = '''
customMetrics
| where name == 'mlflow.catchUpLagSeconds'
| project timestamp, migration = tostring(customDimensions.migration), lag = valueMax
'''

// No activity fails by this: the orchestration stops before the first deletion, and the report's line says why.
var consentQuery = '''
| where tostring(line.problems) contains 'deletes-need-consent'
| project timestamp, migration, problems = tostring(line.problems)
'''

// Summed up by the rule itself, for each migration and quarter of an hour.
var throttledQuery = '''
customMetrics
| where name == 'mlflow.throttled'
| project timestamp, migration = tostring(customDimensions.migration), throttled = valueSum
'''

// A transient kind is tried again by the orchestrator, and shows in the outcome if that did not help; `interrupted` is the
// word of the operator or an instance that ends.
var failedQuery = '''
| extend outcome = tostring(line.status), problems = tostring(line.problems)
| where problems != 'deletes-need-consent'
| where outcome in ('failed', 'completed-with-errors') or (isnotempty(problem) and problem !in ('interrupted', 'source-unreachable', 'target-unreachable', 'target-throttled', 'storage-unavailable', 'internal'))
| project timestamp, migration, activity, problem, problems, outcome
'''

var dimensions = [
  {
    name: 'migration'
    operator: 'Include'
    values: [
      '*'
    ]
  }
]

resource stalled 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${namePrefix}-stalled'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'MLflow migration stalled'
    description: 'A migration has begun and not written its report, and no activity of it ended for ${stalledAfterMinutes} minutes.'
    severity: 2
    enabled: enabled
    scopes: [
      applicationInsightsId
    ]
    evaluationFrequency: 'PT15M'
    windowSize: 'P1D'
    criteria: {
      allOf: [
        {
          query: '${lines}${format(stalledQuery, stalledAfterMinutes)}'
          timeAggregation: 'Count'
          dimensions: dimensions
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    autoMitigate: true
    skipQueryValidation: true
    actions: {
      actionGroups: actionGroupIds
    }
  }
}

resource throttled 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${namePrefix}-throttled'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'MLflow migration throttled for long'
    description: 'The target refused ${throttledThreshold} writes or more in each of two quarters of an hour: raise its throughput.'
    severity: 3
    enabled: enabled
    scopes: [
      applicationInsightsId
    ]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: throttledQuery
          timeAggregation: 'Total'
          metricMeasureColumn: 'throttled'
          dimensions: dimensions
          operator: 'GreaterThanOrEqual'
          threshold: throttledThreshold
          failingPeriods: {
            numberOfEvaluationPeriods: 2
            minFailingPeriodsToAlert: 2
          }
        }
      ]
    }
    autoMitigate: true
    skipQueryValidation: true
    actions: {
      actionGroups: actionGroupIds
    }
  }
}

resource failed 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${namePrefix}-failed'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'MLflow migration failed'
    description: 'An activity ended with a problem that a fresh attempt does not cure, or a migration ended as failed or with errors.'
    severity: 1
    enabled: enabled
    scopes: [
      applicationInsightsId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT10M'
    criteria: {
      allOf: [
        {
          query: '${lines}${failedQuery}'
          timeAggregation: 'Count'
          dimensions: dimensions
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    // Stateful: one alert for each migration, though two evaluations see the same line.
    autoMitigate: true
    skipQueryValidation: true
    actions: {
      actionGroups: actionGroupIds
    }
  }
}

resource lagging 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${namePrefix}-lagging'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'MLflow migration lags behind'
    description: 'A migration that catches up or follows its source is ${lagThresholdSeconds} seconds behind or more in each of two quarters of an hour.'
    severity: 3
    enabled: enabled
    scopes: [
      applicationInsightsId
    ]
    evaluationFrequency: 'PT15M'
    windowSize: 'PT15M'
    criteria: {
      allOf: [
        {
          query: laggingQuery
          timeAggregation: 'Maximum'
          metricMeasureColumn: 'lag'
          dimensions: dimensions
          operator: 'GreaterThanOrEqual'
          threshold: lagThresholdSeconds
          failingPeriods: {
            numberOfEvaluationPeriods: 2
            minFailingPeriodsToAlert: 2
          }
        }
      ]
    }
    autoMitigate: true
    skipQueryValidation: true
    actions: {
      actionGroups: actionGroupIds
    }
  }
}

resource consent 'Microsoft.Insights/scheduledQueryRules@2023-12-01' = {
  name: '${namePrefix}-consent'
  location: location
  tags: tags
  kind: 'LogAlert'
  properties: {
    displayName: 'MLflow migration asks before it deletes'
    description: 'A migration ended before its first deletion: more documents have no row in the source than may be deleted unasked.'
    severity: 2
    enabled: enabled
    scopes: [
      applicationInsightsId
    ]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT10M'
    criteria: {
      allOf: [
        {
          query: '${lines}${consentQuery}'
          timeAggregation: 'Count'
          dimensions: dimensions
          operator: 'GreaterThan'
          threshold: 0
          failingPeriods: {
            numberOfEvaluationPeriods: 1
            minFailingPeriodsToAlert: 1
          }
        }
      ]
    }
    autoMitigate: true
    skipQueryValidation: true
    actions: {
      actionGroups: actionGroupIds
    }
  }
}
