import { MongoNetworkError, MongoServerError, MongoServerSelectionError } from 'mongodb';
import { expect, test, vi } from 'vitest';
import { MigrationError } from '../../../src/errors.ts';
import { failureKind } from '../../../src/target/failureKind.ts';
import { RateLimiter } from '../../../src/target/rateLimiter.ts';
import { ReplicaMembers } from '../../../src/target/replicaMembers.ts';
import { RequestSender, type WorkTraits } from '../../../src/target/requestSender.ts';
import type { TargetDatabase } from '../../../src/target/targetDatabase.ts';
import { targetTraits } from '../../../src/target/targetTraits.ts';
import type { WriteRefusal } from '../../../src/target/writeRefusal.ts';

const coded = (code: number, message = 'of a value') => new MongoServerError({ message, code });

function openSender(work: Partial<WorkTraits> = {}, isStuck = false, members = new ReplicaMembers()) {
  const loads: [boolean, number][] = [];
  const line = {
    target: { display: 'h:1/d', members, lookWhetherStuck: async () => isStuck } as unknown as TargetDatabase,
    traits: targetTraits({ isWritablePrimary: true }, '8.0', 'h', false),
    limiter: new RateLimiter({ maxInFlight: 1, initialRate: 1e9, isRateKnown: true }),
    stallMs: 10_000,
  };
  const onLoad = (isRefused: boolean, acceptedCost: number) => loads.push([isRefused, acceptedCost]);
  return { sender: new RequestSender(line, { effect: 'adds', isBounded: true, onLoad, ...work }), loads };
}

const failing = (error: Error) => ({ cost: 8, operations: 4, send: () => Promise.reject(error) });
const answering = (refused: WriteRefusal[]) => ({ cost: 8, operations: 4, send: () => Promise.resolve(refused) });

test('what the target took is done, with what it refused of it; only throughput counts as load', async () => {
  const { sender, loads } = openSender();
  expect(await sender.send(answering([]))).toEqual({ kind: 'done', refused: [] });
  const duplicate = { index: 0, code: 11_000, message: '' };
  const heldUp = { index: 3, code: 16_500, message: 'RetryAfterMs=1' };
  expect(await sender.send(answering([duplicate]))).toEqual({ kind: 'done', refused: [duplicate] });
  expect(await sender.send(answering([heldUp]))).toEqual({ kind: 'done', refused: [heldUp] });
  expect(loads).toEqual([
    [false, 8],
    [false, 8],
    [true, 6],
  ]);
});

test('a request that is refused as a whole for throughput was not applied, and the next goes not before the time told', async () => {
  const { sender, loads } = openSender();
  expect(await sender.send(failing(coded(16_500, 'RetryAfterMs=120')))).toEqual({ kind: 'refused' });
  const refusedAt = performance.now();
  await sender.send(answering([]));
  expect(performance.now() - refusedAt).toBeGreaterThanOrEqual(119);
  expect(loads).toEqual([
    [true, 0],
    [false, 8],
  ]);
});

test.each([
  ['a lost connection', new MongoNetworkError('cut')],
  ['a server that steps down', coded(189)],
  ['a request whose time ran out', coded(50)],
])('%s leaves unknown what was applied, and the answer comes after a pause', async (_what, error) => {
  const begunAt = performance.now();
  expect(await openSender().sender.send(failing(error))).toEqual({ kind: 'unknown' });
  expect(performance.now() - begunAt).toBeGreaterThanOrEqual(74);
});

test('a search without a server is made again, unless only this client finds none: then nothing tries again over it', async () => {
  const search = new MongoServerSelectionError('none', {} as never);
  expect(await openSender().sender.send(failing(search))).toEqual({ kind: 'unknown' });
  const failure: unknown = await openSender({}, true)
    .sender.send(failing(search))
    .catch((error: unknown) => error);
  expect(failure).toMatchObject({ kind: 'target-unreachable' });
  expect(failureKind(failure)).toBe('permanent');
});

test('a request that is too large says so, with the failure for whom it cannot be smaller', async () => {
  const answer = await openSender().sender.send(failing(coded(16)));
  expect(answer).toMatchObject({ kind: 'too-large', failure: { kind: 'target-refused' } });
});

test('a document that finds the disk full is no fault of the document: nothing more is sent', async () => {
  const refused = { index: 0, code: 14_031, message: 'of a value' };
  const { sender } = openSender();
  await expect(sender.send(answering([refused]))).rejects.toMatchObject({
    kind: 'target-refused',
    message: 'The target h:1/d has no room left on its disk (code 14031)',
    hint: expect.stringContaining('Make room'),
  });
  // Its place at the rate limiter is free again.
  expect(await sender.send(answering([]))).toMatchObject({ kind: 'done' });
});

test('what a repeat cannot cure is thrown, without the text of the server', async () => {
  const thrown = await openSender()
    .sender.send(failing(coded(13)))
    .catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(MigrationError);
  expect(thrown).toMatchObject({ kind: 'target-refused', message: expect.not.stringContaining('of a value') });
});

test('what may be repeated is asked until it is answered, and no longer', async () => {
  const { sender } = openSender({ effect: 'none' });
  const failures = [coded(16_500, 'RetryAfterMs=1'), new MongoNetworkError('cut')];
  let asked = 0;
  const ask = async () => {
    asked++;
    const failure = failures.shift();
    if (failure !== undefined) throw failure;
    return undefined;
  };
  expect(await sender.ask(1, ask)).toBeUndefined();
  expect(asked).toBe(3);
});

test('what may take as long as it takes is not waited for without a majority of the members', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
  const members = new ReplicaMembers();
  const types = ['RSPrimary', 'Unknown', 'RSArbiter'].map((type, at) => [`h${at}:1`, { address: `h${at}:1`, type }]);
  members.see({ type: 'ReplicaSetWithPrimary', servers: new Map(types as never) } as never);
  const { sender } = openSender({ effect: 'none', isBounded: false }, false, members);
  const asked = sender.ask(1, () => new Promise(() => undefined)).catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(12_000);
  vi.useRealTimers();
  expect(await asked).toMatchObject({
    kind: 'target-unreachable',
    message: expect.stringMatching(
      /^The target h:1\/d cannot end a request without a majority .* no answer from h1:1 \(for 1\d s\)$/,
    ),
  });
});
