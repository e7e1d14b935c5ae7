import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { builtinModules } from 'node:module';
import type { AddressInfo } from 'node:net';
import { homedir, hostname } from 'node:os';
import { join } from 'node:path';
import { json } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { cloneDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { forkHost, type RunningHost } from '@mlflow-migrate/functions-host';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { ACTIVITIES, ORCHESTRATORS } from '../../src/contract/functionNames.ts';
import type { MigrationReport } from '../../src/contract/migrationReport.ts';
import type { MigrationStatus } from '../../src/contract/migrationStatus.ts';
import { METHODS, pathMethods } from '../../src/functions/routes.ts';
import { compareTables } from '../faults/compare.ts';
import { fixtureCounts, templateName } from '../support/fixtures.ts';
import { type Deployment, deployedFiles, leavesOutNodeModules, makeDeployment, NEEDED_FILES } from './deployment.ts';

const LOAD_MAIN = join(import.meta.dirname, 'loadMain.ts');

/** Optional modules of the drivers and the Azure SDKs, which do without them. */
const OPTIONAL = [
  '@aws-sdk/credential-providers',
  '@mongodb-js/zstd',
  'gcp-metadata',
  'kerberos',
  'mongodb-client-encryption',
  'pg-cloudflare',
  'pg-native',
  'snappy',
  'socks',
];

interface MetricEnvelope {
  readonly data: {
    readonly baseData: {
      readonly metrics: readonly [{ name: string; value: number }];
      readonly properties: { migration: string; activity: string };
    };
  };
}

interface Loaded {
  readonly functions: readonly {
    name: string;
    triggerType: string;
    route?: string;
    methods?: string[];
    authLevel?: string;
  }[];
  readonly capabilities: Readonly<Record<string, string>>;
  readonly loadMs: number;
  readonly memoryMb: number;
}

let deployment: Deployment;

beforeAll(async () => {
  deployment = await makeDeployment();
});
afterAll(async () => {
  await deployment[Symbol.asyncDispose]();
});

async function load(): Promise<Loaded> {
  // Nothing of this machine's environment may be needed.
  const { stdout } = await promisify(execFile)(process.execPath, [LOAD_MAIN, deployment.appDirectory], { env: {} });
  return JSON.parse(stdout) as Loaded;
}

test('a deployment takes along what the app needs and nothing else', async () => {
  expect(await deployedFiles()).toEqual(NEEDED_FILES.toSorted());
});

test('azd takes the package as it is, and does not refuse it after everything has been made', async () => {
  const azure = await readFile(join(import.meta.dirname, '../../azure.yaml'), 'utf8');
  expect(azure).toMatch(/^ {4}remoteBuild: false$/m);
  // From azd 1.23.12 on, `remoteBuild: false` beside a .funcignore with `node_modules` fails in `azd deploy`.
  expect(await leavesOutNodeModules()).toBe(false);
});

test('the bundle asks for no module but those of Node, the worker, and optional ones', async () => {
  const text = await readFile(join(deployment.appDirectory, manifest.main), 'utf8');
  const asked = [...text.matchAll(/\b(?:require|import)\(["'`]([^"'`$]+)["'`]\)/g)].map((match) => match[1] as string);
  const foreign = new Set(asked.filter((name) => !name.startsWith('node:') && !builtinModules.includes(name)));
  expect([...foreign].toSorted()).toEqual(['@azure/functions-core', ...OPTIONAL].toSorted());
  expect(Object.keys(manifest.devDependencies).filter((name) => foreign.has(name))).toEqual([]);
});

test('the bundle holds no path or name of the machine that built it', async () => {
  const text = await readFile(join(deployment.appDirectory, manifest.main), 'utf8');
  const root = join(import.meta.dirname, '../..');
  const traces = [root, `${homedir()}/`, 'file:///'].filter((trace) => trace !== '//' && text.includes(trace));
  expect(traces).toEqual([]);
  // Short names such as `web` stand in any program.
  if (hostname().length > 8) expect(text.includes(hostname())).toBe(false);
});

test('the bundle asks the host to stream bodies, which drops those without a length otherwise', async () => {
  expect((await load()).capabilities['HttpUri']).toMatch(/^http:\/\/localhost:\d+\/$/);
});

test('the bundle alone registers every route and every durable function', async () => {
  const { functions, memoryMb } = await load();
  const http = functions.filter(({ triggerType }) => triggerType === 'httptrigger');
  expect(http.map(({ methods, route, authLevel }) => `${methods?.join()} ${route} ${authLevel}`).toSorted()).toEqual(
    [
      'GET api/health anonymous',
      'GET api/migrations function',
      'GET api/migrations/{id} function',
      'GET api/migrations/{id}/differences function',
      'GET api/migrations/{id}/report function',
      'GET api/monitor anonymous',
      'POST api/analyses function',
      'POST api/migrations function',
      'POST api/migrations/{id}/cancel function',
      'POST api/migrations/{id}/cutover function',
      'POST api/migrations/{id}/resume function',
      'POST api/migrations/{id}/suspend function',
      'GET api/connections function',
      'GET api/migrations/{id}/request function',
      'GET api/migrations/{id}/series function',
      'GET {ignored:maxlength(0)?} anonymous',
      'GET api/openapi.json anonymous',
      `${METHODS.join()} api/{*path} anonymous`,
      ...pathMethods().map(({ path, refused }) => `${refused.join()} api/${path} anonymous`),
    ].toSorted(),
  );
  const named = (type: string): string[] =>
    functions.filter(({ triggerType }) => triggerType === type).map(({ name }) => name);
  expect(named('orchestrationtrigger').toSorted()).toEqual(Object.values(ORCHESTRATORS).toSorted());
  expect(named('activitytrigger').toSorted()).toEqual(Object.values(ACTIVITIES).toSorted());
  expect(functions).toHaveLength(http.length + Object.keys(ORCHESTRATORS).length + Object.keys(ACTIVITIES).length);
  // The smallest instance of Flex Consumption has 512 MB.
  expect(memoryMb).toBeLessThan(256);
});

test('the bundle is loaded within seconds', async () => {
  const times: number[] = [];
  for (let run = 0; run < 3; run += 1) times.push((await load()).loadMs);
  // The fastest: the machine may be busy with other suites.
  const fastest = Math.min(...times);
  process.stdout.write(`Cold start: the bundle is loaded in ${Math.round(fastest)} ms (fastest of 3)\n`);
  expect(fastest).toBeLessThan(10_000);
});

/** An ingestion endpoint of Application Insights that adds up what arrives, by metric, activity and migration. */
async function takeMetrics(): Promise<AsyncDisposable & { connectionString: string; sums: Map<string, number> }> {
  const sums = new Map<string, number>();
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    for (const { data } of (await json(request)) as MetricEnvelope[]) {
      const { metrics, properties } = data.baseData;
      const key = `${metrics[0].name} ${properties.activity} ${properties.migration}`;
      sums.set(key, (sums.get(key) ?? 0) + metrics[0].value);
    }
    response.end('{}');
  };
  const server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const key = '11111111-2222-3333-4444-555555555555';
  return {
    connectionString: `InstrumentationKey=${key};IngestionEndpoint=http://127.0.0.1:${port}/`,
    sums,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('the bundle migrates a database of MLflow 1.30.1, alone in its directory', async () => {
  const name = randomBytes(6).toString('hex');
  const postgresUri = await cloneDatabase(inject('postgresUri'), templateName('1.30.1'), `source_${name}`);
  const database = `target_${name}`;
  const mongodbUri = withDatabase(inject('mongodbUri'), database);
  await using insights = await takeMetrics();
  const log: string[] = [];
  const started = performance.now();
  const host: RunningHost = await forkHost({
    appDirectory: deployment.appDirectory,
    stateFile: deployment.stateFile,
    settings: {
      FUNCTIONS_WORKER_RUNTIME: 'node',
      FUNCTIONS_SHUTDOWN_SECONDS: '2',
      KEY_VAULT_URI: '',
      AzureWebJobsStorage: inject('storageConnectionString'),
      APPLICATIONINSIGHTS_CONNECTION_STRING: insights.connectionString,
      BUNDLE_SOURCE: postgresUri,
      BUNDLE_TARGET: mongodbUri,
    },
    onLog: (line) => void log.push(line),
  });
  try {
    const call = async <T>(method: string, path: string, body?: object): Promise<T> => {
      const headers = { 'x-functions-key': host.key, 'content-type': 'application/json' };
      const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
      return (await (await fetch(`${host.url}/api/${path}`, init)).json()) as T;
    };
    await call('GET', 'health');
    process.stdout.write(
      `Cold start: the first answer comes ${Math.round(performance.now() - started)} ms after start\n`,
    );
    const { id } = await call<{ id: string }>('POST', 'migrations', {
      name: `bundle-${name}`,
      source: { secret: 'BUNDLE_SOURCE' },
      destination: { secret: 'BUNDLE_TARGET' },
    });
    const seen = async (): Promise<string> => (await call<MigrationStatus>('GET', `migrations/${id}`)).status;
    await expect.poll(seen, { timeout: 110_000, interval: 100 }).toMatch(/^(?:completed|failed|cancelled)/);
    const report = await call<MigrationReport>('GET', `migrations/${id}/report`);
    expect({ status: report.status, problems: report.problems }).toEqual({ status: 'completed', problems: [] });
    const { tables } = await fixtureCounts('1.30.1');
    expect(report.totals.migrated).toBe(Object.values(tables).reduce((sum, count) => sum + count, 0));
    await host.stop();
    // The app sends what it has taken down before it ends. The revision of the schema goes into the marker, by no copy.
    const copied = report.totals.migrated - (report.tables['alembic_version']?.migrated ?? 0);
    expect(insights.sums.get(`mlflow.rows copyUnit ${id}`)).toBe(copied);
    expect(insights.sums.get(`mlflow.bytes copyUnit ${id}`)).toBeGreaterThan(0);
    expect(insights.sums.get(`mlflow.throttled copyUnit ${id}`)).toBe(0);
    expect(insights.sums.get(`mlflow.catchUpLagSeconds readSourceClock ${id}`)).toBeGreaterThan(0);
  } finally {
    await host.stop();
  }
  const { differences } = await compareTables({ postgresUri, mongodbUri, database, keep: 20 });
  expect(differences).toEqual([]);
  expect(log.filter((line) => /MODULE_NOT_FOUND|Cannot find (?:module|package)/.test(line))).toEqual([]);
});
