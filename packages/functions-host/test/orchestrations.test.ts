import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestHost, TestHosts } from './support/testHost.ts';

let hosts: TestHosts;
let host: TestHost;

beforeAll(async () => {
  hosts = await TestHosts.create();
  host = await hosts.start('classic');
});

afterAll(() => hosts.dispose());

/** The names of a history's events, in order. */
async function eventTypes(id: string): Promise<unknown[]> {
  const { historyEvents } = await host.status(id, 'showHistory=true');
  return (historyEvents ?? []).map((event) => event['EventType']);
}

describe('an orchestration', () => {
  test('is started over HTTP, polled at the given address and completed with its output', async () => {
    const response = await host.call('start/sequence/first', { method: 'POST', body: JSON.stringify({ a: 1 }) });
    expect(response.status).toBe(202);
    expect(response.headers.get('retry-after')).toBe('10');
    const body = (await response.json()) as Record<string, string>;
    expect(body['id']).toBe('first');
    expect(response.headers.get('location')).toBe(body['statusQueryGetUri']);

    await host.ended('first');
    const polled = await fetch(body['statusQueryGetUri'] ?? '');
    expect(polled.status).toBe(200);
    expect(await polled.json()).toEqual({
      name: 'sequence',
      instanceId: 'first',
      runtimeStatus: 'Completed',
      input: { a: 1 },
      customStatus: null,
      output: { first: { a: 1 }, second: [{ a: 1 }, 'text', 1.5, null] },
      createdTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
      lastUpdatedTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
    });
  });

  test.each([
    ['a text', 'some "text"'],
    ['a number', 12.5],
    ['null', null],
    ['a list', [1, 'two', { three: 3 }]],
  ])('hands %s to an activity and back unchanged', async (_, value) => {
    expect(await host.run('single', value)).toMatchObject({ runtimeStatus: 'Completed', output: value });
  });

  test('fans out to many activities and gathers every result', async () => {
    expect(await host.run('fanOut', { count: 500 })).toMatchObject({ output: (499 * 500) / 2 });
  });

  test('lets a hook replace the inputs of an activity', async () => {
    expect(await host.run('usesHook')).toMatchObject({ output: 'from the hook' });
  });

  test('fails with the text of the activity, and the history tells which one', async () => {
    const { instanceId, runtimeStatus, output } = await host.run('failing', { die: true });
    expect(runtimeStatus).toBe('Failed');
    expect(output).toMatch(/^Orchestrator function 'failing' failed: Activity function 'alwaysFails' failed: boom/);
    const { historyEvents } = await host.status(instanceId, 'showHistory=true&showHistoryOutput=true');
    const at = expect.any(String);
    expect(historyEvents).toEqual([
      expect.objectContaining({ EventType: 'ExecutionStarted', FunctionName: 'failing', Input: '{"die":true}' }),
      { EventType: 'TaskCompleted', Timestamp: at, ScheduledTime: at, FunctionName: 'echo', Input: null, Result: 5 },
      {
        EventType: 'TaskFailed',
        Timestamp: at,
        ScheduledTime: at,
        FunctionName: 'alwaysFails',
        Input: null,
        Reason: "Activity function 'alwaysFails' failed: boom",
        Details: expect.stringContaining('"Message":"boom"'),
      },
      { EventType: 'ExecutionCompleted', Timestamp: at, OrchestrationStatus: 'Failed', Result: output },
    ]);
  });

  test('retries an activity until it succeeds, with a timer between two attempts', async () => {
    const { instanceId, output } = await host.run('retrySucceeds');
    expect(output).toBe(3);
    expect(await eventTypes(instanceId)).toEqual([
      'ExecutionStarted',
      'TaskFailed',
      'TimerCreated',
      'TimerFired',
      'TaskFailed',
      'TimerCreated',
      'TimerFired',
      'TaskCompleted',
      'ExecutionCompleted',
    ]);
  });

  test('catches the failure after the last attempt and goes on', async () => {
    const { instanceId, output } = await host.run('retryFails');
    expect(output).toEqual({ caught: true, after: 'after' });
    expect((await eventTypes(instanceId)).filter((type) => type === 'TaskFailed')).toHaveLength(3);
  });

  test('calls sub-orchestrations, one of them under an id of its choice and one with retries', async () => {
    const { instanceId, output } = await host.run('parent');
    expect(output).toEqual({ own: { n: 1 }, failed: true });
    expect(await host.status(`${instanceId}-child`)).toMatchObject({ name: 'single', runtimeStatus: 'Completed' });
  });

  test('waits for a timer, and does not wait for a cancelled one', async () => {
    const { output } = await host.run('timers');
    expect(output).toEqual({ waited: expect.any(Number), winner: 'quick' });
    expect((output as { waited: number }).waited).toBeGreaterThanOrEqual(60);
  });

  test('stays Running until a timer has fired that it forgot to cancel', async () => {
    const start = Date.now();
    expect(await host.run('forgottenTimer')).toMatchObject({ output: 1 });
    expect(Date.now() - start).toBeGreaterThanOrEqual(300);
  });

  test('continues as new: one id, the status of the latest generation, a fresh history', async () => {
    const { instanceId, input, output, customStatus } = await host.run('counter', { round: 1, rounds: 30, sum: 0 });
    expect(output).toEqual({ rounds: 30, sum: 465 });
    expect(input).toEqual({ round: 30, rounds: 30, sum: 435 });
    expect(customStatus).toEqual({ round: 30 });
    expect(await eventTypes(instanceId)).toEqual(['ExecutionStarted', 'TaskCompleted', 'ExecutionCompleted']);
  });

  test('makes an HTTP call', async () => {
    const { output } = await host.run('httpCall', { url: `${host.running.url}/api/mirror/literal` });
    expect(output).toEqual({ statusCode: 200, content: 'literal' });
  });

  test.each([
    ['callsMissing', /function 'nobody' doesn't exist/],
    ['usesEntity', /no durable entities/],
  ])('that this host cannot carry out (%s) fails and says why', async (name, text) => {
    const { runtimeStatus, output } = await host.run(name);
    expect(runtimeStatus).toBe('Failed');
    expect(output).toMatch(text);
  });
});
