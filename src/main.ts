import { setTimeout as delay } from 'node:timers/promises';
import { app, type HttpFunctionOptions, type HttpHandler } from '@azure/functions';
import * as df from 'durable-functions';
import { makeBringBack } from './activities/bringBack.ts';
import { makeBuildIndexes } from './activities/buildIndexes.ts';
import { makeCheckCollections } from './activities/checkCollections.ts';
import { makeCopyUnit } from './activities/copyUnit.ts';
import { makeFindVanished } from './activities/findVanished.ts';
import { makeHearWord } from './activities/hearWord.ts';
import { makeMakePlan } from './activities/makePlan.ts';
import { makeNameExtras } from './activities/nameExtras.ts';
import { makePreflight } from './activities/preflight.ts';
import { makePrepareTarget } from './activities/prepareTarget.ts';
import { makePurgeLanes } from './activities/purgeLanes.ts';
import { makeRaiseThroughput } from './activities/raiseThroughput.ts';
import { makeReadSourceClock } from './activities/readSourceClock.ts';
import { makeRecallRun } from './activities/recallRun.ts';
import { makeReleaseTarget } from './activities/releaseTarget.ts';
import { makeRemoveVanished } from './activities/removeVanished.ts';
import { makeRestoreThroughput } from './activities/restoreThroughput.ts';
import { makeValidateUnit } from './activities/validateUnit.ts';
import { makeWriteReport } from './activities/writeReport.ts';
import { getAzureToken, getAzureVaultSecret } from './config/azureCredential.ts';
import { readFunctionTimeout } from './config/functionTimeout.ts';
import { createConnectionResolver } from './config/resolveConnection.ts';
import { readSettings } from './config/schemas/settings.ts';
import { readSigningKey } from './config/signingKey.ts';
import { ACTIVITIES, ORCHESTRATORS } from './contract/functionNames.ts';
import { answerHttp } from './functions/answerHttp.ts';
import { controlMigration } from './functions/controlMigration.ts';
import { getDifferences } from './functions/getDifferences.ts';
import { getHealth } from './functions/getHealth.ts';
import { getMigration } from './functions/getMigration.ts';
import { getMonitor } from './functions/getMonitor.ts';
import { getOpenApi } from './functions/getOpenApi.ts';
import { getReport } from './functions/getReport.ts';
import { getRequest } from './functions/getRequest.ts';
import { getSeries } from './functions/getSeries.ts';
import { leadToMonitor } from './functions/leadToMonitor.ts';
import { listConnections } from './functions/listConnections.ts';
import { listMigrations } from './functions/listMigrations.ts';
import { refuseMethod } from './functions/refuseMethod.ts';
import { refusePath } from './functions/refusePath.ts';
import { METHODS, OTHER_PATHS, pathMethods, ROUTES, type Route, type RouteName } from './functions/routes.ts';
import { startMigration } from './functions/startMigration.ts';
import { MONITOR_PAGE } from './monitor/page.html';
import { awaitWord } from './orchestrators/awaitWord.ts';
import { rememberHistory } from './orchestrators/begunSteps.ts';
import { conclude } from './orchestrators/conclude.ts';
import { migrate } from './orchestrators/migrate.ts';
import { migrateBack, RETURN_OF_OTHERS } from './orchestrators/migrateBack.ts';
import { LANE_OF_OTHERS, MIGRATION_OF_OTHERS } from './orchestrators/otherReleases.ts';
import { runLane } from './orchestrators/runLane.ts';
import { survivingDeployments } from './orchestrators/survivingDeployments.ts';
import { Connections } from './runtime/connections.ts';
import { HubBlobs } from './runtime/hubBlobs.ts';
import { Services } from './runtime/services.ts';
import { stopped } from './runtime/stopReason.ts';
import { LAST_MS } from './runtime/untilTimeIsUp.ts';
import { openBlobStore } from './storage/openBlobStore.ts';
import { ApplicationInsightsMetrics } from './telemetry/applicationInsightsMetrics.ts';
import { NO_METRICS } from './telemetry/metrics.ts';

// The composition root: the one file that acts when it is loaded.
const settings = readSettings(process.env);
const blobs = new HubBlobs(openBlobStore(settings.storage), settings.taskHub);
const resolver = createConnectionResolver(process.env);
const connections = new Connections(resolver);
const { telemetry, allowedConnections: allowed } = settings;
const metrics = telemetry === null ? NO_METRICS : new ApplicationInsightsMetrics(telemetry, getAzureToken);
const shutdown = new AbortController();
const timeoutMs = readFunctionTimeout(new URL('../host.json', import.meta.url));
const signingKey = () => readSigningKey(process.env, getAzureVaultSecret);
const services = new Services(connections, blobs, metrics, shutdown.signal, timeoutMs, signingKey);

// Running activities stop taking work, let writes in flight end, and hand back what is left: what gives no answer would stay
// invisible for minutes. On Azure the host alone gets the signal; it sends its worker a message that runs these hooks, and
// waits a few seconds for it.
// An answer that is given at the last moment has still to reach the host.
const ANSWER_MS = LAST_MS + 1_000;
const CLOSE_MS = 500;
const stop = () => shutdown.abort(stopped('shutdown'));
process.once('SIGTERM', stop);
app.hook.appTerminate(async () => {
  stop();
  await services.running.ended(ANSWER_MS);
  await metrics.flush();
  // A connection that is being made keeps its pool from closing until its time is up.
  await Promise.race([connections.close(), delay(CLOSE_MS)]);
});

// Without it the Functions host drops every body that comes without a length, and a function sees an empty one.
app.setup({ enableHttpStream: true });

const handlers: Readonly<Record<RouteName, HttpHandler>> = {
  startMigration: answerHttp(startMigration(blobs, allowed, resolver.requireSecret, 'migrations')),
  listMigrations: answerHttp(listMigrations(blobs)),
  getMigration: answerHttp(getMigration(blobs)),
  getReport: answerHttp(getReport(blobs)),
  getRequest: answerHttp(getRequest),
  getSeries: answerHttp(getSeries(blobs)),
  getDifferences: answerHttp(getDifferences(blobs)),
  cancelMigration: answerHttp(controlMigration(blobs, 'cancel')),
  suspendMigration: answerHttp(controlMigration(blobs, 'suspend')),
  resumeMigration: answerHttp(controlMigration(blobs, 'resume')),
  cutOverMigration: answerHttp(controlMigration(blobs, 'cutover')),
  startAnalysis: answerHttp(startMigration(blobs, allowed, resolver.requireSecret, 'analyses')),
  listConnections: answerHttp(listConnections(allowed, process.env)),
  getMonitor: answerHttp(getMonitor(MONITOR_PAGE)),
  getOpenApi: answerHttp(getOpenApi),
  getHealth: answerHttp(getHealth),
};
for (const [name, { method, path, isOpen }] of Object.entries<Route>(ROUTES)) {
  const access: Pick<HttpFunctionOptions, 'authLevel' | 'extraInputs'> = isOpen
    ? { authLevel: 'anonymous' }
    : { authLevel: 'function', extraInputs: [df.input.durableClient()] };
  app.http(name, { ...access, methods: [method], route: `api/${path}`, handler: handlers[name as RouteName] });
}
// Host.json has no prefix of its own for routes, as the root would have it too. This template matches the root alone: the host
// takes an empty one for none at all, and the function's name in its place.
app.http('leadToMonitor', {
  methods: ['GET'],
  route: '{ignored:maxlength(0)?}',
  authLevel: 'anonymous',
  handler: answerHttp(leadToMonitor),
});

for (const { path, allowed: taken, refused } of pathMethods()) {
  const name = `refuseMethod-${path.replaceAll(/\W+/g, '-').replace(/-$/, '')}`;
  app.http(name, {
    methods: [...refused],
    route: `api/${path}`,
    authLevel: 'anonymous',
    handler: refuseMethod({ path, allowed: taken }),
  });
}
app.http(OTHER_PATHS, { methods: [...METHODS], route: 'api/{*path}', authLevel: 'anonymous', handler: refusePath });

app.hook.preInvocation(({ invocationContext, inputs }) => rememberHistory(invocationContext, inputs[0]));
df.app.orchestration(ORCHESTRATORS.migrate, survivingDeployments(migrate, MIGRATION_OF_OTHERS));
df.app.orchestration(ORCHESTRATORS.migrateBack, survivingDeployments(migrateBack, RETURN_OF_OTHERS));
df.app.orchestration(ORCHESTRATORS.runLane, survivingDeployments(runLane, LANE_OF_OTHERS));
df.app.orchestration(ORCHESTRATORS.awaitWord, awaitWord);
df.app.orchestration(ORCHESTRATORS.conclude, conclude);
// Work looks itself whether its migration is still there. Not preflight, which may come before its start is recorded.
const watching = { extraInputs: [df.input.durableClient()] };
df.app.activity(ACTIVITIES.hearWord, { ...watching, handler: makeHearWord(services) });
df.app.activity(ACTIVITIES.purgeLanes, { ...watching, handler: makePurgeLanes(services) });
df.app.activity(ACTIVITIES.recallRun, { handler: makeRecallRun(services) });
df.app.activity(ACTIVITIES.preflight, { handler: makePreflight(services) });
df.app.activity(ACTIVITIES.bringBack, { ...watching, handler: makeBringBack(services) });
df.app.activity(ACTIVITIES.makePlan, { ...watching, handler: makeMakePlan(services) });
df.app.activity(ACTIVITIES.prepareTarget, { ...watching, handler: makePrepareTarget(services) });
df.app.activity(ACTIVITIES.copyUnit, { ...watching, handler: makeCopyUnit(services) });
df.app.activity(ACTIVITIES.buildIndexes, { ...watching, handler: makeBuildIndexes(services) });
df.app.activity(ACTIVITIES.validateUnit, { ...watching, handler: makeValidateUnit(services) });
df.app.activity(ACTIVITIES.checkCollections, { ...watching, handler: makeCheckCollections(services) });
df.app.activity(ACTIVITIES.nameExtras, { ...watching, handler: makeNameExtras(services) });
df.app.activity(ACTIVITIES.readSourceClock, { ...watching, handler: makeReadSourceClock(services) });
df.app.activity(ACTIVITIES.findVanished, { ...watching, handler: makeFindVanished(services) });
df.app.activity(ACTIVITIES.removeVanished, { ...watching, handler: makeRemoveVanished(services) });
df.app.activity(ACTIVITIES.raiseThroughput, { ...watching, handler: makeRaiseThroughput(services) });
df.app.activity(ACTIVITIES.restoreThroughput, { handler: makeRestoreThroughput(services) });
df.app.activity(ACTIVITIES.releaseTarget, { handler: makeReleaseTarget(services) });
df.app.activity(ACTIVITIES.writeReport, { handler: makeWriteReport(services) });
