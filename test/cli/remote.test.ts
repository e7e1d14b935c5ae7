import { readFileSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { MigrationStatus } from '../../src/contract/migrationStatus.ts';
import { sampleChecks } from '../unit/report/sampleReport.ts';
import { type Answer, answersFor, reportOf, type SeenRequest, startFakeApp, statusOf } from './fakeApp.ts';
import { runCli, runHere, temporaryDirectory } from './runCli.ts';

const done = statusOf({ status: 'completed', phase: 'done', percent: 100 });

test('starts a migration by names, follows it, and writes and prints its report', async () => {
  await using app = await startFakeApp(answersFor(done, reportOf()));
  await using directory = await temporaryDirectory();
  const { code, stdout, stderr } = await runHere(
    [
      '--url',
      `${app.url}/`,
      '--name',
      'lab',
      '--tables',
      'runs,params',
      '--batch-size',
      '500',
      '--yes',
      '--report-dir',
      directory.path,
    ],
    { MLFLOW_MIGRATE_KEY: 'the-key', POSTGRES_URI: 'postgresql://u:hunter22@h/d' },
  );
  expect(stderr).toContain('Copying, 410 of 1,010 records, 20 % of the run, a few seconds left, 1 of 2 tables');
  expect(stderr).toContain(`Reports: ${directory.path}/migration-report-migration-lab.txt`);
  expect(stdout).toBe('THE TEXT REPORT\n');
  expect(code).toBe(0);
  expect(app.requests('POST')).toEqual([
    {
      method: 'POST',
      path: '/api/migrations',
      key: 'the-key',
      body: { name: 'lab', tables: ['runs', 'params'], allowExisting: true, migration_settings: { batch_size: 500 } },
    },
  ]);
  expect((await readdir(directory.path)).toSorted()).toEqual(
    ['html', 'json', 'txt'].map((ending) => `migration-report-migration-lab.${ending}`),
  );
});

test('--json prints one document whose reports are the files', async () => {
  await using app = await startFakeApp(answersFor(done, reportOf()));
  await using directory = await temporaryDirectory();
  const { code, stdout, stderr } = await runCli([
    '--url',
    app.url,
    '--json',
    '--quiet',
    '--report-dir',
    directory.path,
  ]);
  const document = JSON.parse(stdout);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(document).toEqual({ ...reportOf(), reports: document.reports });
  expect(document.reports.json).toBe(join(directory.path, 'migration-report-migration-lab.json'));
  // Byte for byte what the app has, as the manifest vouches for these bytes.
  expect(readFileSync(document.reports.json, 'utf8')).toBe(JSON.stringify(reportOf()));
  expect(readFileSync(document.reports.html, 'utf8')).toBe('<html>/api/r /api/r?format=text /api/r?format=html</html>');
  expect(readFileSync(document.reports.text, 'utf8')).toBe('THE TEXT REPORT\n');
});

test('a dry run is an analysis', async () => {
  const end = statusOf({ ...done, dryRun: true });
  await using app = await startFakeApp(answersFor(end, reportOf({ dryRun: true })));
  await using directory = await temporaryDirectory();
  await runHere(['--url', app.url, '--dry-run', '--report-dir', directory.path]);
  expect(app.requests('POST')).toMatchObject([
    { path: '/api/analyses', body: { migration_settings: { dry_run: true } } },
  ]);
});

test('validate compares only, under a name of its own', async () => {
  await using app = await startFakeApp(answersFor(done, reportOf()));
  await using directory = await temporaryDirectory();
  await runHere(['validate', '--url', app.url, '--name', 'lab', '--report-dir', directory.path]);
  expect(app.requests('POST')).toMatchObject([
    { path: '/api/migrations', body: { name: 'lab-validate', validateOnly: true } },
  ]);
});

test('hands the names of a config file on, and refuses its URIs', async () => {
  await using app = await startFakeApp(answersFor(done, reportOf()));
  await using directory = await temporaryDirectory();
  const named = join(directory.path, 'named.json');
  await writeFile(
    named,
    JSON.stringify({ source: { secret: 'LAB-PG', schema: 'ml' }, destination: { secret: 'LAB-MONGO' } }),
  );
  await runHere(['--url', app.url, '--config', named, '--report-dir', directory.path]);
  expect(app.requests('POST')[0]?.body).toEqual({
    source: { secret: 'LAB-PG', schema: 'ml' },
    destination: { secret: 'LAB-MONGO' },
  });
  const withUri = join(directory.path, 'uri.json');
  await writeFile(withUri, JSON.stringify({ source: { connection_uri: 'postgresql://u:hunter22@h/d' } }));
  const refused = await runHere(['--url', app.url, '--config', withUri]);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(refused.stderr).toContain('The config file gives source as a URI, which cannot go with --url');
  expect(app.requests('POST')).toHaveLength(1);
});

const problem = (kind: string) => ({ kind, message: `Found ${kind}`, hint: 'Do this' }) as never;

test.each([
  [
    'rows with errors',
    reportOf({
      facts: {
        rows: { total: 2, migrated: 1, errors: 1, migratedBy: 'compared' },
        errorFindings: 1,
        carryFindings: 1,
      },
    }),
    1,
  ],
  [
    'differences that stay',
    reportOf({ facts: { checks: sampleChecks('held', { content: { result: 'broken' } }), errorFindings: 1 } }),
    3,
  ],
  ['an unreachable source', reportOf({ problems: [problem('source-unreachable')] }), 4],
  ['a target that throttles for ever', reportOf({ problems: [problem('target-throttled')] }), 4],
  ['a table that is not there', reportOf({ problems: [problem('target-refused'), problem('config')] }), 2],
  ['a target that holds other data', reportOf({ problems: [problem('target-not-empty')] }), 1],
  ['a target that another migration writes to', reportOf({ problems: [problem('target-in-use')] }), 1],
  ['deletions that nobody has allowed', reportOf({ problems: [problem('deletes-need-consent')] }), 1],
  ['a cancelled run', reportOf({ facts: { ending: 'cancelled' } }), 1],
] as const)('the exit code tells %s', async (_what, report, expected) => {
  const end = statusOf({ status: report.status, failures: report.problems });
  await using app = await startFakeApp(answersFor(end, report));
  await using directory = await temporaryDirectory();
  const { code, stdout, stderr } = await runHere(['--url', app.url, '--report-dir', directory.path]);
  expect(code).toBe(expected);
  expect(stdout).toBe('THE TEXT REPORT\n');
  for (const { message } of report.problems) expect(stderr).toContain(`Error: ${message}\n  Do this`);
});

test('a run that failed before it had a report has a document all the same', async () => {
  const end = statusOf({ status: 'failed', phase: 'preflight', failures: [problem('source-refused')] });
  await using app = await startFakeApp(answersFor(end, null));
  const text = await runHere(['--url', app.url]);
  expect(text).toMatchObject({ code: 4, stdout: '' });
  expect(text.stderr).toContain('Error: Found source-refused\n  Do this');
  const json = await runHere(['--url', app.url, '--json', '--quiet']);
  expect(json.code).toBe(4);
  expect(JSON.parse(json.stdout)).toMatchObject({
    schemaVersion: 1,
    id: 'migration-lab',
    status: 'failed',
    source: 'db:5432/mlflow',
    reports: { json: null, text: null, html: null },
    problems: [{ kind: 'source-refused' }],
  });
});

test('an app that is away for a while does not end the command', async () => {
  await using directory = await temporaryDirectory();
  const answer = answersFor(done, reportOf());
  await using app = await startFakeApp((request, count): Answer => {
    if (request.method === 'GET' && request.path === '/api/migrations/migration-lab') {
      if (count === 1) return 'cut';
      if (count === 2) return { status: 503, text: 'starting' };
    }
    return answer(request, count);
  });
  const { code, stderr } = await runHere(['--url', app.url, '--report-dir', directory.path]);
  expect(code).toBe(0);
  expect(stderr).toContain('The app does not answer: trying again\nThe app answers again\n');
});

test.each([
  [{ status: 401 }, 2, 'refuses the key (HTTP 401)'],
  [
    { status: 400, body: { error: { kind: 'config', message: 'Unknown key x', hint: 'Look' } } },
    2,
    'Error: Unknown key x\n  Look',
  ],
  [
    { status: 409, body: { error: { kind: 'conflict', message: 'lab is running', hint: '' } } },
    2,
    'Error: lab is running\n  Go on with it: the command that began it, with --resume; end it: mlflow-migrate cancel --name lab --url http://127.0.0.1:',
  ],
  [{ status: 500, text: '<html>' }, 1, 'answered HTTP 500'],
  [{ status: 200, text: '<html>' }, 1, 'did not answer like the migration app'],
  ['cut', 1, 'does not answer'],
] as const)('says what is wrong when the app answers %j', async (answer, code, message) => {
  await using app = await startFakeApp(() => answer);
  const result = await runHere(['--url', app.url, '--name', 'lab', '--key', 'canary-key']);
  expect(result.stderr).toContain(message);
  expect(result.stderr).not.toContain('canary-key');
  expect(result).toMatchObject({ code, stdout: '' });
});

test('an address where nobody is counts as a wrong one', async () => {
  const app = await startFakeApp(() => ({ status: 200 }));
  await app[Symbol.asyncDispose]();
  const { code, stderr } = await runHere(['status', '--url', app.url]);
  expect(stderr).toBe(
    `Error: The function app at ${new URL(app.url).host} does not answer (ECONNREFUSED)\n` +
      '  Check the address and that the app is running\n',
  );
  expect(code).toBe(2);
});

test.each([
  [{ MLFLOW_MIGRATE_KEY: 'canary-schlüssel' }, 'Setting MLFLOW_MIGRATE_KEY'],
  [{ MLFLOW_MIGRATE_KEY: 'k', MLFLOW_MIGRATE_TOKEN: 'canary\ntoken' }, 'Setting MLFLOW_MIGRATE_TOKEN'],
])('a key or token that no header takes is named before anything is asked: %o', async (env, label) => {
  const asked: string[] = [];
  await using app = await startFakeApp(({ path }) => {
    asked.push(path);
    return { status: 200 };
  });
  const { code, stderr } = await runHere(['status', 'lab', '--url', app.url], env);
  expect(stderr).toBe(
    `Error: ${label} holds a space, a line break or a letter that keys and tokens do not have\n` +
      '  Copy it again, without what stands around it\n',
  );
  expect({ code, asked }).toEqual({ code: 2, asked: [] });
});

test('the key follows no redirect', async () => {
  await using other = await startFakeApp(() => ({ status: 200 }));
  await using app = await startFakeApp(() => ({ status: 307 }));
  expect((await runHere(['--url', app.url, '--key', 'k'])).code).toBe(1);
  expect(other.seen).toEqual([]);
});

test('an interrupt leaves a deployed run alone and exits with 130', async () => {
  await using app = await startFakeApp((request, count) =>
    request.method === 'POST' ? answersFor(done, null)(request, count) : { status: 200, body: statusOf() },
  );
  const { code, stdout, stderr } = await runCli(['--url', app.url, '--json'], {
    onStderr: (text, child) => {
      if (text.includes('Copying')) child.kill('SIGINT');
    },
  });
  expect(code).toBe(130);
  expect(stderr).toContain('Interrupted; migration-lab was left running');
  expect(JSON.parse(stdout)).toMatchObject({
    id: 'migration-lab',
    status: 'failed',
    problems: [{ kind: 'interrupted' }],
  });
  expect(app.requests('POST')).toHaveLength(1);
});

test('a second interrupt does not wait for anything', async () => {
  await using app = await startFakeApp((request, count) =>
    request.method === 'POST' ? answersFor(done, null)(request, count) : { status: 200, body: statusOf() },
  );
  const { code } = await runCli(['--url', app.url], {
    onStderr: (text, child) => {
      if (text.includes('Copying')) child.kill(text.includes('Interrupted') ? 'SIGTERM' : 'SIGINT');
    },
  });
  expect(code).toBe(130);
});

/** An app whose list holds one run, and that reacts to control requests. */
const withRun = (
  status: Parameters<typeof statusOf>[0],
  cutover: MigrationStatus['status'] = 'completed',
  report = reportOf(),
) => {
  let current = statusOf(status);
  return (request: SeenRequest, count: number): Answer => {
    const action = /\/(cancel|suspend|resume|cutover)$/.exec(request.path)?.[1];
    if (request.method === 'POST' && action !== undefined) {
      const next = { cancel: 'cancelled', suspend: 'suspended', resume: 'completed', cutover } as const;
      current = { ...current, status: next[action as keyof typeof next] };
      return { status: 202 };
    }
    if (request.path === '/api/migrations' && request.method === 'GET') return { status: 200, body: [current] };
    if (request.path === `/api/migrations/${current.id}`) return { status: 200, body: current };
    return answersFor(current, report)(request, count);
  };
};

test('status shows how far the run of that name is', async () => {
  await using app = await startFakeApp(withRun({}));
  const text = await runHere(['status', 'lab', '--url', app.url]);
  expect(text.stdout).toContain('Status:     running');
  expect(text.stdout).toContain('  runs   400 of 1,000 copied, 0 validated');
  expect(text.code).toBe(0);
  const json = await runHere(['status', '--url', app.url, '--json']);
  expect(JSON.parse(json.stdout)).toEqual(statusOf());
  const none = await runHere(['status', '--name', 'other', '--url', app.url, '--json']);
  expect(none.code).toBe(2);
  expect(JSON.parse(none.stdout)).toMatchObject({ problems: [{ kind: 'not-found' }] });
});

test.each([
  ['cancel', 'cancelled'],
  ['suspend', 'suspended'],
  ['resume', 'completed'],
])('%s asks the app and prints what follows', async (command, status) => {
  await using app = await startFakeApp(withRun({ status: command === 'resume' ? 'suspended' : 'running' }));
  const { code, stdout } = await runHere([command, 'lab', '--url', app.url]);
  expect(stdout).toBe(`lab is ${status}\n`);
  expect(code).toBe(0);
  expect(app.requests('POST')).toMatchObject([{ path: `/api/migrations/migration-lab/${command}` }]);
});

test('cutover says how to stop writes, from when on nobody wrote, what reads the target afterwards and how to undo the fence', async () => {
  const report = reportOf({
    facts: {
      instant: {
        at: '2026-11-24T00:23:05.000Z',
        from: 'primary',
        openTransactions: [],
        preparedTransactions: [],
        quietSince: '2026-11-24T00:23:04.000Z',
      },
    },
  });
  const following = { status: 'running', phase: 'follow', layout: 'mlflow' } as const;
  await using app = await startFakeApp(withRun(following, 'completed', report));
  const { code, stdout, stderr } = await runHere(['cutover', 'lab', '--url', app.url]);
  expect(stdout).toBe('lab is completed\n');
  expect(code).toBe(0);
  expect(stderr).toMatch(
    /set default_transaction_read_only = on;.*mlflow server.*reset default_transaction_read_only;/s,
  );
  expect(stderr).toContain("'mongodb://mongo:27017/mlflow_migrated'");
  expect(stderr).toContain('\nCut over: from 2026-11-24 00:23:04 UTC to that instant no row changed');
});

test('a cut-over that the app refuses stops nobody from writing', async () => {
  const message = 'Migration migration-lab has ended already';
  const refusing = withRun({ status: 'completed' });
  await using app = await startFakeApp((request, count) =>
    request.path.endsWith('/cutover')
      ? { status: 409, body: { error: { kind: 'conflict', message, hint: 'Look at its report' } } }
      : refusing(request, count),
  );
  const { code, stderr } = await runHere(['cutover', 'lab', '--url', app.url]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('default_transaction_read_only');
});

test('a cut-over whose run ends otherwise than completed is none, and says so', async () => {
  await using app = await startFakeApp(withRun({ status: 'running', phase: 'follow' }, 'completed-with-errors'));
  const { code, stderr } = await runHere(['cutover', 'lab', '--url', app.url]);
  expect(code).toBe(1);
  expect(stderr).toContain('It was not cut over');
  expect(stderr).not.toContain('MLFLOW_TRACKING_URI');
});

test('report prints the report and writes its files', async () => {
  await using app = await startFakeApp(withRun({ status: 'completed' }));
  await using directory = await temporaryDirectory();
  const { code, stdout } = await runHere(['report', '--url', app.url, '--report-dir', directory.path]);
  expect(stdout).toBe('THE TEXT REPORT\n');
  expect(code).toBe(0);
  expect(await readdir(directory.path)).toHaveLength(3);
});

test.each([
  ['interrupted', 'It is written when the run ends. What lets it go on: by itself, when the function app is back'],
  ['running', 'It is written when the run ends: mlflow-migrate status --name lab --url APP says how far it is'],
  ['failed', 'The run ended before it could write one: mlflow-migrate status --name lab --url APP says why'],
] as const)('report and differences of a run that is %s and has no report say so and why', async (status, hint) => {
  const line = '{"table":"runs","key":"a","kind":"missing"}\n';
  const current = statusOf({ status });
  await using app = await startFakeApp((request) => {
    if (request.path.endsWith('/differences')) return { status: 200, text: line };
    return request.path.endsWith('/report') || request.path.includes('/report?')
      ? { status: 404, body: { error: { kind: 'not-found', message: 'No report yet', hint: '?earlier=1' } } }
      : { status: 200, body: request.path === '/api/migrations' ? [current] : current };
  });
  const refusal = `Error: lab has no report: it is ${status}\n  ${hint.replace('APP', app.url)}\n`;
  expect(await runHere(['report', 'lab', '--url', app.url])).toMatchObject({ code: 2, stdout: '', stderr: refusal });
  expect(await runHere(['differences', 'lab', '--url', app.url])).toMatchObject({
    code: 2,
    stdout: line,
    stderr: refusal,
  });
});

test('differences of a run with a report are all of them', async () => {
  const ended = withRun({ status: 'completed' });
  await using app = await startFakeApp((request, count) =>
    request.path.endsWith('/differences') ? { status: 200, text: '' } : ended(request, count),
  );
  expect(await runHere(['differences', 'lab', '--url', app.url])).toMatchObject({ code: 0, stdout: '', stderr: '' });
});

test('differences of a run that nobody has named say which it is, beside the lines and not under --quiet', async () => {
  const ended = withRun({ status: 'completed', kind: 'comparison', startedAt: '2026-11-24T00:23:04.000Z' });
  const line = '{"table":"runs","key":"a","kind":"missing"}\n';
  await using app = await startFakeApp((request, count) =>
    request.path.endsWith('/differences') ? { status: 200, text: line } : ended(request, count),
  );
  const told = { code: 0, stdout: line, stderr: 'Comparison lab, started 2026-11-24 00:23:04 UTC\n' };
  expect(await runHere(['differences', '--url', app.url])).toMatchObject(told);
  expect(await runHere(['differences', '--url', app.url, '--quiet'])).toMatchObject({ ...told, stderr: '' });
});

test('differences of a way back are what its report lists', async () => {
  const current = statusOf({ status: 'completed', kind: 'return' });
  await using app = await startFakeApp((request) => {
    if (request.path.endsWith('/differences')) return { status: 200, text: '' };
    if (request.path.includes('/report')) return { status: 200, text: '{"version":1,"direction":"back"}' };
    return { status: 200, body: request.path === '/api/migrations' ? [current] : current };
  });
  expect(await runHere(['differences', 'lab', '--url', app.url])).toMatchObject({
    code: 0,
    stdout: '',
    stderr: 'lab is a way back: its report lists what it changes\n',
  });
});

test('differences of a run that has not compared rows say so', async () => {
  const report = reportOf({ facts: { checks: sampleChecks('not-run') }, problems: [problem('source-unreachable')] });
  const ended = answersFor(statusOf({ status: 'failed' }), report);
  await using app = await startFakeApp((request, count) =>
    request.path.endsWith('/differences') ? { status: 200, text: '' } : ended(request, count),
  );
  const { code, stdout, stderr } = await runHere(['differences', 'lab', '--url', app.url]);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toContain('has not compared rows with documents');
});

test('--resume lets a suspended run go on and attaches to it', async () => {
  await using app = await startFakeApp(withRun({ status: 'suspended' }));
  await using directory = await temporaryDirectory();
  const { code, stdout, stderr } = await runHere([
    '--url',
    app.url,
    '--name',
    'lab',
    '--resume',
    '--report-dir',
    directory.path,
  ]);
  expect(stderr).toContain('Resuming lab');
  expect(stdout).toBe('THE TEXT REPORT\n');
  expect(code).toBe(0);
  expect(app.requests('POST').map(({ path }) => path)).toEqual(['/api/migrations/migration-lab/resume']);
});

test('what is asked for in vain is told as any wrong option is, without a report of a failure', async () => {
  const failures = [{ kind: 'config', message: 'The source has no table runz (did you mean runs?)', hint: 'Do this' }];
  const refused = statusOf({ status: 'failed', endedIn: 'preflight', failures } as Parameters<typeof statusOf>[0]);
  await using app = await startFakeApp(answersFor(refused, reportOf()));
  await using directory = await temporaryDirectory();
  const args = ['--url', app.url, '--tables', 'runz', '--quiet', '--report-dir', directory.path];
  const { code, stdout, stderr } = await runHere(args);
  expect(stderr).toBe('Error: The source has no table runz (did you mean runs?)\n  Do this\n');
  expect({ code, stdout, files: await readdir(directory.path) }).toEqual({ code: 2, stdout: '', files: [] });
  expect(JSON.parse((await runHere([...args, '--json'])).stdout)).toMatchObject({ problems: failures });
});

test('--resume starts a failed run again, and refuses a name that there is not', async () => {
  const failed = statusOf({ status: 'failed', failures: [problem('internal')] });
  await using app = await startFakeApp((request, count) =>
    request.method === 'GET' && request.path === '/api/migrations'
      ? { status: 200, body: [failed] }
      : answersFor(done, reportOf())(request, count),
  );
  await using directory = await temporaryDirectory();
  const again = await runHere(['--url', app.url, '--name', 'lab', '--resume', '--report-dir', directory.path]);
  expect(again.stderr).toContain('The last run of lab is failed: starting it again');
  const typo = await runHere(['--url', app.url, '--name', 'lba', '--resume', '--report-dir', directory.path]);
  const { host } = new URL(app.url);
  expect(typo.stderr).toContain(`Error: There is no migration lba in the app at ${host}; did you mean lab?`);
  expect(typo.stderr).toContain('There is lab. To start a migration of this name, leave --resume out');
  expect(typo.code).toBe(2);
  expect(app.requests('POST /api/migrations')).toHaveLength(1);
});
