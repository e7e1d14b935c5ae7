import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';

/**
 * A function app with the routes of the migration app and one activity that works until the file of GATE exists, and writes a dot into
 * GATE.copied for each piece of it. It stands for the real
 * app where the command is tested, not the migration.
 */
const SOURCE = `
const { appendFileSync, existsSync, rmSync, writeFileSync } = require('node:fs');
const { app } = require('@azure/functions');
const df = require('durable-functions');

// The operator's word, as the real app has it in storage: work looks for it before it begins and while it goes on.
const WORD = process.env.GATE + '.word';

df.app.orchestration('migrate', function* (context) {
  return yield context.df.callActivity('work');
});
df.app.activity('work', {
  handler: async () => {
    console.log('The source is ' + process.env.POSTGRES_URI);
    const until = Date.now() + 60_000;
    while (!existsSync(process.env.GATE) && Date.now() < until) {
      if (existsSync(WORD)) return 'cancelled';
      appendFileSync(process.env.GATE + '.copied', '.');
      await new Promise((done) => setTimeout(done, 20));
    }
    return 'done';
  },
});

const WORDS = { Pending: 'pending', Running: 'running', Suspended: 'suspended', Completed: 'completed', Failed: 'failed', Terminated: 'cancelled' };
const statusOf = (found) => {
  const input = JSON.parse(found.input.text ?? JSON.stringify(found.input));
  const word = found.output === 'cancelled' ? 'cancelled' : WORDS[found.runtimeStatus];
  const looks = process.env.MLFLOW_MIGRATE_LOCAL_HOST === 'looks';
  const status = looks && word === 'running' ? 'interrupted' : word;
  return {
    id: found.instanceId, name: input.name, status, phase: 'copy', dryRun: false, source: null, target: null, layout: 'tables',
    tables: { runs: { total: 100, copied: 50, validated: 0, errors: 0 } },
    totals: { total: 100, copied: 50, validated: 0, errors: 0 },
    rowsPerSecond: 0, bytesPerSecond: 0, throttled: 0, requestUnits: null, percent: 50, secondsLeft: null,
    startedAt: found.createdTime, finishedAt: null, failures: [], links: {},
  };
};
const refuse = (status, kind) => ({ status, jsonBody: { error: { kind, message: 'Refused: ' + kind, hint: '' } } });
const find = async (client, id) => {
  try {
    return statusOf(await client.getStatus(id, { showInput: true }));
  } catch {
    return null;
  }
};
const http = (name, methods, route, handler) =>
  app.http(name, {
    methods, route, authLevel: 'function', extraInputs: [df.input.durableClient()],
    handler: (request, context) => handler(request, df.getClient(context)),
  });
http('start', ['POST'], 'migrations', async (request, client) => {
  const body = await request.json();
  const id = 'migration-' + body.name;
  const last = await find(client, id);
  if (['pending', 'running', 'suspended'].includes(last?.status)) return refuse(409, 'conflict');
  rmSync(WORD, { force: true });
  await client.startNew('migrate', { instanceId: id, input: { text: JSON.stringify(body) } });
  return { status: 202, jsonBody: { id, status: 'pending' } };
});
http('list', ['GET'], 'migrations', async (_request, client) => {
  const all = await client.getStatusAll();
  return { jsonBody: { migrations: (await Promise.all(all.map((one) => find(client, one.instanceId)))).filter(Boolean) } };
});
http('status', ['GET'], 'migrations/{id}', async (request, client) => {
  const found = await find(client, request.params.id);
  return found === null ? refuse(404, 'not-found') : { jsonBody: found };
});
http('report', ['GET'], 'migrations/{id}/report', async (request, client) => {
  const format = request.query.get('format');
  if (format === 'manifest') return { status: 404, jsonBody: { error: { kind: 'not-found', message: 'There is none' } } };
  if (format !== null) return { body: format === 'text' ? 'TEXT\\n' : '<html></html>' };
  const found = await client.getStatus(request.params.id, { showInput: true });
  return {
    jsonBody: {
      schemaVersion: 1, id: request.params.id, status: statusOf(found).status, source: new URL(process.env.POSTGRES_URI).host,
      target: new URL(process.env.MONGODB_URI).host, body: found.input.text, totals: { total: 1, migrated: 1, errors: 0 },
      validation: { findings: [] }, problems: [], reports: {}, deleted: {},
      verdict: { exitCode: statusOf(found).status === 'completed' ? 0 : 1 },
    },
  };
});
http('control', ['POST'], 'migrations/{id}/{action}', async (request, client) => {
  const { id, action } = request.params;
  if (action === 'cancel') {
    writeFileSync(WORD, '');
    if ((await find(client, id)).status === 'suspended') await client.resume(id, 'asked');
    // Time for whoever follows the run to see its end first.
    await new Promise((done) => setTimeout(done, Number(process.env.SLOW_CANCEL_MS ?? 0)));
  }
  if (action !== 'cancel') await client[action](id, 'asked');
  return { status: 202 };
});
`;

/** Writes the app into a directory, as it lies after a build, and returns the directory. */
export const writeTinyApp = async (directory: string): Promise<string> => {
  const app = join(directory, 'app');
  await mkdir(join(app, 'dist'), { recursive: true });
  await writeFile(join(app, 'package.json'), JSON.stringify({ name: 'tiny', main: 'dist/main.cjs' }));
  await writeFile(join(app, 'host.json'), JSON.stringify({ version: '2.0' }));
  await writeFile(join(app, 'dist', 'main.cjs'), SOURCE);
  await symlink(resolve(import.meta.dirname, '../../node_modules'), join(app, 'node_modules'));
  return app;
};
