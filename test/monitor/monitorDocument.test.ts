import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { buildMonitorPage } from '../../scripts/monitorPage.ts';

const ROOM = join(import.meta.dirname, '../../src/monitor');
const page = await buildMonitorPage();

test('the document needs nothing beside itself', () => {
  expect(page.html.match(/<script/g)).toHaveLength(1);
  expect(page.html.match(/<style/g)).toHaveLength(1);
  expect(page.html).not.toMatch(/<link rel="stylesheet"|<script [^>]*src=|@import|sourceMappingURL/);
});

test('the hash is that of the script as a browser reads it: to the first end tag', () => {
  const script = /<script>([\s\S]*?)<\/script>/.exec(page.html)?.[1] ?? '';
  expect(script.length).toBeGreaterThan(5000);
  expect(page.scriptHash).toBe(createHash('sha256').update(script).digest('base64'));
  expect(page.html.endsWith(`${script}</script>\n</body>\n</html>\n`)).toBe(true);
});

test('the document holds no path of the machine that built it, and nothing of Node', () => {
  expect(page.html).not.toMatch(/node:|process\.env|require\(/);
  expect(page.html).not.toContain(join(ROOM, '../..'));
});

test('every element that the script asks for stands in the page once', () => {
  const ids = [...readFileSync(join(ROOM, 'page.html'), 'utf8').matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const asked = readdirSync(ROOM)
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => [...readFileSync(join(ROOM, name), 'utf8').matchAll(/byId\('([^']+)'/g)])
    .map(([, id]) => id);
  expect(asked.length).toBeGreaterThan(30);
  expect(asked.filter((id) => !ids.includes(id))).toEqual([]);
});
