import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { forkHost } from '../src/forkHost.ts';
import { type TestHost, TestHosts } from './support/testHost.ts';

let hosts: TestHosts;
let streaming: TestHost;

beforeAll(async () => {
  hosts = await TestHosts.create();
  streaming = await hosts.start('streaming');
});

afterAll(() => hosts.dispose());

test('an app in ES modules, its files named by a glob, runs as one in CommonJS does', async () => {
  const host = await hosts.start('modern');
  const response = await host.call('shout/quiet', { method: 'POST' });
  expect([response.status, await response.json()]).toEqual([200, 'QUIET']);
  expect(await (await host.call('hello')).text()).toBe('hello');
});

test('a streaming app reads an upload in pieces, with parameters and headers', async () => {
  const response = await streaming.call('upload/big', {
    method: 'POST',
    body: Buffer.alloc(3_000_000),
    headers: { 'x-test': 'yes' },
  });
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ bytes: 3_000_000, chunks: expect.any(Number), name: 'big', header: 'yes' });
  const refused = await fetch(`${streaming.running.url}/api/upload/big`, { method: 'POST', body: 'x' });
  expect(refused.status).toBe(401);
});

test('no server of a streaming app can be reached from other machines', async () => {
  const addresses = (await (await streaming.call('addresses')).json()) as string[];
  expect(addresses).toHaveLength(3);
  for (const address of addresses) expect(['127.0.0.1', '::1']).toContain(address);
});

test('a streaming app sends events one by one', async () => {
  const response = await streaming.call('events');
  expect(response.headers.get('content-type')).toBe('text/event-stream');
  const arrivals: { text: string; at: number }[] = [];
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) arrivals.push({ text: decoder.decode(chunk), at: Date.now() });
  expect(arrivals.map(({ text }) => text)).toEqual(['data: 1\n\n', 'data: 2\n\n', 'data: 3\n\n']);
  // The app waits 60 ms between two; a busy machine may hand the first one over late.
  expect((arrivals.at(-1)?.at ?? 0) - (arrivals[0]?.at ?? 0)).toBeGreaterThan(0);
});

test('a streaming function that throws answers 500, with and without a body, and one that returns nothing 204', async () => {
  expect((await streaming.call('throws')).status).toBe(500);
  expect((await streaming.call('throws', { method: 'POST', body: 'x'.repeat(100_000) })).status).toBe(500);
  expect((await streaming.call('silent')).status).toBe(204);
});

test('local.settings.json, host.json and its overrides are read', async () => {
  const directory = join(hosts.directory, 'settings');
  await mkdir(directory);
  await symlink(fileURLToPath(new URL('../../../node_modules', import.meta.url)), join(directory, 'node_modules'));
  const app = `const { app } = require('@azure/functions');
app.http('setting', { route: 'setting/{name}', handler: (request) => ({ body: process.env[request.params.name] ?? 'none' }) });`;
  await writeFile(join(directory, 'app.cjs'), app);
  await writeFile(join(directory, 'package.json'), JSON.stringify({ main: 'app.cjs' }));
  const Values = { FROM_FILE: 'file', FROM_BOTH: 'file' };
  await writeFile(join(directory, 'local.settings.json'), JSON.stringify({ IsEncrypted: false, Values }));
  await writeFile(join(directory, 'host.json'), JSON.stringify({ extensions: { http: { routePrefix: 'v1' } } }));
  const host = await hosts.start('classic', { appDirectory: directory, settings: { FROM_BOTH: 'environment' } });
  const setting = async (name: string): Promise<string> =>
    (await fetch(`${host.running.url}/v1/setting/${name}`)).text();
  expect(await setting('FROM_FILE')).toBe('file');
  expect(await setting('FROM_BOTH')).toBe('environment');
  expect(await setting('WEBSITE_HOSTNAME')).toBe(`localhost:${new URL(host.running.url).port}`);
  expect(await setting('FUNCTIONS_HOST_KEY')).toBe('none');
});

test.each([
  ['an app that is not built', {}, /No file matches "main".*Build the app first/],
  ['an app that throws', { 'app.cjs': 'throw new Error("bad app")' }, /bad app/],
  ['an app without functions', { 'app.cjs': '' }, /registers no functions/],
  ['a limit of zero', { 'app.cjs': '', 'host.json': limits(0) }, /maxConcurrentActivityFunctions must be/],
  [
    'an unreadable timeout',
    { 'app.cjs': '', 'host.json': '{"functionTimeout":"30 min"}' },
    /host\.json: functionTimeout must be a time/,
  ],
])('a host refuses %s with a message', async (name, files, message) => {
  const directory = join(hosts.directory, name.replaceAll(' ', '-'));
  await mkdir(directory);
  await writeFile(join(directory, 'package.json'), JSON.stringify({ main: 'app.cjs' }));
  for (const [file, text] of Object.entries(files)) await writeFile(join(directory, file), text);
  const start = forkHost({ appDirectory: directory, stateFile: join(directory, 'state.sqlite'), settings: {} });
  await expect(start).rejects.toThrow(message);
});

test('a value that a setting takes the place of is told as that setting', async () => {
  const settings = { AzureFunctionsJobHost__functionTimeout: '30 min' };
  const stateFile = join(hosts.directory, 'no-time.sqlite');
  const start = forkHost({ appDirectory: join(hosts.directory, 'an-app-that-throws'), stateFile, settings });
  await expect(start).rejects.toThrow('The setting AzureFunctionsJobHost__functionTimeout must be a time');
});

function limits(maxConcurrentActivityFunctions: number): string {
  return JSON.stringify({ extensions: { durableTask: { maxConcurrentActivityFunctions } } });
}
