import type { InvocationContext } from '@azure/functions';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { answering } from '../../../src/activities/answering.ts';
import { makeMakePlan } from '../../../src/activities/makePlan.ts';
import { makePreflight } from '../../../src/activities/preflight.ts';
import { createConnectionResolver, type ResolverDeps } from '../../../src/config/resolveConnection.ts';
import type { MigrationRequest } from '../../../src/contract/migrationRequest.ts';
import { retry } from '../../../src/retry.ts';
import { Connections } from '../../../src/runtime/connections.ts';
import { Services } from '../../../src/runtime/services.ts';
import { stopped } from '../../../src/runtime/stopReason.ts';
import { writeWord } from '../../../src/runtime/storedWord.ts';
import { createIndexes, ensureCollection } from '../../../src/target/indexes.ts';
import { RateLimiter } from '../../../src/target/rateLimiter.ts';
import { RequestSender } from '../../../src/target/requestSender.ts';
import type { TargetDatabase } from '../../../src/target/targetDatabase.ts';
import { targetTraits } from '../../../src/target/targetTraits.ts';
import { setThroughput } from '../../../src/target/throughput.ts';
import { NO_METRICS } from '../../../src/telemetry/metrics.ts';
import { REQUEST } from '../../orchestration/request.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';
import { startSilentServer } from '../../support/silentServer.ts';

/**
 * Each place where an activity waits, with a wait that would last ten minutes or for ever: a test that is not over within its
 * time has not been stopped.
 */
const PATIENCE = { timeout: 30_000 };
const MINUTES = 600_000;
const never = <T>() => new Promise<T>(() => undefined);

const STOPS = ['cancel', 'suspend', 'shutdown'] as const;
type Stop = (typeof STOPS)[number];

const context = {
  functionName: 'waiting',
  log: () => undefined,
  error: () => undefined,
  options: { extraInputs: [] },
} as unknown as InvocationContext;
const AnyMessage = z.object({ id: z.string() });
const MESSAGE = { id: 'm' };

/** A process with activities, of which each test has its own. */
class Stage {
  readonly blobs = new MemoryBlobs();
  readonly #shutdown = new AbortController();

  services(env: Readonly<Record<string, string>> = {}, deps: ResolverDeps = {}): Services {
    const connections = new Connections(createConnectionResolver(env, deps));
    return new Services(connections, this.blobs, NO_METRICS, this.#shutdown.signal);
  }

  async stop(how: Stop): Promise<void> {
    if (how === 'shutdown') this.#shutdown.abort(stopped('shutdown'));
    else await writeWord(this.blobs, 'm', { word: how, at: new Date().toISOString(), by: null });
  }
}

/** Of a cancellation nothing is tried again; after the others the step is begun afresh. */
const interrupted = (how: Stop) => ({ ok: false, problem: { kind: 'interrupted' }, isTransient: how !== 'cancel' });

/** A wait in an activity, stopped once it has begun. */
async function stopWhile(how: Stop, wait: (signal: AbortSignal) => Promise<unknown>): Promise<unknown> {
  const stage = new Stage();
  let hasBegun = false;
  const activity = answering(stage.services(), AnyMessage, (_services, _input, signal) => {
    hasBegun = true;
    return wait(signal);
  });
  const answer = activity(MESSAGE, context);
  await vi.waitUntil(() => hasBegun);
  await stage.stop(how);
  return await answer;
}

test.concurrent.each(STOPS)('after %s an activity does not wait for what hears no signal', PATIENCE, async (how) => {
  expect(await stopWhile(how, never)).toMatchObject(interrupted(how));
});

test.concurrent('at the end of the process an activity answers though storage does not', PATIENCE, async () => {
  const stage = new Stage();
  Object.assign(stage.blobs, { get: never, put: never, append: never });
  const answer = answering(stage.services(), AnyMessage, never)(MESSAGE, context);
  await stage.stop('shutdown');
  expect(await answer).toMatchObject(interrupted('shutdown'));
});

test.concurrent('a step that no word stops answers at the end of its process', PATIENCE, async () => {
  const stage = new Stage();
  const answer = answering(stage.services(), AnyMessage, never, { evenIfCancelled: true })(MESSAGE, context);
  await stage.stop('shutdown');
  expect(await answer).toMatchObject(interrupted('shutdown'));
});

const target = {
  display: 'target',
  db: { command: never, createCollection: never },
  limits: { within: (ask: (signal: AbortSignal) => Promise<unknown>) => ask(new AbortController().signal) },
} as unknown as TargetDatabase;
const traits = targetTraits({ maxWireVersion: 17 }, '6.0.5', 'target', false);
const newLimiter = () => new RateLimiter({ maxInFlight: 1, initialRate: 1e9, isRateKnown: false });
const INDEX = { keys: [['a', 1]], isUnique: false } as const;

test.concurrent.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
  [
    'the queue of the rate limiter',
    async (signal) => {
      const limiter = newLimiter();
      await limiter.enter(1);
      await limiter.enter(1, signal);
    },
  ],
  ['the time that a refusal tells', (signal) => retry({ waitMs: () => MINUTES }, () => Promise.reject('429'), signal)],
  [
    'the answer to a request',
    (signal) => {
      const line = { target, traits, limiter: newLimiter(), stallMs: MINUTES, signal };
      return new RequestSender(line, { effect: 'none', isBounded: true, onLoad: () => undefined }).ask(1, never);
    },
  ],
  [
    'throughput that is being set',
    (signal) => setThroughput(target, { collection: null, kind: 'manual', value: 400 }, signal),
  ],
  ['an index that is being built', (signal) => createIndexes(target, traits, 'runs', [INDEX], signal)],
  ['a collection that is being made', () => ensureCollection(target, 'runs')],
])('cancelled, an activity does not wait for %s', PATIENCE, async (_what, wait) => {
  expect(await stopWhile('cancel', wait)).toMatchObject(interrupted('cancel'));
});

const [SOURCE, TARGET] = ['POSTGRES_URI', 'MONGODB_URI'];
/** Refuses at once: the look goes on to the target. */
const NO_SOURCE = 'postgresql://u:p@127.0.0.1:9/d';
const silentSource = (port: number) => `postgresql://u:p@127.0.0.1:${port}/d?connect_timeout=600`;
const silentTarget = (port: number) =>
  `mongodb://127.0.0.1:${port}/d?serverSelectionTimeoutMS=${MINUTES}&connectTimeoutMS=${MINUTES}`;

test.concurrent.each<[string, (port: number) => Readonly<Record<string, string>>]>([
  ['a source that never answers', (port) => ({ [SOURCE]: silentSource(port), [TARGET]: silentTarget(port) })],
  [
    'a source that never shakes hands',
    (port) => ({ [SOURCE]: `${silentSource(port)}&sslmode=require`, [TARGET]: silentTarget(port) }),
  ],
  ['a target that never answers', (port) => ({ [SOURCE]: NO_SOURCE, [TARGET]: silentTarget(port) })],
  ['a target that never shakes hands', (port) => ({ [SOURCE]: NO_SOURCE, [TARGET]: `${silentTarget(port)}&tls=true` })],
])('cancelled, preflight does not wait for %s, nor does planning', PATIENCE, async (_what, env) => {
  await using server = await startSilentServer();
  const stage = new Stage();
  const services = stage.services(env(server.port));
  const looking = makePreflight(services)({ ...MESSAGE, run: 'r', request: REQUEST }, context);
  const planning = makeMakePlan(services)({ ...MESSAGE, request: REQUEST, now: '2026-01-01T00:00:00.000Z' }, context);
  await vi.waitUntil(() => server.taken() > 0, PATIENCE);
  await stage.stop('cancel');
  expect(await looking).toMatchObject(interrupted('cancel'));
  // Where it is not the source that is silent, it has failed by then.
  expect(await planning).toMatchObject({ ok: false });
});

const identity = { clientId: null };
const atServer = {
  kind: 'postgres-identity',
  server: 's',
  port: 5432,
  database: 'd',
  user: 'u',
  schema: null,
} as const;
const ofAccount = { account: 'a', database: 'd', resourceGroup: 'g', subscription: 's', ...identity } as const;
const token = { token: 't', expiresOnTimestamp: Number.MAX_SAFE_INTEGER };

test.concurrent.each<[string, Partial<MigrationRequest>, ResolverDeps]>([
  ['a Key Vault', {}, { getVaultSecret: never }],
  ['the token for a source', { source: { ...atServer, ...identity } }, { getToken: never }],
  [
    'Azure Resource Manager',
    { target: { kind: 'cosmos-identity', flavour: 'ru', ...ofAccount } },
    { getToken: () => Promise.resolve(token), getVaultSecret: () => Promise.resolve(NO_SOURCE), fetch: never },
  ],
])('cancelled, preflight does not wait for %s', PATIENCE, async (_what, change, deps) => {
  const stage = new Stage();
  const services = stage.services({ KEY_VAULT_URI: 'https://v.vault.azure.net' }, { getVaultSecret: never, ...deps });
  const looking = makePreflight(services)({ ...MESSAGE, run: 'r', request: { ...REQUEST, ...change } }, context);
  await stage.stop('cancel');
  expect(await looking).toMatchObject(interrupted('cancel'));
});
