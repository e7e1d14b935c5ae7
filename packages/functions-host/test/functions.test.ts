import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestHost, TestHosts } from './support/testHost.ts';

let hosts: TestHosts;
let host: TestHost;

beforeAll(async () => {
  hosts = await TestHosts.create();
  host = await hosts.start('classic', { settings: { FUNCTIONS_MASTER_KEY: 'master', SECRET: 'canary' } });
});

afterAll(() => hosts.dispose());

/** Status of a call with the given key, or with none. */
async function statusWith(target: TestHost, path: string, key: string | undefined, method = 'GET'): Promise<number> {
  const headers: Record<string, string> = key === undefined ? {} : { 'x-functions-key': key };
  return (await fetch(`${target.running.url}/${path}`, { method, headers })).status;
}

describe('an HTTP function', () => {
  test('gets method, parameters, query, headers and body, and its status, headers and cookies arrive', async () => {
    const response = await host.call('mirror/-7/two%20words?a=1&b=x%26y&a=2', {
      method: 'POST',
      body: 'the body ✓',
      headers: { 'content-type': 'text/plain;charset=UTF-8' },
    });
    expect(response.status).toBe(201);
    expect(response.headers.get('x-mirror')).toBe('yes');
    expect(response.headers.get('set-cookie')).toBe('crumb=a%20b; Path=/; HttpOnly; SameSite=Lax');
    expect(await response.json()).toEqual({
      method: 'POST',
      url: `${host.running.url}/api/mirror/-7/two%20words?a=1&b=x%26y&a=2`,
      params: { number: '-7', word: 'two words' },
      query: { a: '1,2', b: 'x&y' },
      type: 'text/plain;charset=UTF-8',
      body: 'the body ✓',
    });
  });

  test('is found by its route whatever the case, literal routes first, optional parts left out', async () => {
    expect(await (await host.call('MIRROR/literal')).text()).toBe('literal');
    expect(await (await host.call('Mirror/5')).json()).toMatchObject({ params: { number: '5' } });
    expect(await (await host.call('files/a/b%20c.txt')).text()).toBe('a/b c.txt');
    expect(await (await host.call('files')).text()).toBe('none');
  });

  test.each([
    ['a parameter of the wrong type', 'mirror/five', 'GET'],
    ['a part too many', 'mirror/5/word/more', 'GET'],
    ['a method that it does not have', 'mirror/5', 'PUT'],
    ['a path that no function has', 'nothing', 'GET'],
  ])('is not found for %s', async (_, path, method) => {
    expect((await host.call(path, { method })).status).toBe(404);
  });

  test('gets what is no percent sequence as it is, and its answer comes in chunks', async () => {
    const response = await host.call('mirror/5/a%20%zz');
    expect(response.headers.get('transfer-encoding')).toBe('chunked');
    expect(await response.json()).toMatchObject({ params: { word: 'a %zz' } });
  });

  test('that throws answers 500 without a body, and one that returns nothing 204', async () => {
    const thrown = await host.call('throws');
    expect([thrown.status, await thrown.text()]).toEqual([500, '']);
    expect((await host.call('silent')).status).toBe(204);
    expect(host.lines.some((line) => line.includes('throws') && line.includes('no answer'))).toBe(true);
  });

  test('gets a body of 2 MB whole', async () => {
    const response = await host.call('size', { method: 'POST', body: Buffer.alloc(2_000_000) });
    expect(await response.text()).toBe('2000000');
  });

  test('is spared a body over 100 MB', async () => {
    const send = (headers: Record<string, string>, chunks: number): Promise<number | undefined> =>
      new Promise((resolve, reject) => {
        const outgoing = request(`${host.running.url}/api/size`, { method: 'POST', headers });
        outgoing.on('response', (response) => {
          resolve(response.statusCode);
          outgoing.destroy();
        });
        outgoing.on('error', reject);
        outgoing.flushHeaders();
        const chunk = Buffer.alloc(1024 * 1024);
        for (let n = 0; n < chunks; n++) outgoing.write(chunk);
      });
    expect(await send({ 'content-length': String(101 * 1024 * 1024) }, 0)).toBe(413);
    // One without a length is dropped, whatever its size.
    expect(await send({ 'transfer-encoding': 'chunked' }, 101)).toBe(200);
  });
});

describe('keys', () => {
  test('a function asks for the host key or the master key, in the header or the query', async () => {
    const path = 'api/start/single';
    expect(await statusWith(host, path, undefined, 'POST')).toBe(401);
    expect(await statusWith(host, path, 'wrong', 'POST')).toBe(401);
    expect(await statusWith(host, path, 'test-key', 'POST')).toBe(202);
    expect(await statusWith(host, path, 'master', 'POST')).toBe(202);
    expect(await statusWith(host, `${path}?code=test-key`, undefined, 'POST')).toBe(202);
    expect(await statusWith(host, `${path}?code=wrong`, undefined, 'POST')).toBe(401);
  });

  test('an anonymous function asks for none, an admin function only for the master key', async () => {
    expect(await statusWith(host, 'api/mirror/1', undefined)).toBe(201);
    expect(await statusWith(host, 'api/admin', 'test-key')).toBe(401);
    expect(await statusWith(host, 'api/admin', 'master')).toBe(200);
  });

  test('the management API asks for the system key or the master key', async () => {
    const path = 'runtime/webhooks/durabletask/instances';
    expect(await statusWith(host, path, undefined)).toBe(401);
    expect(await statusWith(host, path, 'test-key')).toBe(401);
    expect(await statusWith(host, path, 'system-key')).toBe(200);
    expect(await statusWith(host, `${path}?code=system-key`, undefined)).toBe(200);
    expect(await statusWith(host, path, 'master')).toBe(200);
  });

  test('are not asked for with FUNCTIONS_KEYS=off', async () => {
    const open = await hosts.start('classic', { settings: { FUNCTIONS_KEYS: 'off' } });
    expect(await statusWith(open, 'api/start/single', undefined, 'POST')).toBe(202);
    expect(await statusWith(open, 'api/admin', undefined)).toBe(200);
    expect(await statusWith(open, 'runtime/webhooks/durabletask/instances', undefined)).toBe(200);
  });

  test('are made up where none are given, and differ from host to host', async () => {
    const settings = { FUNCTIONS_SYSTEM_KEY: '' };
    const [one, two] = await Promise.all(['', ''].map((key) => hosts.start('classic', { key, settings })));
    const keys = [one?.running.key ?? '', two?.running.key ?? ''];
    expect(new Set([...keys, '']).size).toBe(3);
    for (const [target, own, other] of [
      [one, keys[0], keys[1]],
      [two, keys[1], keys[0]],
    ] as const) {
      if (target === undefined) throw new Error('No host');
      expect(await statusWith(target, 'api/start/single', own, 'POST')).toBe(202);
      expect(await statusWith(target, 'api/start/single', other, 'POST')).toBe(401);
      expect(await statusWith(target, 'runtime/webhooks/durabletask/instances', '')).toBe(401);
    }
  });

  test('and settings stay out of the log, and the keys out of the app', async () => {
    expect(host.lines.length).toBeGreaterThan(0);
    expect(host.lines.join('\n')).not.toMatch(/test-key|system-key|canary|"master"/);
    expect(await host.run('setting', 'SECRET')).toMatchObject({ output: 'canary' });
    for (const name of ['FUNCTIONS_HOST_KEY', 'FUNCTIONS_MASTER_KEY', 'FUNCTIONS_SYSTEM_KEY']) {
      expect(await host.run('setting', name)).toMatchObject({ output: null });
    }
  });
});
