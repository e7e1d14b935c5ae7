import type { HttpRequest } from '@azure/functions';
import { expect, test } from 'vitest';
import { refusePath } from '../../../src/functions/refusePath.ts';
import { OTHER_PATHS, ROUTES } from '../../../src/functions/routes.ts';

test('the host asks the function of all other paths last, by the names of functions', () => {
  const asked = [...Object.keys(ROUTES), 'leadToMonitor', 'refuseMethod-migrations', OTHER_PATHS];
  expect(asked.toSorted((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1)).at(-1)).toBe(OTHER_PATHS);
});

test('a path that no route has is told, cut and without a secret', async () => {
  const ask = (path: string) => refusePath({ url: `https://app.example${path}` } as HttpRequest);
  const { status, body } = await ask('/api/migration?code=geheim');
  expect([status, JSON.parse(String(body))]).toEqual([
    404,
    {
      error: {
        kind: 'not-found',
        message: 'There is no route /api/migration',
        hint: 'GET /api/openapi.json describes every route',
      },
    },
  ]);
  expect(String((await ask(`/api/${'x'.repeat(5_000)}`)).body).length).toBeLessThan(400);
  expect(String((await ask('/api/postgresql://u:geheim@h/d')).body)).not.toContain('geheim');
  // Cut in the middle, a URI would not be known for one any more.
  const user = 'u'.repeat(175);
  expect(String((await ask(`/api/postgresql://${user}:geheim@h/d`)).body)).not.toContain('geheim');
});
