import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { copyToNowhere, insertFromMemory, type LimitSource } from './limits.ts';
import { type MeasuredMigration, type MigrationTask, type MigrationWork, runMigration } from './migration.ts';
import { type PlainLoop, runPlainLoop } from './plainLoop.ts';
import type { BenchServers } from './servers.ts';

/** From here on, documents are prepared by collection, as all at once would not fit into memory everywhere. */
const GRADUAL_FROM_SCALE = 3;

/** What is measured in every round. */
export interface RoundTask {
  readonly servers: BenchServers;
  readonly source: LimitSource;
  readonly scale: number;
  readonly layout: 'tables' | 'mlflow';
  readonly hasBaseline: boolean;
}

/** Everything that is compared, measured once, one after the other. */
export interface Round {
  /** Null where the baseline cannot run or is not wanted. */
  readonly plainLoop: PlainLoop | null;
  readonly migration: MeasuredMigration;
  /** The same without validation, into another target. */
  readonly unproven: MeasuredMigration;
  /** The same command again: nothing has changed meanwhile. */
  readonly rerun: MeasuredMigration;
  readonly catchUp: MeasuredMigration;
  readonly copied: { readonly seconds: number; readonly rows: number };
  readonly inserted: { readonly seconds: number; readonly documents: number };
}

/** One migration into a target of its own, which warms up caches, those of the servers above all. */
export async function warmUp(task: RoundTask): Promise<MeasuredMigration> {
  return withTarget(task, (target) => migrate(task, target, 'proven'));
}

/** The migration and what it is measured by, interleaved so that a machine that slows down slows down all of them. */
export async function measureRound(task: RoundTask): Promise<Round> {
  const { servers, source, scale } = task;
  const [migration, rerun, catchUp] = await withTarget(task, async (target) => [
    await migrate(task, target, 'proven'),
    await migrate(task, target, 'proven'),
    await migrate(task, target, 'catch-up'),
  ]);
  const unproven = await withTarget(task, (target) => migrate(task, target, 'unproven'));
  const copied = await copyToNowhere(source);
  const inserted = await servers.withTarget((mongodbUri) =>
    insertFromMemory(source, mongodbUri, scale >= GRADUAL_FROM_SCALE),
  );
  const plainLoop = task.hasBaseline
    ? await servers.withTarget((mongodbUri) => runPlainLoop(source.uri, mongodbUri, copied.rows))
    : null;
  return { plainLoop, migration, unproven, rerun, catchUp, copied, inserted };
}

/** An empty target, and the state directory of the commands that fill it. */
type Target = Pick<MigrationTask, 'mongodbUri' | 'state'>;

async function withTarget<T>({ servers }: RoundTask, work: (target: Target) => Promise<T>): Promise<T> {
  const state = await mkdtemp(join(servers.directory, 'state-'));
  try {
    return await servers.withTarget((mongodbUri) => work({ mongodbUri, state }));
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

function migrate(
  { servers, source, layout }: RoundTask,
  target: Target,
  work: MigrationWork,
): Promise<MeasuredMigration> {
  return runMigration({ postgresUri: source.uri, ...target, layout, work, servers: servers.pids });
}
