import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ApiError, createApi, isKeyRefused } from '../../../src/monitor/api.ts';

const fetched = vi.fn<typeof fetch>();

beforeEach(() => {
  fetched.mockReset();
  fetched.mockImplementation(async () => new Response('{"migrations":[]}'));
  vi.stubGlobal('fetch', fetched);
  vi.stubGlobal('location', { pathname: '/tools/v2/monitor' });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const asked = (): readonly string[] => fetched.mock.calls.map(([url, options]) => `${options?.method} ${url}`);
const failure = async (answer: Response): Promise<unknown> => {
  fetched.mockResolvedValueOnce(answer);
  return createApi('key')
    .list()
    .catch((error: unknown) => error);
};

test('the routes stand beside the page, and ids of any content are quoted', async () => {
  const api = createApi('key');
  await api.list();
  await api.status('a/b?');
  await api.act('a/b?', 'suspend');
  await api.report('a', 'json');
  await api.report('a', 'html');
  expect(asked()).toEqual([
    'GET /tools/v2/migrations',
    'GET /tools/v2/migrations/a%2Fb%3F',
    'POST /tools/v2/migrations/a%2Fb%3F/suspend',
    'GET /tools/v2/migrations/a/report',
    'GET /tools/v2/migrations/a/report?format=html',
  ]);
});

test('the key goes in a header, to nobody whom an answer leads to', async () => {
  await createApi('k3y').list();
  const [url, options] = fetched.mock.calls[0] ?? [];
  expect(url).not.toContain('k3y');
  expect(options).toMatchObject({
    headers: { 'x-functions-key': 'k3y' },
    redirect: 'error',
    referrerPolicy: 'no-referrer',
    cache: 'no-store',
  });
});

test("a failure has the app's own words", async () => {
  const error = { kind: 'conflict', message: 'It has ended', hint: 'Look at its report' };
  const thrown = await failure(Response.json({ error }, { status: 409 }));
  expect(thrown).toBeInstanceOf(ApiError);
  expect(thrown).toMatchObject({ status: 409, message: 'It has ended', hint: 'Look at its report' });
});

test.each(['<h1>Bad gateway</h1>', '', 'null', '{}'])(
  'a failure with the body %o is told by its status',
  async (body) => {
    expect(await failure(new Response(body, { status: 502 }))).toMatchObject({
      status: 502,
      message: 'The function app answered with status 502',
      hint: '',
    });
  },
);

test.each([
  [401, true],
  [403, true],
  [404, false],
  [500, false],
])('status %d is a refusal of the key: %s', async (status, isOne) => {
  expect(isKeyRefused(await failure(new Response('', { status })))).toBe(isOne);
});

test('no answer is no refusal', () => {
  expect(isKeyRefused(new TypeError('Failed to fetch'))).toBe(false);
});
