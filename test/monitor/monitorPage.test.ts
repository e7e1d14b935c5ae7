import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { FIND_FAINT_TEXT, launchBrowser, visibleText, watchComplaints } from '../support/browser.ts';
import { type FakeApi, FUNCTION_KEY, startFakeApi } from './fakeApi.ts';
import { sampleStatus } from './sampleStatus.ts';

const ID = 'migration-nightly';
const WAIT = { timeout: 10_000 };

let browser: Browser;
let context: BrowserContext;
let api: FakeApi;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
});

beforeEach(async () => {
  api = await startFakeApi();
  api.migrations.set(ID, sampleStatus());
  context = await browser.newContext({ locale: 'en-US', viewport: { width: 1200, height: 900 } });
  page = await context.newPage();
  complaints = watchComplaints(page);
});

afterEach(async () => {
  await context.close();
  await api.goOffline();
});

async function openWithKey(key = FUNCTION_KEY, hash = ''): Promise<void> {
  await page.goto(`${api.url}/api/monitor${hash}`);
  await page.getByLabel('Key', { exact: true }).fill(key);
  await page.getByRole('button', { name: 'Show migrations' }).click();
}

test('a browser whose language is no language tag shows the page all the same', async () => {
  // As Chromium says on Linux with the locale C or POSIX.
  await page.addInitScript(
    "Object.defineProperty(Navigator.prototype, 'language', { get: () => 'en-US@posix', configurable: true })",
  );
  await openWithKey();
  await heading().waitFor(WAIT);
  expect(complaints).toEqual([]);
});

const heading = () => page.getByRole('heading', { level: 2, name: /nightly/ });
const shows = (text: string) => page.getByText(text, { exact: true }).first().waitFor(WAIT);

test('the key is asked for once, goes in a header only and stays for the session', async () => {
  await openWithKey();
  await heading().waitFor(WAIT);
  await page.reload();
  await heading().waitFor(WAIT);
  expect(await page.getByLabel('Key', { exact: true }).isVisible()).toBe(false);
  expect(api.seen.length).toBeGreaterThan(2);
  expect(new Set(api.seen.map((request) => request.key))).toEqual(new Set([FUNCTION_KEY]));
  expect(api.seen.map((request) => request.url).join(' ')).not.toContain('canary');
  expect(page.url()).not.toContain('canary');
  expect(await page.content()).not.toContain('canary');
  expect(await page.evaluate('JSON.stringify(localStorage) + document.cookie')).toBe('{}');
  expect(complaints).toEqual([]);
});

test('a key that is refused is told, forgotten and asked for again', async () => {
  await openWithKey('wrong');
  await page.getByText('The local host refused this key').waitFor(WAIT);
  expect(await page.evaluate('sessionStorage.length')).toBe(0);
  await page.getByLabel('Key', { exact: true }).fill(FUNCTION_KEY);
  await page.keyboard.press('Enter');
  await heading().waitFor(WAIT);
});

test('a key that no header can hold is told before anything is sent', async () => {
  await openWithKey('with spaces ✓');
  await page.getByText('A key is a line of letters').waitFor(WAIT);
  expect(api.seen).toEqual([]);
});

test('a key that is revoked while the page is open leads back to the question', async () => {
  await openWithKey();
  await heading().waitFor(WAIT);
  api.faults.set('GET /api/migrations/migration-nightly', { status: 401, body: {} });
  await page.getByText('The local host refused this key').waitFor(WAIT);
  expect(await heading().isVisible()).toBe(false);
});

test('progress is live: figures, phases, bars and title follow the answers', async () => {
  await openWithKey();
  await shows('20.5 %');
  await shows('about 1 min left');
  await shows('Copying: 26,013 of 63,363 records');
  await shows('26,013 of 63,363');
  await shows('41,234/s');
  await shows('7.4 MB/s');
  await shows('1 more table is empty');
  expect(await page.locator('[aria-current=step]').allInnerTexts()).toEqual(['copy']);
  expect(await page.locator('.tables li').nth(1).locator('.copied').getAttribute('style')).toMatch(/width: 34\.87/);
  api.change(ID, {
    phase: 'validate',
    percent: 75,
    secondsLeft: null,
    requestUnits: 1_812_345.2,
    tables: {
      runs: { total: 6013, copied: 6013, validated: 6013, errors: 0 },
      metrics: { total: 57350, copied: 57350, validated: 28675, errors: 3 },
    },
    totals: { total: 63363, copied: 63363, validated: 34688, errors: 3 },
  });
  await shows('75 %');
  await shows('time left not known yet');
  await shows('1,812,345 RU');
  await shows('57,350 of 57,350, 50 % validated, 3 errors');
  expect(await page.locator('[aria-current=step]').allInnerTexts()).toEqual(['validate']);
  expect(await page.title()).toBe('75 % · nightly');
  expect(await page.getByRole('progressbar').getAttribute('aria-valuenow')).toBe('75');
  expect(complaints).toEqual([]);
});

test('a migration that has ended is shown with its failures, and not asked for again', async () => {
  await openWithKey();
  await heading().waitFor(WAIT);
  api.change(ID, {
    status: 'failed',
    phase: 'done',
    failures: [
      { kind: 'target-throttled', message: 'No request was accepted for 15 minutes', hint: 'Raise the throughput' },
    ],
  });
  await shows('No request was accepted for 15 minutes');
  await shows('Raise the throughput');
  await expect
    .poll(() => page.locator('#list .line').allInnerTexts(), WAIT)
    .toEqual([expect.stringMatching(/^Failed\s+.*2026/)]);
  expect(await page.getByRole('button', { name: 'Cancel' }).isVisible()).toBe(false);
  const asked = () => api.seen.filter((request) => request.url.endsWith(ID)).length;
  const before = asked();
  const lists = () => api.seen.filter((request) => request.url.includes('/migrations?')).length;
  const listed = lists();
  await expect.poll(lists, { timeout: 15_000 }).toBeGreaterThan(listed);
  expect(asked()).toBe(before);
});

const phases = async (className: string): Promise<string[]> => page.locator(`#phases .${className}`).allInnerTexts();
const PHASES_OF = {
  migration: ['preflight', 'plan', 'copy', 'indexes', 'validate', 'catch-up', 'report', 'done'],
  comparison: ['preflight', 'plan', 'validate', 'report', 'done'],
  analysis: ['preflight', 'plan', 'report', 'done'],
} as const;

test.each([
  ['cancelled in the copy', 'migration', 'cancelled', 'copy', ['preflight', 'plan'], ['copy']],
  ['failed in preflight', 'migration', 'failed', 'preflight', [], ['preflight']],
  ['that failed nobody knows where', 'migration', 'failed', null, [], []],
  ['completed with errors', 'migration', 'completed-with-errors', 'catch-up', PHASES_OF.migration, []],
  ['that compared', 'comparison', 'completed', 'validate', PHASES_OF.comparison, []],
  ['that compared and was cancelled', 'comparison', 'cancelled', 'validate', ['preflight', 'plan'], ['validate']],
  ['that analysed', 'analysis', 'completed', 'plan', PHASES_OF.analysis, []],
] as const)('a run %s shows its own phases: green that ran, red where it stopped', async (...run) => {
  const [_what, kind, status, endedIn, past, stopped] = run;
  api.change(ID, { kind, status, endedIn, phase: 'done', phases: PHASES_OF[kind] });
  await openWithKey();
  await heading().waitFor(WAIT);
  expect(await page.locator('#phases li').allInnerTexts()).toEqual(PHASES_OF[kind]);
  expect(await phases('past')).toEqual(past);
  expect(await phases('stopped')).toEqual(stopped);
  const badge = { migration: '', comparison: 'Comparison', analysis: 'Dry run' }[kind];
  expect(await page.locator('#kind').textContent()).toBe(badge);
});

test('a migration whose process is dead says so, since when, and how it goes on, and is asked for on', async () => {
  api.change(ID, { status: 'interrupted', rowsPerSecond: 0, secondsLeft: null });
  await openWithKey();
  await page.getByText(/^No process has given a sign of life since .*2026.*--resume --name nightly\.$/).waitFor(WAIT);
  expect(await visibleText(page.locator('#status'))).toBe('Interrupted');
  expect(await phases('stopped')).toEqual(['copy']);
  api.change(ID, { status: 'running' });
  await expect.poll(() => visibleText(page.locator('#status')), WAIT).toBe('Running');
  await expect.poll(() => page.locator('#problems').isVisible(), WAIT).toBe(false);
  expect(complaints).toEqual([]);
});

test('suspend and resume are sent, and the page shows what came of them', async () => {
  await openWithKey();
  // Exact: the list has a button of its own, whose name ends with the status.
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await button('Suspend').click();
  await button('Resume').click();
  await button('Suspend').waitFor(WAIT);
  expect(api.seen.filter((request) => request.method === 'POST').map((request) => request.url)).toEqual([
    `/api/migrations/${ID}/suspend`,
    `/api/migrations/${ID}/resume`,
  ]);
});

test('a migration that follows its source can be cut over', async () => {
  const follow = { equalAt: null, lagSeconds: 5, passes: 2, rows: 9, lastRows: 0 };
  api.change(ID, { phase: 'follow', follow });
  await openWithKey();
  await page.getByRole('button', { name: 'Cut over', exact: true }).click();
  await expect.poll(() => api.seen.some(({ url }) => url === `/api/migrations/${ID}/cutover`), WAIT).toBe(true);
});

test('cancelling asks first', async () => {
  await openWithKey();
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.getByRole('button', { name: 'Let it run' }).click();
  expect(api.migrations.get(ID)?.status).toBe('running');
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.getByRole('button', { name: 'Cancel the migration' }).click();
  await expect.poll(() => visibleText(page.locator('#status')), WAIT).toBe('Cancelled');
  expect(api.migrations.get(ID)?.status).toBe('cancelled');
});

test('an action that is refused says why, until the next one', async () => {
  const body = { error: { kind: 'conflict', message: 'It has ended meanwhile', hint: 'Look at its report' } };
  api.faults.set(`POST /api/migrations/${ID}/suspend`, { status: 409, body });
  await openWithKey();
  await page.getByRole('button', { name: 'Suspend' }).click();
  await shows('It has ended meanwhile. Look at its report');
  const polls = api.seen.length;
  await expect.poll(() => api.seen.length, WAIT).toBeGreaterThan(polls + 1);
  expect(await visibleText(page.locator('#complaint'))).toBe('It has ended meanwhile. Look at its report');
});

test('a function app that goes away is told, and its return too', async () => {
  await openWithKey();
  await heading().waitFor(WAIT);
  await api.goOffline();
  await page.getByText('The function app cannot be reached').waitFor(WAIT);
  await shows('Offline');
  expect(await heading().isVisible()).toBe(true);
  await api.goOnline();
  await page.getByText('Live', { exact: true }).waitFor({ timeout: 20_000 });
  expect(await page.getByText('The function app cannot be reached').isVisible()).toBe(false);
});

test('an error of the API is told with its hint and gone when it is over', async () => {
  const body = {
    error: { kind: 'storage-unavailable', message: 'Storage does not answer', hint: 'Check AzureWebJobsStorage' },
  };
  api.faults.set('GET /api/migrations', { status: 503, body });
  await openWithKey();
  await shows('Storage does not answer');
  await shows('Check AzureWebJobsStorage');
  api.faults.clear();
  await heading().waitFor(WAIT);
  expect(await page.locator('#notice').isVisible()).toBe(false);
});

test.each([
  ['Open report', 'Migration completed successfully'],
  ['Text', 'MLFLOW POSTGRESQL TO MONGODB MIGRATION REPORT'],
  ['JSON', '"schemaVersion":1'],
])('"%s" opens the report in a tab of its own, fetched with the key', async (button, content) => {
  api.change(ID, { status: 'completed', phase: 'done', percent: 100 });
  await openWithKey();
  const opening = context.waitForEvent('page');
  await page.getByRole('button', { name: button, exact: true }).click();
  const report = await opening;
  await report.getByText(content).first().waitFor(WAIT);
  expect(report.url()).toMatch(/^blob:/);
  expect(api.seen.at(-1)?.key ?? FUNCTION_KEY).toBe(FUNCTION_KEY);
  // The policy that the report inherits lets its style through.
  if (button === 'Open report') {
    expect(await report.evaluate("getComputedStyle(document.querySelector('.outcome')).borderLeftWidth")).toBe('6px');
  }
  expect(complaints).toEqual([]);
});

test('names and messages of any content stay text', async () => {
  const hostile = `<img src=x onerror="document.title='owned'"><script>document.title='owned'</script>`;
  api.migrations.clear();
  api.migrations.set('migration-#/?%', {
    ...sampleStatus({ id: 'migration-#/?%' }),
    name: hostile,
    source: hostile,
    tables: { [hostile]: { total: 5, copied: 1, validated: 0, errors: 0 } },
    failures: [{ kind: 'internal', message: hostile, hint: hostile }],
  });
  await openWithKey();
  await page.getByRole('heading', { level: 2, name: '<img src=x' }).waitFor(WAIT);
  expect(await visibleText(page.locator('.tables li'))).toContain(hostile);
  expect(await page.locator('img').count()).toBe(0);
  expect(await page.title()).not.toBe('owned');
  expect(complaints).toEqual([]);
});

test('of several migrations the one under way is shown first, and each can be chosen and found again by its address', async () => {
  api.migrations.set(
    'migration-older',
    sampleStatus({ id: 'migration-older', status: 'completed', startedAt: '2026-11-25T00:00:00.000Z' }),
  );
  await openWithKey();
  await heading().waitFor(WAIT);
  await page.getByRole('button', { name: /older/ }).click();
  await page.getByRole('heading', { level: 2, name: /older/ }).waitFor(WAIT);
  await page.reload();
  await page.getByRole('heading', { level: 2, name: /older/ }).waitFor(WAIT);
  expect(await page.locator('.list [aria-current=true]').allInnerTexts()).toHaveLength(1);
});

test('an app without migrations says how to start one', async () => {
  api.migrations.clear();
  await openWithKey();
  await page.getByText('None yet.').waitFor(WAIT);
});

test('the page finds its API under another route prefix', async () => {
  const other = await startFakeApi('tools/v2');
  other.migrations.set(ID, sampleStatus());
  await page.goto(`${other.url}/tools/v2/monitor`);
  await page.getByLabel('Key', { exact: true }).fill(FUNCTION_KEY);
  await page.keyboard.press('Enter');
  await heading().waitFor(WAIT);
  await other.goOffline();
});

test('at 360 pixels nothing overflows, with 64 tables and long names', async () => {
  await page.setViewportSize({ width: 360, height: 800 });
  const tables = Object.fromEntries(
    Array.from({ length: 64 }, (_, index) => [
      `${'table_'.repeat(9)}${index}`,
      { total: Number.MAX_SAFE_INTEGER, copied: 12_345, validated: 1, errors: 7 },
    ]),
  );
  api.change(ID, { tables, source: `${'h'.repeat(200)}:5432/mlflow`, name: 'n'.repeat(100) });
  await page.goto(`${api.url}/api/monitor`);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  await openWithKey(FUNCTION_KEY, `#${ID}`);
  await page.locator('.tables li').nth(63).waitFor(WAIT);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
});

test.each(['light', 'dark'] as const)(
  'in the %s scheme all text has a contrast of at least 4.5',
  async (colorScheme) => {
    await page.emulateMedia({ colorScheme });
    api.migrations.set('migration-b', sampleStatus({ id: 'migration-b', status: 'suspended' }));
    api.migrations.set('migration-c', sampleStatus({ id: 'migration-c', status: 'completed' }));
    api.migrations.set('migration-d', sampleStatus({ id: 'migration-d', status: 'failed' }));
    api.migrations.set('migration-e', sampleStatus({ id: 'migration-e', status: 'interrupted' }));
    api.change(ID, { failures: [{ kind: 'internal', message: 'm', hint: 'h' }] });
    await page.goto(`${api.url}/api/monitor`);
    expect(await page.evaluate(FIND_FAINT_TEXT)).toEqual([]);
    await openWithKey(FUNCTION_KEY, `#${ID}`);
    await heading().waitFor(WAIT);
    expect(await page.evaluate(FIND_FAINT_TEXT)).toEqual([]);
  },
);
