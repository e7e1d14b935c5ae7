import { afterAll, beforeAll, expect, test } from 'vitest';
import { EVENT, makeEvent } from '../src/engine/events.ts';
import { openDatabase } from '../src/store/schema.ts';
import { Store } from '../src/store/store.ts';
import { type Status, type TestHost, TestHosts } from './support/testHost.ts';

let hosts: TestHosts;
let host: TestHost;

beforeAll(async () => {
  hosts = await TestHosts.create();
  host = await hosts.start('classic');
});

afterAll(() => hosts.dispose());

const JSON_TYPE = { 'content-type': 'application/json' };

function raise(id: string, event: string, value: unknown): Promise<Response> {
  const body = JSON.stringify(value);
  return host.manage('POST', `instances/${id}/raiseEvent/${event}`, { body, headers: JSON_TYPE });
}

/** Whether the second of that time is over, and the moment in which another start of the id would be one at the same time. */
function isPast(time: string): boolean {
  return Date.now() - Date.parse(time) > 1_100;
}

test('an external event ends the waiting, and the custom status tells the phases', async () => {
  const id = await host.start('status');
  const waiting = await host.until(id, ({ customStatus }) => customStatus !== null);
  expect(waiting).toMatchObject({ runtimeStatus: 'Running', customStatus: { phase: 'waiting' } });
  expect((await raise(id, 'go', { now: true })).status).toBe(202);
  expect(await host.ended(id)).toMatchObject({ output: { now: true }, customStatus: { phase: 'gone' } });
});

test('events outlive continueAsNew: none of many sent at once is lost', async () => {
  const id = await host.start('collector', { got: [], wanted: 20 });
  for (let n = 0; n < 20; n++) await raise(id, 'item', n);
  expect(await host.ended(id)).toMatchObject({ output: Array.from({ length: 20 }, (_, n) => n) });
});

test('events that come together are handed from generation to generation, each used once', async () => {
  const first = await hosts.start('classic');
  const { stateFile } = first;
  const id = await first.start('collector', { got: [], wanted: 3 });
  await first.until(id, ({ runtimeStatus }) => runtimeStatus === 'Running');
  await first.running.stop();
  const store = new Store(openDatabase(stateFile, false));
  for (const Input of ['1', '2', '3']) {
    store.post(id, null, JSON.stringify(makeEvent(EVENT.eventRaised, { Name: 'item', Input })));
  }
  store.close();
  const next = await hosts.start('classic', { stateFile });
  expect(await next.ended(id)).toMatchObject({ output: [1, 2, 3] });
});

test('an event that stands before the one that leads to continueAsNew is lost, as with the real extension', async () => {
  const id = await host.start('worksThenCollects', { ms: 1000 });
  await host.traced(`begin ${id}`);
  await raise(id, 'item', 'early');
  await host.until(id, ({ input }) => input === null);
  await raise(id, 'item', 'late');
  expect(await host.ended(id)).toMatchObject({ output: 'late' });
});

test('a suspended orchestration schedules nothing until it is resumed, though its status goes a step on', async () => {
  const id = await host.start('status');
  await host.until(id, ({ customStatus }) => customStatus !== null);
  expect((await host.manage('POST', `instances/${id}/suspend?reason=wait`)).status).toBe(202);
  await host.until(id, ({ runtimeStatus }) => runtimeStatus === 'Suspended');
  await raise(id, 'go', 7);
  await host.until(id, ({ customStatus }) => (customStatus as { phase: string }).phase === 'gone');
  // Another orchestration runs from start to end meanwhile: the host is not asleep.
  await host.run('sequence', 1);
  expect(await host.status(id)).toMatchObject({ runtimeStatus: 'Suspended', output: 'wait' });
  expect((await host.manage('POST', `instances/${id}/resume?reason=go`)).status).toBe(202);
  expect(await host.ended(id)).toMatchObject({ runtimeStatus: 'Completed', output: 7 });
});

test('failed attempts wait while it is suspended, and their retries reach the right task afterwards', async () => {
  const id = await host.start('retryAndEvent', { ms: 400 });
  await host.until(id, ({ customStatus }) => customStatus === 'waiting');
  expect((await host.manage('POST', `instances/${id}/suspend`)).status).toBe(202);
  await host.until(id, ({ runtimeStatus }) => runtimeStatus === 'Suspended');
  await host.traced(`fails ${id}`);
  await raise(id, 'go', 'event');
  await host.until(id, ({ customStatus }) => customStatus === 'got it');
  expect((await host.manage('POST', `instances/${id}/resume`)).status).toBe(202);
  expect(await host.ended(id)).toMatchObject({ output: { event: 'event', echo: 'after', retried: 'second attempt' } });
});

test('the words to an orchestration take a while: a resume that comes before is refused, and it stays suspended', async () => {
  const settings = { FUNCTIONS_CONTROL_DELAY_MS: '2000' };
  const slow = await hosts.start('classic', { settings });
  const id = await slow.start('status');
  await slow.until(id, ({ customStatus }) => customStatus !== null);
  expect((await slow.manage('POST', `instances/${id}/suspend?reason=pause`)).status).toBe(202);
  expect((await slow.manage('POST', `instances/${id}/resume?reason=on`)).status).toBe(500);
  expect(await slow.until(id, ({ runtimeStatus }) => runtimeStatus !== 'Running')).toMatchObject({ output: 'pause' });
  expect((await slow.manage('POST', `instances/${id}/suspend`)).status).toBe(500);
  expect((await slow.manage('POST', `instances/${id}/terminate`)).status).toBe(202);
  expect(await slow.status(id)).toMatchObject({ runtimeStatus: 'Suspended' });
  // A word that has not arrived outlives the process.
  slow.running.kill();
  await slow.running.exited;
  const next = await hosts.start('classic', { stateFile: slow.stateFile, settings });
  expect(await next.ended(id)).toMatchObject({ runtimeStatus: 'Terminated', output: null });
});

test('a terminated orchestration ends with the reason, and its activities change nothing any more', async () => {
  const id = await host.start('fanOut', { count: 3, ms: 400 }, 'cut');
  await host.traced('begin 2');
  expect((await host.manage('POST', `instances/${id}/terminate?reason=enough`)).status).toBe(202);
  expect(await host.ended(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'enough' });
  await host.traced('end 2');
  await host.run('sequence', 1);
  expect(await host.status(id)).toMatchObject({ runtimeStatus: 'Terminated', output: 'enough' });
});

test('what is unknown is answered with 404, what is over with 410', async () => {
  const { instanceId } = await host.run('sequence', 1);
  for (const verb of ['terminate', 'suspend', 'resume']) {
    expect((await host.manage('POST', `instances/${instanceId}/${verb}`)).status).toBe(410);
    expect((await host.manage('POST', `instances/unknown/${verb}`)).status).toBe(404);
  }
  expect((await raise(instanceId, 'go', 1)).status).toBe(410);
  expect((await raise('unknown', 'go', 1)).status).toBe(404);
  expect((await host.manage('GET', 'instances/unknown')).status).toBe(404);
  expect((await host.manage('DELETE', 'instances/unknown')).status).toBe(404);
  expect((await host.manage('POST', 'instances/unknown/restart')).status).toBe(400);
  expect((await host.manage('POST', `instances/${instanceId}/rewind`)).status).toBe(412);
  const { instanceId: failed } = await host.run('failing');
  expect((await host.manage('POST', `instances/${failed}/rewind`)).status).toBe(501);
});

test('an event that is not JSON is refused', async () => {
  const id = await host.start('status');
  const path = `instances/${id}/raiseEvent/go`;
  expect((await host.manage('POST', path, { body: '{broken', headers: JSON_TYPE })).status).toBe(400);
  const headers = { 'content-type': 'text/plain' };
  expect((await host.manage('POST', path, { body: '1', headers })).status).toBe(400);
  await host.manage('POST', `instances/${id}/terminate`);
});

test('a start is refused for broken JSON and an id that is running, and one of an unknown function fails', async () => {
  const start = (path: string, body = '1'): Promise<Response> =>
    host.manage('POST', `orchestrators/${path}`, { body, headers: JSON_TYPE });
  expect((await start('nobody/never')).status).toBe(202);
  const never = await host.ended('never');
  expect(never).toMatchObject({
    runtimeStatus: 'Failed',
    output: expect.stringContaining("function 'nobody' doesn't"),
  });
  expect((await start('sequence/a%2Fb')).status).toBe(404);
  expect((await start('sequence/%zz')).status).toBe(400);
  expect((await start('sequence/fine', '{broken')).status).toBe(400);
  await host.start('status', undefined, 'taken');
  await host.until('taken', ({ createdTime, customStatus }) => customStatus !== null && isPast(createdTime));
  expect((await start('status/taken')).status).toBe(409);
  await host.manage('POST', 'instances/taken/terminate');
  await host.ended('taken');
  expect((await start('sequence/taken')).status).toBe(202);
  expect(await host.ended('taken')).toMatchObject({ name: 'sequence', runtimeStatus: 'Completed' });
});

test('a start with a timeout answers with the output, or with 202 when it takes longer', async () => {
  const start = (path: string): Promise<Response> =>
    host.manage('POST', `orchestrators/${path}`, { body: '5', headers: JSON_TYPE });
  const done = await start('single?timeout=5&pollingInterval=0.02');
  expect([done.status, await done.json()]).toEqual([200, 5]);
  const failed = await start('failing?timeout=5&pollingInterval=0.02');
  expect([failed.status, ((await failed.json()) as Status).runtimeStatus]).toEqual([200, 'Failed']);
  expect((await start('status/slow?timeout=0.05&pollingInterval=0.02')).status).toBe(202);
  await host.manage('POST', 'instances/slow/terminate');
});

test('the status is 202 while it runs, and 500 for a failure only if asked for', async () => {
  const id = await host.start('status');
  const running = await host.manage('GET', `instances/${id}`);
  expect(running.status).toBe(202);
  expect(running.headers.get('location')).toContain(`/instances/${id}?`);
  expect(running.headers.get('retry-after')).toBe('5');
  await host.manage('POST', `instances/${id}/terminate`);

  const { instanceId } = await host.run('failing');
  expect((await host.manage('GET', `instances/${instanceId}`)).status).toBe(200);
  const asked = await host.manage('GET', `instances/${instanceId}?returnInternalServerErrorOnFailure=true`);
  expect(asked.status).toBe(500);
  expect(await host.status(instanceId, 'showInput=false')).toMatchObject({ input: null });
});

test('the list comes in pages, and is narrowed by status, prefix and time', async () => {
  for (let n = 0; n < 7; n++) await host.run('single', n, `list-${n}`);
  await host.run('failing', 1, 'list-failed');
  const pages: string[][] = [];
  for (let token = ''; pages.length === 0 || token !== ''; ) {
    const path = 'instances?instanceIdPrefix=list-&top=3&runtimeStatus=Completed,Running';
    const response = await host.manage('GET', path, { headers: { 'x-ms-continuation-token': token } });
    pages.push(((await response.json()) as Status[]).map((status) => status.instanceId));
    token = response.headers.get('x-ms-continuation-token') ?? '';
  }
  expect(pages).toEqual([['list-0', 'list-1', 'list-2'], ['list-3', 'list-4', 'list-5'], ['list-6']]);
  const future = new Date(Date.now() + 60_000).toISOString();
  expect(await (await host.manage('GET', `instances?createdTimeFrom=${future}`)).json()).toEqual([]);
  expect((await host.manage('GET', 'instances?createdTimeFrom=never')).status).toBe(200);
});

test('a purge forgets finished orchestrations, one or all of a time, and never a running one', async () => {
  const { instanceId, createdTime } = await host.run('failing');
  const running = await host.start('status');
  const one = await host.manage('DELETE', `instances/${instanceId}`);
  expect([one.status, await one.json()]).toEqual([200, { instancesDeleted: 1 }]);
  expect((await host.manage('GET', `instances/${instanceId}`)).status).toBe(404);
  expect((await host.manage('DELETE', `instances/${running}`)).status).toBe(412);

  await host.run('failing');
  expect((await host.manage('DELETE', 'instances')).status).toBe(400);
  const many = await host.manage('DELETE', `instances?createdTimeFrom=${createdTime}&runtimeStatus=Failed`);
  expect(many.status).toBe(200);
  expect((await many.json()) as object).toMatchObject({ instancesDeleted: expect.any(Number) });
  const left = await host.manage('DELETE', `instances?createdTimeFrom=${createdTime}&runtimeStatus=Failed`);
  expect(left.status).toBe(404);
  expect(await host.status(running)).toMatchObject({ runtimeStatus: 'Running' });
  await host.manage('POST', `instances/${running}/terminate`);
});

test('a restart runs again with the same input, under a new id or its own', async () => {
  const { instanceId } = await host.run('single', { n: 5 });
  const again = await host.manage('POST', `instances/${instanceId}/restart`);
  expect(again.status).toBe(202);
  const { id } = (await again.json()) as { id: string };
  expect(id).not.toBe(instanceId);
  expect(await host.ended(id)).toMatchObject({ input: { n: 5 }, output: { n: 5 } });
  const same = await host.manage('POST', `instances/${instanceId}/restart?restartWithNewInstanceId=false`);
  expect(((await same.json()) as { id: string }).id).toBe(instanceId);
  expect(await host.ended(instanceId)).toMatchObject({ output: { n: 5 } });
});

test("the app's own client reads, raises, terminates, lists and purges", async () => {
  const client = async (id: string, verb: string): Promise<unknown> => {
    const response = await host.call(`client/${id}/${verb}`, { method: 'POST' });
    expect(response.status, verb).toBeLessThan(300);
    return response.status === 204 ? undefined : response.json();
  };
  await host.start('status', undefined, 'mine');
  await host.until('mine', ({ customStatus }) => customStatus !== null);
  await client('mine', 'raise');
  await host.ended('mine');
  expect(await client('mine', 'status')).toEqual({
    runtimeStatus: 'Completed',
    output: { from: 'client' },
    customStatus: { phase: 'gone' },
  });
  await host.start('status', undefined, 'other');
  await client('other', 'terminate');
  expect(await host.ended('other')).toMatchObject({ runtimeStatus: 'Terminated', output: 'client says so' });
  expect(await client('mine', 'all')).toEqual(expect.arrayContaining(['mine', 'other']));
  expect(await client('mine', 'purge')).toEqual({ instancesDeleted: 1 });
});
