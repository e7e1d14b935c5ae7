import axe from 'axe-core';
import type { Page } from 'playwright-core';

const RUN =
  'axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ": " + nodes.map(({ target }) => target).join(", ")))';

/** What axe-core finds wrong with a page for people with disabilities: rule and elements. The page's policy lets a debugger run what it does not let itself. */
export async function axeViolations(page: Page): Promise<readonly string[]> {
  await page.evaluate(`${axe.source};0`);
  return await page.evaluate<string[]>(RUN);
}
