import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { cloneDatabase, createDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { forkHost, type RunningHost } from '@mlflow-migrate/functions-host';
import { BSON, type Db, MongoClient } from 'mongodb';
import pg from 'pg';
import { inject } from 'vitest';
import { type RawAnswer, type RawRequest, sendRaw } from '../../packages/functions-host/test/support/rawRequest.ts';
import { exitCodeOfReport } from '../../src/cli/exitCode.ts';
import type { MigrationReport } from '../../src/contract/migrationReport.ts';
import type { MigrationStatus } from '../../src/contract/migrationStatus.ts';
import { type Comparison, compareTables } from '../faults/compare.ts';
import { type FixtureVersion, templateName } from './fixtures.ts';

/** Source and target of migrations: the names that the app knows them by, and what the test itself connects with. */
export interface Pair {
  readonly source: string;
  readonly target: string;
  readonly postgresUri: string;
  readonly mongodbUri: string;
  readonly database: string;
}

/** How a migration ended; `code` is the exit code that the command would give. */
export interface Outcome {
  readonly id: string;
  readonly code: number;
  readonly status: MigrationStatus;
  readonly report: MigrationReport;
}

/** Databases that one app can be given; they are made when they are asked for. */
const PAIRS = 24;
const POLL_MS = 40;
/** So often at least a migration is asked about whose end is waited for. */
const LOOK_MS = 1_000;
/** The management API's answer about an orchestration that goes on. */
const UNDER_WAY = 202;
const PATIENCE_MS = 110_000;
const FINAL: readonly string[] = ['completed', 'completed-with-errors', 'failed', 'cancelled'];

/** The built app; MLFLOW_MIGRATE_APP tries another one, as it does for the command. */
const appDirectory = (): string => resolve(process.env['MLFLOW_MIGRATE_APP'] || join(import.meta.dirname, '../..'));

/**
 * The real function app on the local host, in a process of its own, with pairs of fresh databases on the servers of the
 * run. Migrations are started over HTTP by name. One app serves a whole test file.
 */
export class TestApp implements AsyncDisposable {
  /** Every line that the host and the app printed. */
  readonly log: string[] = [];
  readonly directory: string;
  private readonly settings: Readonly<Record<string, string>>;
  private readonly names: readonly string[];
  private readonly systemKey = randomBytes(24).toString('base64url');
  private host: RunningHost | undefined;
  private taken = 0;

  private constructor(directory: string, settings: Readonly<Record<string, string>>) {
    this.directory = directory;
    this.names = Array.from({ length: PAIRS }, () => randomBytes(6).toString('hex'));
    this.settings = {
      FUNCTIONS_WORKER_RUNTIME: 'node',
      TASKHUB_NAME: 'MlflowMigrate',
      FUNCTIONS_SHUTDOWN_SECONDS: '2',
      KEY_VAULT_URI: '',
      FUNCTIONS_SYSTEM_KEY: this.systemKey,
      AzureWebJobsStorage: inject('storageConnectionString'),
      ...Object.fromEntries(
        this.names.flatMap((name, index) => [
          [`SOURCE_${index}`, withDatabase(inject('postgresUri'), `source_${name}`)],
          [`TARGET_${index}`, withDatabase(inject('mongodbUri'), `target_${name}`)],
        ]),
      ),
      ...settings,
    };
  }

  /** Starts an app; `settings` are further connections by name. */
  static async start(settings: Readonly<Record<string, string>> = {}): Promise<TestApp> {
    const app = new TestApp(await mkdtemp(join(tmpdir(), 'mlflow-core-')), settings);
    await app.up();
    return app;
  }

  /** Starts the host on its state file, after {@link kill} again on the same. */
  async up(): Promise<void> {
    this.host = await forkHost({
      appDirectory: appDirectory(),
      stateFile: join(this.directory, 'host.sqlite'),
      settings: this.settings,
      onLog: (line) => void this.log.push(line),
    });
  }

  /** Asks the host to end as the command does, and waits until it has. */
  async down(): Promise<void> {
    await this.host?.stop();
  }

  /** SIGKILL, and waits until the process is gone. */
  async kill(): Promise<void> {
    this.host?.kill();
    await this.host?.exited;
  }

  /** The most memory that the host's process has had so far; Linux tells it. */
  peakMegabytes(): number {
    const status = readFileSync(`/proc/${this.host?.pid}/status`, 'utf8');
    return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.host?.stop();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** Fresh databases: a fixture's copy or an empty one, and a target that nobody has written to. */
  async pair(content: FixtureVersion | 'empty'): Promise<Pair> {
    const index = this.taken++;
    const name = this.names[index];
    if (name === undefined) throw new Error(`A test app has ${PAIRS} pairs`);
    const admin = inject('postgresUri');
    const postgresUri =
      content === 'empty'
        ? await createDatabase(admin, `source_${name}`)
        : await cloneDatabase(admin, templateName(content), `source_${name}`);
    const database = `target_${name}`;
    const mongodbUri = withDatabase(inject('mongodbUri'), database);
    return { source: `SOURCE_${index}`, target: `TARGET_${index}`, postgresUri, mongodbUri, database };
  }

  /** Where the app answers, without a slash at the end, and the key that it asks for. */
  address(): { readonly url: string; readonly key: string } {
    if (this.host === undefined) throw new Error('The app does not run');
    return { url: this.host.url.replace(/\/$/, ''), key: this.host.key };
  }

  /** Sends a request; the body is JSON unless it is text already. `key` null leaves the function key out. */
  request(
    method: string,
    path: string,
    body?: unknown,
    options: { readonly key?: string | null } = {},
  ): Promise<Response> {
    if (this.host === undefined) throw new Error('The app does not run');
    const key = options.key === undefined ? this.host.key : options.key;
    return fetch(`${this.host.url.replace(/\/$/, '')}${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(key === null ? {} : { 'x-functions-key': key }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
  }

  /** Sends a request over a raw socket, with the function key. */
  raw(request: RawRequest): Promise<RawAnswer> {
    if (this.host === undefined) throw new Error('The app does not run');
    return sendRaw(this.host.url, { ...request, headers: { 'x-functions-key': this.host.key, ...request.headers } });
  }

  /** Starts a migration of the pair and gives its id. Throws what the app answers when it refuses. */
  async begin(pair: Pick<Pair, 'source' | 'target'>, body: object = {}, route = 'migrations'): Promise<string> {
    const name = `test-${randomBytes(6).toString('hex')}`;
    const full = { name, source: { secret: pair.source }, destination: { secret: pair.target }, ...body };
    const response = await this.request('POST', `/api/${route}`, full);
    const answer = (await response.json()) as { id: string };
    if (response.status !== 202) throw new Error(`Refused with ${response.status}: ${JSON.stringify(answer)}`);
    return answer.id;
  }

  async status(id: string): Promise<MigrationStatus> {
    return (await (await this.request('GET', `/api/migrations/${id}`)).json()) as MigrationStatus;
  }

  /** Polls the status until it is as wanted; `rest` is what is done between two looks. */
  async until(
    id: string,
    isReached: (status: MigrationStatus) => boolean,
    rest: () => Promise<unknown> = () => delay(POLL_MS),
  ): Promise<MigrationStatus> {
    const deadline = Date.now() + PATIENCE_MS;
    for (;;) {
      const status = await this.status(id);
      if (isReached(status)) return status;
      if (FINAL.includes(status.status)) throw new Error(`${id} ended as ${status.status}`);
      if (Date.now() > deadline) throw new Error(`${id} takes too long: ${JSON.stringify(status)}`);
      await rest();
    }
  }

  /** Polls the status until it is a final one. */
  async finalStatus(id: string): Promise<MigrationStatus> {
    return await this.until(
      id,
      ({ status }) => FINAL.includes(status),
      () => this.whileUnderWay(id),
    );
  }

  /**
   * Waits until the host has ended the orchestration, or it is time to look at the migration again. The host answers from its own
   * file, the app from a dozen blobs: asked as often, it takes a third of what a migration takes.
   */
  private async whileUnderWay(id: string): Promise<void> {
    const path = `/runtime/webhooks/durabletask/instances/${id}?showInput=false&code=${this.systemKey}`;
    const deadline = Date.now() + LOOK_MS;
    do {
      await delay(POLL_MS);
      const response = await this.request('GET', path, undefined, { key: null });
      await response.text();
      if (response.status !== UNDER_WAY) return;
    } while (Date.now() < deadline);
  }

  /** Waits for the end and gives the outcome. */
  async end(id: string): Promise<Outcome> {
    const status = await this.finalStatus(id);
    const response = await this.request('GET', `/api/migrations/${id}/report`);
    if (response.status !== 200) throw new Error(`${id} has no report: ${JSON.stringify(status)}`);
    const report = (await response.json()) as MigrationReport;
    return { id, status, report, code: exitCodeOfReport(report) };
  }

  /** A whole migration. */
  async migrate(pair: Pick<Pair, 'source' | 'target'>, body: object = {}, route = 'migrations'): Promise<Outcome> {
    return await this.end(await this.begin(pair, body, route));
  }
}

/** Runs SQL on a database. */
export async function runSql(uri: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: uri });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Works on the target's database. */
export async function withTarget<T>(pair: Pair, work: (db: Db) => Promise<T>): Promise<T> {
  const client = new MongoClient(pair.mongodbUri);
  try {
    return await work(client.db(pair.database));
  } finally {
    await client.close();
  }
}

/** Compares every row with its document by the independent oracle. */
export function compare(
  pair: Pair,
  options: { schema?: string; tables?: readonly string[] } = {},
): Promise<Comparison> {
  const { postgresUri, mongodbUri, database } = pair;
  return compareTables({ postgresUri, mongodbUri, database, keep: 20, ...options });
}

/** A digest of every collection with all its documents and indexes, bit for bit; of the record of ownership without how far the source has got, and what of it was proven. */
export function digests(pair: Pair): Promise<Record<string, string>> {
  return withTarget(pair, async (db) => {
    const result: Record<string, string> = {};
    for (const { name } of await db.listCollections({}, { nameOnly: true }).toArray()) {
      const hash = createHash('sha256');
      for await (const document of db.collection(name).find({}, { raw: true, sort: { _id: 1 } }))
        hash.update(name === '_migration' ? withoutPosition(document) : (document as unknown as Uint8Array));
      hash.update(JSON.stringify(await db.collection(name).listIndexes().toArray()));
      result[name] = hash.digest('hex');
    }
    return result;
  });
}

function withoutPosition(raw: unknown): string {
  const { digest: _of, owners, ...rest } = BSON.deserialize(raw as Uint8Array);
  const kept = (owners as { reached?: unknown; proof?: unknown }[] | undefined)?.map(
    ({ reached: _reached, proof: _proof, ...owner }) => owner,
  );
  return BSON.EJSON.stringify({ ...rest, owners: kept });
}
