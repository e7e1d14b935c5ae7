import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchBrowser, watchComplaints } from '../support/browser.ts';
import { type Pair, TestApp } from '../support/runMigration.ts';

const WAIT = { timeout: 60_000 };

let app: TestApp;
let pair: Pair;
let browser: Browser;

beforeAll(async () => {
  [app, browser] = await Promise.all([TestApp.start(), launchBrowser()]);
  pair = await app.pair('3.17.2');
});
afterAll(async () => {
  await browser?.close();
  await app?.[Symbol.asyncDispose]();
});

test('from the root of a real app: dry run, consent, a proven migration, its time over a reload, and a catch-up', async () => {
  const { url, key } = app.address();
  const page = await browser.newPage({ locale: 'en-US' });
  const complaints = watchComplaints(page);
  await page.goto(`${url}/`);
  await page.getByLabel('Key', { exact: true }).fill(key);
  await page.keyboard.press('Enter');
  await page.getByRole('link', { name: 'New migration' }).click();
  await page.getByLabel('Name', { exact: true }).fill('lab');
  await page.getByLabel('From (PostgreSQL)').selectOption(`secret:${pair.source}`);
  await page.getByLabel('To (MongoDB)').selectOption(`secret:${pair.target}`);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  await button('Dry run').click();
  await button('Start this migration').click(WAIT);
  await page
    .getByText(/^Analysis completed|^Dry run completed/)
    .first()
    .waitFor(WAIT);
  await button('Start').click();
  const isOf = (id: string, status: string) =>
    expect
      .poll(async () => [await page.locator('#id').textContent(), await page.locator('#status').textContent()], WAIT)
      .toEqual([id, status]);
  await isOf('lab', 'Completed');
  await page.getByText('Checking both ends').waitFor(WAIT);
  expect((await app.end('lab')).code).toBe(0);
  expect(complaints).toEqual([]);
  await page.reload();
  await page.getByText(/^mlflow-migrate .* · PostgreSQL \d.* · MongoDB \d/).waitFor(WAIT);
  const events = await page.locator('#events span').allInnerTexts();
  expect(events.toReversed()).toEqual([
    ...['Checking both ends', 'Planning', 'Copying', 'Building indexes', 'Validating', 'Catching up'],
    ...['Writing the report', 'Completed'],
  ]);
  await button('Catch up').click();
  await page.getByRole('dialog').getByRole('button', { name: 'Catch up' }).click();
  await isOf('lab', 'Completed');
  const { report } = await app.end('lab');
  expect(report.verdict.good).toBe(true);
});
