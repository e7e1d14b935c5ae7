/** Names of the durable functions. They are persisted in histories: renaming one breaks migrations that are under way. */
export const ORCHESTRATORS = {
  migrate: 'migrate',
  migrateBack: 'migrateBack',
  runLane: 'runLane',
  awaitWord: 'awaitWord',
  conclude: 'conclude',
} as const;

/** Names of the activities: one a step, of the same name, in src/steps. Persisted like those above. */
export const ACTIVITIES = {
  preflight: 'preflight',
  makePlan: 'makePlan',
  prepareTarget: 'prepareTarget',
  copyUnit: 'copyUnit',
  buildIndexes: 'buildIndexes',
  validateUnit: 'validateUnit',
  checkCollections: 'checkCollections',
  nameExtras: 'nameExtras',
  readSourceClock: 'readSourceClock',
  findVanished: 'findVanished',
  removeVanished: 'removeVanished',
  raiseThroughput: 'raiseThroughput',
  restoreThroughput: 'restoreThroughput',
  releaseTarget: 'releaseTarget',
  writeReport: 'writeReport',
  hearWord: 'hearWord',
  recallRun: 'recallRun',
  bringBack: 'bringBack',
  purgeLanes: 'purgeLanes',
} as const;
