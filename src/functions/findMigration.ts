import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';
import { localHost } from '../config/localHost.ts';
import { ORCHESTRATORS } from '../contract/functionNames.ts';
import { DEFAULT_LAYOUT } from '../contract/layoutName.ts';
import type { FollowStatus, MigrateInput, MigrateOutput, MigrateStatus } from '../contract/migration.ts';
import { type FollowProgress, type MigrationStatus, PHASES, type Phase } from '../contract/migrationStatus.ts';
import type { HeardWord, OperatorWord } from '../contract/operatorWord.ts';
import type { RunEvent } from '../contract/runEvent.ts';
import { runKindOf } from '../contract/runKind.ts';
import { MigrationError } from '../errors.ts';
import { isUnknownRun } from '../runtime/isUnknownRun.ts';
import { readProgress } from '../runtime/readProgress.ts';
import { readHeard, readWord } from '../runtime/storedWord.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import { causeOfEnd } from './causeOfEnd.ts';
import { isInterrupted, lastSignOf, silentSince } from './isInterrupted.ts';
import { phasesOf } from './runPhases.ts';
import { runState } from './runState.ts';
import { statusUrlOf } from './urls.ts';

const ID = /^[A-Za-z0-9_-]{1,100}$/;

/** Is it the name of an orchestration that is a run of its own, and not a part of one? */
export function isRun(name: string | undefined): boolean {
  return name === ORCHESTRATORS.migrate || name === ORCHESTRATORS.migrateBack;
}

/** Orchestration of that id, null where there is none or it is not a run. */
export async function findMigration(client: DurableClient, id: string): Promise<DurableOrchestrationStatus | null> {
  if (!ID.test(id)) return null;
  try {
    const status = await client.getStatus(id, { showInput: true });
    return isRun(status?.name) ? status : null;
  } catch (error) {
    if (isUnknownRun(error)) return null;
    throw error;
  }
}

/** As {@link findMigration}, but unknown ids are a 404. */
export async function requireMigration(client: DurableClient, id: string): Promise<DurableOrchestrationStatus> {
  const found = await findMigration(client, id);
  if (found === null) throw new MigrationError('not-found', `There is no migration ${ID.test(id) ? id : 'of that id'}`);
  return found;
}

/** Is the orchestration not at its end yet? */
export function isUnderWay(status: DurableOrchestrationStatus): boolean {
  return ['Pending', 'Running', 'Suspended', 'ContinuedAsNew'].includes(String(status.runtimeStatus));
}

/** Of one that has ended no word is looked up. */
const NOTHING_ASKED: readonly [OperatorWord, HeardWord | null] = [{ word: 'run', at: null, by: null }, null];

/**
 * The status answer: the orchestration's own state joined with the progress that activities store. `concluded` is what was
 * found of a migration that Durable itself has ended.
 */
export async function describeMigration(
  blobs: BlobStore,
  status: DurableOrchestrationStatus,
  nowMs: number,
  concluded: MigrateOutput | null = null,
): Promise<MigrationStatus> {
  const id = status.instanceId;
  const input = isInput(status.input) ? status.input : null;
  const output = isOutput(status.output) ? status.output : concluded;
  const custom = status.customStatus as MigrateStatus | null;
  const isFinal = !isUnderWay(status);
  const startedAt = output?.startedAt ?? custom?.startedAt ?? status.createdTime.toISOString();
  const finishedAt = output?.finishedAt ?? (isFinal ? status.lastUpdatedTime.toISOString() : null);
  const [{ phase, ...progress }, [asked, heard]] = await Promise.all([
    readProgress(blobs, id, { ...phaseOf(custom), output, nowMs }),
    isFinal ? NOTHING_ASKED : askedAndHeard(blobs, id, custom?.phase === 'follow'),
  ]);
  const state = runState(status, output, asked, heard);
  const signs = [progress.lastSignAt, heard?.at ?? null];
  const lastSignAt = signs.reduce<string>(lastSignOf, status.lastUpdatedTime.toISOString());
  // What Durable itself holds suspended waits too, whatever it was asked for: its process is not dead. Where nothing runs at all it is.
  const isHeld = String(status.runtimeStatus) === 'Suspended' && localHost() !== 'looks';
  const isAwake = !isFinal && state !== 'suspended' && !isHeld;
  const isDead = isAwake && isInterrupted(state === 'pending', lastSignAt, localHost(), nowMs);
  // Where a run has no output, the orchestration itself failed, in the phase that it showed.
  const endedIn = isFinal ? ((output === null ? custom?.phase : output.endedIn) ?? null) : null;
  const self = statusUrlOf(id);
  return {
    id,
    name: input?.request.name ?? id,
    status: isDead ? 'interrupted' : state,
    kind: input === null ? 'migration' : runKindOf(input.request),
    phase: isFinal ? 'done' : phase,
    phases: input === null ? PHASES : phasesOf(input.request, endedIn ?? custom?.phase ?? null),
    endedIn,
    dryRun: input?.request.dryRun ?? false,
    layout: input?.request.layout ?? DEFAULT_LAYOUT,
    experiments: input?.request.experiments ?? null,
    ...(input?.request.artifacts?.length ? { artifacts: input.request.artifacts } : {}),
    ...progress,
    // Of a dead process nothing is on its way, nor of one that waits.
    ...(isDead || state === 'suspended' ? { rowsPerSecond: 0, bytesPerSecond: 0, secondsLeft: null } : {}),
    startedAt,
    finishedAt,
    lastSignAt,
    silentSince: isAwake && state !== 'pending' ? silentSince(lastSignAt, nowMs) : null,
    follow: custom?.follow === undefined ? null : lagOf(custom.follow, nowMs),
    failures: failuresOf(status, output),
    links: {
      self,
      report: `${self}/report`,
      manifest: `${self}/report?format=manifest`,
      differences: `${self}/differences`,
      cancel: `${self}/cancel`,
      suspend: `${self}/suspend`,
      resume: `${self}/resume`,
      cutover: `${self}/cutover`,
      series: `${self}/series`,
      request: `${self}/request`,
    },
  };
}

/** The phase that a run has shown last, and when it began. */
function phaseOf(custom: MigrateStatus | null): { readonly phase: Phase; readonly phaseSince: string | null } {
  const phase = custom?.phase ?? 'preflight';
  const begun = (custom?.events ?? []).findLast((event) => event.what === 'phase' && event.phase === phase);
  return { phase, phaseSince: begun?.at ?? null };
}

/** What the orchestration has noted of its run; nothing where an earlier release ran it. */
export function eventsOf({ customStatus }: DurableOrchestrationStatus): readonly RunEvent[] {
  return (customStatus as MigrateStatus | null)?.events ?? [];
}

/** Seconds between passes of a run that follows its source, as it was asked for; null where it does not. */
export function followOf({ input }: DurableOrchestrationStatus): number | null {
  return isInput(input) ? (input.request.follow ?? null) : null;
}

function lagOf({ lookedAt, ...passes }: FollowStatus, nowMs: number): FollowProgress {
  return { ...passes, lagSeconds: Math.max(0, Math.round((nowMs - Date.parse(lookedAt)) / 1000)) };
}

/** The operator's word, and what was heard of one: nothing where none was ever given, and none is waited for. */
async function askedAndHeard(
  blobs: BlobStore,
  id: string,
  isIdle: boolean,
): Promise<readonly [OperatorWord, HeardWord | null]> {
  const asked = await readWord(blobs, id);
  const isHeard = isIdle || asked.at !== null || asked.word !== 'run';
  return [asked, isHeard ? await readHeard(blobs, id) : null];
}

/** What was started past this app may have any input. */
function isInput(value: unknown): value is MigrateInput {
  return typeof value === 'object' && value !== null && 'request' in value;
}

function isOutput(value: unknown): value is MigrateOutput {
  return typeof value === 'object' && value !== null && 'status' in value && 'tables' in value;
}

/** What Durable says of an end of its own making comes first: nothing else tells it. */
function failuresOf(status: DurableOrchestrationStatus, output: MigrateOutput | null): MigrationStatus['failures'] {
  const cause = causeOfEnd(status);
  const problems = output?.problems ?? [];
  if (cause === null) return problems;
  return [cause, ...problems.filter(({ message }) => message !== cause.message)];
}
