import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import type { StartRequest } from '../../src/contract/startRequest.ts';
import { axeViolations } from '../support/axe.ts';
import { launchBrowser, watchComplaints } from '../support/browser.ts';
import { type FakeApi, FUNCTION_KEY, startFakeApi } from './fakeApi.ts';
import { sampleSeries } from './sampleSeries.ts';
import { sampleStatus } from './sampleStatus.ts';

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
  context = await browser.newContext({ locale: 'en-US', viewport: { width: 1280, height: 900 } });
  page = await context.newPage();
  complaints = watchComplaints(page);
});
afterEach(async () => {
  expect(complaints).toEqual([]);
  await context.close();
  await api.goOffline();
});

async function open(hash = ''): Promise<void> {
  await page.goto(`${api.url}/api/monitor${hash}`);
  await page.getByLabel('Key', { exact: true }).fill(FUNCTION_KEY);
  await page.keyboard.press('Enter');
}

const shown = (name: string) => expect.poll(() => page.locator('#name').textContent(), WAIT).toBe(name);
const button = (name: string) => page.getByRole('button', { name, exact: true });
const posted = (): StartRequest[] =>
  api.seen
    .filter(({ method, url }) => method === 'POST' && url === '/api/migrations')
    .map(({ body }) => JSON.parse(body) as StartRequest);

test('a migration is started without a URI: dry run, its findings, consent, then suspended, resumed, completed', async () => {
  await open();
  await page.getByRole('link', { name: 'New migration' }).click();
  await page.getByLabel('Name', { exact: true }).fill('lab');
  await page.getByLabel('To (MongoDB)').selectOption('secret:MONGODB_URI');
  await page.getByLabel('Target database', { exact: true }).fill('lab_target');
  expect(await axeViolations(page)).toEqual([]);
  await button('Dry run').click();
  await shown('lab-analysis');
  await page.getByText('398,555').first().waitFor(WAIT);
  expect(posted()).toEqual([
    {
      name: 'lab',
      source: { secret: 'POSTGRES_URI' },
      destination: { secret: 'MONGODB_URI', database: 'lab_target' },
      layout: 'tables',
      migration_settings: { dry_run: true },
    },
  ]);
  await button('Start this migration').click();
  expect(await axeViolations(page)).toEqual([]);
  await button('Start').click();
  await shown('lab');
  expect(posted()[1]).toMatchObject({ name: 'lab', migration_settings: { validate: 'counts' } });
  expect(posted()[1]?.migration_settings).not.toHaveProperty('dry_run');
  await button('Suspend').click();
  await button('Resume').click();
  await button('Suspend').waitFor(WAIT);
  api.change('lab', { status: 'completed', phase: 'done', percent: 100 });
  await button('Catch up').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Catch up' }).click();
  await expect.poll(() => posted().length, WAIT).toBe(3);
  expect(posted()[2]).toMatchObject({ catchUp: true, migration_settings: { validate: 'full' } });
});

test('a server needs the role of the identity, and what is refused is said in the form', async () => {
  const error = { kind: 'config', message: 'The server pg1 is not on the list', hint: 'Add it to ALLOWED_SERVERS' };
  api.faults.set('POST /api/migrations', { status: 400, body: { error } });
  await open('#/new');
  // What a field's ring stands over, which is three pixels wide and two away.
  const covered = await page.evaluate(`[...document.querySelectorAll('#start-form .note')].flatMap((note) => {
    const field = note.previousElementSibling.getBoundingClientRect();
    return note.checkVisibility() && note.getBoundingClientRect().top - field.bottom < 5 ? [note.textContent] : [];
  })`);
  expect(covered).toEqual([]);
  await page.getByLabel('From (PostgreSQL)').selectOption('server:pg1');
  await page.getByLabel("Role of the app's identity").fill('migrator');
  await button('Dry run').click();
  await page.getByText('The server pg1 is not on the list. Add it to ALLOWED_SERVERS').waitFor(WAIT);
  expect(posted()[0]?.source).toEqual({ server: 'pg1', user: 'migrator' });
  // The browser tells of each answer that is none of success.
  complaints.length = 0;
});

test('an app that knows no connection says what to do', async () => {
  api.connections = { sources: [], targets: [] };
  await open('#/new');
  await page.getByText(/knows no connection.*POSTGRES_URI/).waitFor(WAIT);
  expect(await button('Dry run').isDisabled()).toBe(true);
});

const DAY = 86_400_000;
const at = (n: number): string => new Date(Date.parse('2026-09-01T00:00:00.000Z') + n * DAY).toISOString();

function fillList(): void {
  api.migrations.set('nightly', sampleStatus({ id: 'nightly', startedAt: at(0) }));
  for (let n = 1; n <= 60; n++) {
    const id = `run-${String(n).padStart(2, '0')}`;
    const status = n % 10 === 0 ? 'failed' : 'completed';
    api.migrations.set(id, sampleStatus({ id, status, phase: 'done', startedAt: at(n) }));
    const dry = `${id}-analysis`;
    api.migrations.set(dry, sampleStatus({ id: dry, kind: 'analysis', status: 'completed', startedAt: at(n) }));
  }
}
/** The id of what has the focus, of an item in the list that of its migration. */
const focused = () => page.evaluate<string>('document.activeElement.dataset.id ?? document.activeElement.id');
const listed = () => page.locator('#list .name').allInnerTexts();

test('of sixty migrations the one under way stands first; pages, search, status and dry runs find the others', async () => {
  fillList();
  await open();
  // It is the oldest of all, after as many dry runs.
  await shown('nightly');
  expect(await page.locator('#under-way-list .name').allInnerTexts()).toEqual(['nightly']);
  expect((await listed())[0]).toBe('run-60');
  await button('Older').click();
  await expect.poll(listed, WAIT).toHaveLength(10);
  await button('Newer').click();
  await expect.poll(listed, WAIT).toHaveLength(50);
  await page.getByLabel('Part of a name').fill('run-1');
  await expect.poll(async () => (await listed()).at(-1), WAIT).toBe('run-10');
  expect(await listed()).toHaveLength(10);
  await page.getByLabel('Status', { exact: true }).selectOption('With problems');
  await expect.poll(listed, WAIT).toEqual(['run-10']);
  await page.getByText('Dry runs', { exact: true }).click();
  await page.getByLabel('Status', { exact: true }).selectOption('Any status');
  await expect.poll(() => page.locator('#dry-runs-list .name').count(), WAIT).toBe(10);
  expect(await axeViolations(page)).toEqual([]);
});

test('the address of a migration opens that one, wherever it stands in the list, and says so where there is none', async () => {
  fillList();
  await open('#run-03');
  await shown('run-03');
  await page.goto(`${api.url}/api/monitor#run-99`);
  await page.getByRole('heading', { name: 'There is no such migration' }).waitFor(WAIT);
  complaints.length = 0;
});

test('what a run did over time is there again after a reload, with its events', async () => {
  api.migrations.set('nightly', sampleStatus({ id: 'nightly' }));
  api.series.set('nightly', sampleSeries());
  await open('#nightly');
  const summary = page.getByText('At most 990 RU/s, of 1,000 RU/s that the target has; last 339 RU/s');
  await summary.waitFor(WAIT);
  await page.reload();
  // What was on its way when the page was left is told as failed.
  complaints.length = 0;
  await summary.waitFor(WAIT);
  expect(await page.locator('#charts canvas').count()).toBe(3);
  // Half of the clock below the last line of the grid, which is drawn and no element.
  const room = await page.evaluate(`(() => {
    const [plot, over] = ['.uplot', '.uplot .u-over'].map((part) => document.querySelector(part).getBoundingClientRect());
    const canvas = document.createElement('canvas').getContext('2d');
    canvas.font = '12px ' + getComputedStyle(document.querySelector('.uplot')).fontFamily;
    return plot.right - over.right - canvas.measureText('00:00:00').width / 2;
  })()`);
  expect(room).toBeGreaterThanOrEqual(0);
  await page.getByText('The target refused 225 requests within 36 s; they were sent again').waitFor(WAIT);
  await page.getByText('Resumed by ada@example.com').waitFor(WAIT);
  await page.getByText('mlflow-migrate 0.1.0 · PostgreSQL 18.4').waitFor(WAIT);
});

test('on a phone list and migration are two views, with the keyboard alone', async () => {
  fillList();
  await page.setViewportSize({ width: 360, height: 800 });
  await open();
  await page.locator('#list button').first().waitFor(WAIT);
  expect(await focused()).toBe('list-title');
  expect(await page.locator('#right').isVisible()).toBe(false);
  expect(await axeViolations(page)).toEqual([]);
  await page.locator('#list button').first().focus();
  await page.keyboard.press('Enter');
  await shown('run-60');
  expect(await page.locator('#list-panel').isVisible()).toBe(false);
  expect(await axeViolations(page)).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  await expect.poll(focused, WAIT).toBe('detail-title');
  await page.keyboard.press('Shift+Tab');
  await page.keyboard.press('Enter');
  await expect.poll(focused, WAIT).toBe('run-60');
  await page.getByRole('link', { name: 'New migration' }).focus();
  await page.keyboard.press('Enter');
  await expect.poll(focused, WAIT).toBe('start-name');
  const message = 'destination.database has a database name that MongoDB does not allow';
  api.faults.set('POST /api/migrations', { status: 400, body: { error: { kind: 'config', message, hint: 'No dot' } } });
  await page.getByLabel('Target database', { exact: true }).fill('kb.1');
  await page.getByLabel('Name', { exact: true }).press('Enter');
  await expect.poll(focused, WAIT).toBe('start-target-database');
  const complaint = page.getByText('Target database has a database name that MongoDB does not allow. No dot');
  const box = await complaint.boundingBox();
  expect(box?.y).toBeGreaterThan(0);
  expect((box?.y ?? 0) + (box?.height ?? 0)).toBeLessThan(800);
  expect(await axeViolations(page)).toEqual([]);
  api.faults.clear();
  await page.getByLabel('Target database', { exact: true }).press('Enter');
  await shown('made-up-analysis');
  await expect.poll(focused, WAIT).toBe('detail-title');
  // The browser tells of each answer that is none of success.
  complaints.length = 0;
});
