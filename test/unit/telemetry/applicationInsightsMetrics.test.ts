import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { readSettings } from '../../../src/config/schemas/settings.ts';
import type { TelemetrySettings } from '../../../src/config/telemetrySettings.ts';
import { ApplicationInsightsMetrics } from '../../../src/telemetry/applicationInsightsMetrics.ts';

const KEY = '11111111-2222-3333-4444-555555555555';
const CLIENT = '99999999-2222-3333-4444-555555555555';

interface Envelope {
  readonly iKey: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly data: {
    readonly baseType: string;
    readonly baseData: {
      readonly metrics: readonly { name: string; value: number; count: number; min: number; max: number }[];
      readonly properties: Readonly<Record<string, string>>;
    };
  };
}

interface Received {
  readonly url: string | undefined;
  readonly authorization: string | undefined;
  readonly envelopes: readonly Envelope[];
}

let server: Server;
let received: Received[];
/** Answers in their order; the last one stays. */
let answers: ((response: ServerResponse) => void)[];
let warn: ReturnType<typeof vi.spyOn>;

const accept = (response: ServerResponse): void => void response.end('{"errors":[]}');
const refuse =
  (status: number, body = '') =>
  (response: ServerResponse) =>
    void response.writeHead(status).end(body);

async function take(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let body = '';
  for await (const chunk of request) body += chunk;
  const { url, headers } = request;
  received.push({ url, authorization: headers.authorization, envelopes: JSON.parse(body) as Envelope[] });
  const answer = answers.length > 1 ? answers.shift() : answers[0];
  answer?.(response);
}

beforeEach(async () => {
  received = [];
  answers = [accept];
  warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  server = createServer((request, response) => void take(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  warn.mockRestore();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** Settings as the app reads them, with this test's endpoint. */
function settings(authentication = `ClientId=${CLIENT};Authorization=AAD`): TelemetrySettings {
  const { port } = server.address() as AddressInfo;
  const { telemetry } = readSettings({
    APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${KEY};IngestionEndpoint=http://127.0.0.1:${port}/;LiveEndpoint=https://x/`,
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: authentication,
    WEBSITE_SITE_NAME: 'func-x',
  });
  return telemetry as TelemetrySettings;
}

const token = vi.fn((_scope: string, _clientId: string | null) =>
  Promise.resolve({ token: 'a-token', expiresOnTimestamp: Date.now() + 60_000 }),
);

/** The values of one request by metric, activity and migration. */
const values = ({ envelopes }: Received): Record<string, readonly number[]> =>
  Object.fromEntries(
    envelopes.map(({ data: { baseData } }) => {
      const { name, value, count, min, max } = baseData.metrics[0] as (typeof baseData.metrics)[number];
      return [
        `${name} ${baseData.properties['activity']} ${baseData.properties['migration']}`,
        [value, count, min, max],
      ];
    }),
  );

test('values are summed up by migration and activity and posted with a token of the identity', async () => {
  const metrics = new ApplicationInsightsMetrics(settings(), token);
  metrics.record('lab', 'copyUnit', { rows: 100, bytes: 5000 });
  metrics.record('lab', 'copyUnit', { rows: 40 });
  metrics.record('other', 'copyUnit', { rows: 7 });
  metrics.record('lab', 'readSourceClock', { catchUpLagSeconds: 3.5 });
  await metrics.flush();
  const [first] = received as [Received];
  expect(received).toHaveLength(1);
  expect(first.url).toBe('/v2.1/track');
  expect(first.authorization).toBe('Bearer a-token');
  expect(token).toHaveBeenLastCalledWith('https://monitor.azure.com/.default', CLIENT);
  expect(values(first)).toEqual({
    'mlflow.rows copyUnit lab': [140, 2, 40, 100],
    'mlflow.bytes copyUnit lab': [5000, 1, 5000, 5000],
    'mlflow.rows copyUnit other': [7, 1, 7, 7],
    'mlflow.catchUpLagSeconds readSourceClock lab': [3.5, 1, 3.5, 3.5],
  });
  expect(first.envelopes[0]).toMatchObject({
    ver: 1,
    name: 'Microsoft.ApplicationInsights.Metric',
    iKey: KEY,
    tags: { 'ai.cloud.role': 'func-x' },
    data: { baseType: 'MetricData', baseData: { ver: 2, metrics: [{ kind: 'Aggregation' }] } },
  });
  await metrics.flush();
  expect(received, 'what was sent is not sent again').toHaveLength(1);
});

test('a component that wants no login gets none', async () => {
  const metrics = new ApplicationInsightsMetrics(settings(''), () => Promise.reject(new Error('asked for a token')));
  metrics.record('lab', 'preflight', { activitySeconds: 1 });
  await metrics.flush();
  expect(received.map(({ authorization }) => authorization)).toEqual([undefined]);
});

test.each([
  ['a role that is not in force yet', 403],
  ['an overload', 503],
  ['a quota', 429],
])('%s keeps the values for the next time, and is told once', async (_what, status) => {
  answers = [refuse(status), refuse(status), accept];
  const metrics = new ApplicationInsightsMetrics(settings(), token);
  metrics.record('lab', 'copyUnit', { rows: 100 });
  await metrics.flush();
  metrics.record('lab', 'copyUnit', { rows: 11 });
  await metrics.flush();
  await metrics.flush();
  expect(received.map(values)).toEqual([
    { 'mlflow.rows copyUnit lab': [100, 1, 100, 100] },
    { 'mlflow.rows copyUnit lab': [111, 2, 11, 100] },
    { 'mlflow.rows copyUnit lab': [111, 2, 11, 100] },
  ]);
  expect(warn).toHaveBeenCalledTimes(1);
  expect(String(warn.mock.calls[0])).toContain(`HTTP ${status}`);
});

test('values that the endpoint will never take are let go', async () => {
  answers = [refuse(400), accept];
  const metrics = new ApplicationInsightsMetrics(settings(), token);
  metrics.record('lab', 'copyUnit', { rows: 100 });
  await metrics.flush();
  metrics.record('lab', 'copyUnit', { rows: 11 });
  await metrics.flush();
  expect(received.map(values).at(-1)).toEqual({ 'mlflow.rows copyUnit lab': [11, 1, 11, 11] });
});

test('of a batch that is taken in part, what was refused for now is sent again', async () => {
  const errors = [
    { index: 0, statusCode: 400, message: 'invalid' },
    { index: 1, statusCode: 429, message: 'later' },
  ];
  answers = [refuse(206, JSON.stringify({ itemsReceived: 3, itemsAccepted: 1, errors })), accept];
  const metrics = new ApplicationInsightsMetrics(settings(), token);
  metrics.record('lab', 'copyUnit', { rows: 1, bytes: 2, throttled: 3 });
  await metrics.flush();
  await metrics.flush();
  expect(received.map(values)).toEqual([expect.anything(), { 'mlflow.bytes copyUnit lab': [2, 1, 2, 2] }]);
});

test('neither a missing login nor a server that is gone fails what is measured, and no message shows a token', async () => {
  const place = settings();
  const metrics = new ApplicationInsightsMetrics(place, token);
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  metrics.record('lab', 'copyUnit', { rows: 1 });
  await metrics.flush();
  const failing = new ApplicationInsightsMetrics(place, () =>
    Promise.reject(new Error('no identity for the token a-token')),
  );
  failing.record('lab', 'copyUnit', { rows: 1 });
  await failing.flush();
  expect(received).toEqual([]);
  expect(warn).toHaveBeenCalledTimes(2);
  expect(warn.mock.calls.flat().join('\n')).not.toContain('a-token');
});

test('a redirect is not followed: it would get the values, and whoever sends it chooses the place', async () => {
  answers = [(response) => void response.writeHead(308, { location: 'http://127.0.0.1:9/' }).end()];
  const metrics = new ApplicationInsightsMetrics(settings(), token);
  metrics.record('lab', 'copyUnit', { rows: 1 });
  await metrics.flush();
  expect(received).toHaveLength(1);
  expect(warn).toHaveBeenCalledTimes(1);
});

test('what waits is sent by itself', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    const metrics = new ApplicationInsightsMetrics(settings(), token);
    metrics.record('lab', 'copyUnit', { rows: 1 });
    vi.advanceTimersToNextTimer();
    vi.useRealTimers();
    await expect.poll(() => received.length).toBe(1);
    await metrics.flush();
  } finally {
    vi.useRealTimers();
  }
});
