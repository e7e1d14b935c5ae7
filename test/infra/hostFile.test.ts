import { expect, test } from 'vitest';
import host from '../../host.json' with { type: 'json' };
import { readText, tableRows } from '../unit/docs/markdown.ts';

const page = readText('docs/operations.md');
const provider: Readonly<Record<string, string>> = host.extensions.durableTask.storageProvider;

/** Seconds of a time such as `00:01:30`. */
function seconds(time: string): number {
  return time.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
}

test('docs/operations.md gives the reason and the cost of every value of the storage provider', () => {
  const rows = tableRows(page, '`extensions.durableTask.storageProvider`');
  expect(rows.map(([name, value]) => [name, value])).toEqual(
    Object.entries(provider).map(([name, value]) => [`\`${name}\``, `\`${value}\``]),
  );
  for (const [, , , why, cost] of rows) expect([why, cost].every((text) => (text ?? '').length > 0)).toBe(true);
});

test('an idle instance waits for seconds, and a dead one keeps its work for as short as the host allows', () => {
  expect(seconds(provider['maxQueuePollingInterval'] ?? '')).toBeLessThanOrEqual(5);
  // Under a minute the host does not start; an activity is renewed 30 s before its end, looked at every 5 s.
  for (const name of ['controlQueueVisibilityTimeout', 'workItemQueueVisibilityTimeout'])
    expect(seconds(provider[name] ?? '')).toBe(60);
});

/** Price of 10,000 operations of a queue, as the page names it. */
const OPERATIONS_PRICE = 0.004;
const QUEUES = { ofOrchestrations: 4, ofActivities: 1 };

test('docs/operations.md computes what idle polling costs', () => {
  expect(page).toContain(`${OPERATIONS_PRICE} US$ for 10,000 operations`);
  const rows = tableRows(page, 'Longest wait');
  expect(rows.map(([interval]) => interval)).toContain(`\`${provider['maxQueuePollingInterval']}\``);
  for (const [interval = '', ...rest] of rows) {
    const looks = 86_400 / seconds(interval.replaceAll('`', ''));
    const all = looks * (QUEUES.ofOrchestrations + QUEUES.ofActivities);
    const price = (operations: number): string => `${((operations / 10_000) * OPERATIONS_PRICE).toFixed(2)} US$`;
    expect(rest).toEqual([all.toLocaleString('en-US'), price(all), price(looks * QUEUES.ofActivities)]);
  }
});
