import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { cloneDatabase, withDatabase } from '@mlflow-migrate/dev-servers/databases';
import { forkHost, type RunningHost } from '@mlflow-migrate/functions-host';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { evidenceFiles } from '../../src/contract/reportFiles.ts';
import { type CliResult, runCli } from '../cli/runCli.ts';
import { compareTables } from '../faults/compare.ts';
import { templateName } from '../support/fixtures.ts';
import { type Deployment, makeDeployment } from './deployment.ts';
import { hasOpenssl, makeTestAuthority, type TestAuthority } from './testAuthority.ts';

const isReady = hasOpenssl();
if (!isReady)
  process.stdout.write('Skipped: the command over TLS, as there is no openssl to make a certificate with\n');

/** Ends TLS in front of a port, as the front end of Azure does. */
async function startTlsProxy(target: number, { key, certificate }: TestAuthority): Promise<Server> {
  const server = createServer({ key, cert: certificate }, (socket) => {
    const upstream = connect(target, '127.0.0.1');
    for (const [one, other] of [[socket, upstream] as const, [upstream, socket] as const]) {
      one.pipe(other);
      one.on('error', () => other.destroy());
    }
  });
  // A client that does not trust the certificate hangs up: that is what one test wants.
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return server;
}

describe.skipIf(!isReady)('the command and a deployed app over TLS', () => {
  const functionKey = randomBytes(24).toString('base64url');
  const name = randomBytes(6).toString('hex');
  const database = `target_${name}`;
  let authority: TestAuthority;
  let deployment: Deployment;
  let host: RunningHost;
  let proxy: Server;
  let postgresUri: string;
  let mongodbUri: string;
  let directory: string;
  let url: string;

  beforeAll(async () => {
    authority = await makeTestAuthority();
    deployment = await makeDeployment();
    directory = await mkdtemp(join(tmpdir(), 'mlflow-tls-cli-'));
    postgresUri = await cloneDatabase(inject('postgresUri'), templateName('1.30.1'), `source_${name}`);
    mongodbUri = withDatabase(inject('mongodbUri'), database);
    host = await forkHost({
      appDirectory: deployment.appDirectory,
      stateFile: deployment.stateFile,
      key: functionKey,
      settings: {
        FUNCTIONS_WORKER_RUNTIME: 'node',
        TASKHUB_NAME: 'MlflowMigrate',
        FUNCTIONS_SHUTDOWN_SECONDS: '2',
        KEY_VAULT_URI: '',
        AzureWebJobsStorage: inject('storageConnectionString'),
        LAB_SOURCE: postgresUri,
        LAB_TARGET: mongodbUri,
      },
    });
    proxy = await startTlsProxy(Number(new URL(host.url).port), authority);
    url = `https://localhost:${(proxy.address() as AddressInfo).port}`;
    const config = { source: { secret: 'LAB-SOURCE' }, destination: { secret: 'LAB-TARGET' } };
    await writeFile(join(directory, 'lab.json'), JSON.stringify(config));
  });

  afterAll(async () => {
    proxy.close();
    await host.stop();
    await deployment[Symbol.asyncDispose]();
    await authority[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
  });

  /** Runs the command in a process of its own; it trusts the authority unless told otherwise. */
  function command(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
    return runCli([...args, '--url', url], {
      cwd: directory,
      env: { MLFLOW_MIGRATE_KEY: functionKey, NODE_EXTRA_CA_CERTS: authority.authorityFile, ...env },
    });
  }

  test('migrates, shows the status and writes the reports, as locally', async () => {
    const migrated = await command(['--config', 'lab.json', '--name', `tls-${name}`]);
    expect(migrated.code, migrated.stderr).toBe(0);
    expect(migrated.stdout).toContain('MIGRATION COMPLETED SUCCESSFULLY');
    const { plan, differences: _none, ...files } = evidenceFiles(`tls-${name}`);
    expect((await readdir(join(directory, 'reports'))).toSorted()).toEqual([plan, ...Object.values(files)].toSorted());
    const status = await command(['status', `tls-${name}`, '--json']);
    expect(JSON.parse(status.stdout)).toMatchObject({ name: `tls-${name}`, status: 'completed' });
    expect(migrated.stdout + migrated.stderr + status.stdout + status.stderr).not.toContain(functionKey);
    expect((await compareTables({ postgresUri, mongodbUri, database, keep: 20 })).differences).toEqual([]);
  });

  test('a wrong key is refused, and said to be', async () => {
    const { code, stderr } = await command(['status'], { MLFLOW_MIGRATE_KEY: 'no-such-key' });
    expect(code).toBe(2);
    expect(stderr).toContain('refuses the key (HTTP 401)');
  });

  test('a certificate that nobody vouches for is refused before the key is sent', async () => {
    const { code, stderr } = await command(['status'], { NODE_EXTRA_CA_CERTS: '' });
    expect(code).not.toBe(0);
    expect(stderr).toMatch(/does not answer \((?:SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE)\)/);
  });
});
