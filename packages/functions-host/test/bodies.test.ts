import { afterAll, beforeAll, expect, test } from 'vitest';
import { chunked, type RawAnswer, type RawRequest, sendRaw } from './support/rawRequest.ts';
import { type TestHost, TestHosts } from './support/testHost.ts';

let hosts: TestHosts;
let buffering: TestHost;
let streaming: TestHost;

beforeAll(async () => {
  hosts = await TestHosts.create();
  [buffering, streaming] = await Promise.all([hosts.start('classic'), hosts.start('streaming')]);
});

afterAll(() => hosts.dispose());

const send = (host: TestHost, path: string, request: Omit<RawRequest, 'line'>): Promise<RawAnswer> =>
  sendRaw(host.running.url, {
    ...request,
    line: `POST /api/${path}`,
    headers: { 'x-functions-key': 'test-key', ...request.headers },
  });

/** The answer of `size` to an empty body, in its one chunk. */
const ZERO_BYTES = '1\r\n0\r\n0\r\n\r\n';
const CHUNKED = { 'transfer-encoding': 'chunked' };

test('a chunked body does not reach an app that does not stream, as on the Functions host', async () => {
  const answer = await send(buffering, 'size', { headers: CHUNKED, pieces: chunked('x'.repeat(1000), 100) });
  expect(answer).toEqual({ status: 200, body: ZERO_BYTES });
});

test('a chunked body of an app that does not stream need not end before its function answers', async () => {
  const pieces = chunked('x'.repeat(1000), 100, false);
  expect(await send(buffering, 'size', { headers: CHUNKED, pieces })).toEqual({ status: 200, body: ZERO_BYTES });
});

test('a body of length zero, or none, is empty for both', async () => {
  for (const headers of [{ 'content-length': '0' }, {}]) {
    expect(await send(buffering, 'size', { headers, pieces: [] })).toEqual({ status: 200, body: ZERO_BYTES });
    const streamed = await send(streaming, 'size', { headers, pieces: [] });
    expect(streamed.status).toBe(200);
    expect(streamed.body).toContain('0 bytes');
  }
});

test('a chunked body reaches an app that streams', async () => {
  const answer = await send(streaming, 'size', { headers: CHUNKED, pieces: chunked('x'.repeat(100_000), 7000) });
  expect(answer.body).toContain('100000 bytes');
});

test('of a body that is cut, no function gets a part as if it were the whole', async () => {
  const cut = { headers: { 'content-length': '1000' }, pieces: ['x'.repeat(10)], isCut: true };
  await send(buffering, 'size', cut);
  await send(streaming, 'size', cut);
  await streaming.traced('cut');
  expect(await streaming.trace()).not.toContain('whole 10');
  expect(await buffering.trace()).not.toContain('size 10');
});

test.each([
  ['unread', 'ignores', 200],
  ['half read', 'begins', 413],
])(
  'a function that leaves a large body %s answers, and the connection takes the next request',
  async (_, name, code) => {
    const body = 'x'.repeat(1_000_000);
    const first = `POST /api/${name} HTTP/1.1\r\nhost: h\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
    const chunkedHead = `POST /api/${name} HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n`;
    const last = 'POST /api/ignores HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nab';
    const { status, body: rest } = await sendRaw(streaming.running.url, {
      line: 'GET /api/events',
      headers: {},
      isWhole: (received) => received.split('HTTP/1.1 ').length === 5 && received.endsWith('ignored\r\n0\r\n\r\n'),
      pieces: [first, chunkedHead, ...chunked(body, 10_000), last],
    });
    expect(status).toBe(200);
    const statuses = [...rest.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, answered]) => Number(answered));
    expect(statuses).toEqual([code, code, 200]);
  },
);
