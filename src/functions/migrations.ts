import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';
import { MigrationError } from '../errors.ts';
import type { MigrateInput, MigrateOutput, MigrateStatus } from '../orchestrators/messages.ts';
import { ORCHESTRATORS } from '../orchestrators/names.ts';
import type { MigrationStatus } from '../report/status.ts';
import type { BlobStore } from '../storage/blobs.ts';
import { readProgress } from '../work/readProgress.ts';

const ID = /^[A-Za-z0-9_-]{1,100}$/;

/** Orchestration of that id, null where there is none or it is not a migration. */
export async function findMigration(client: DurableClient, id: string): Promise<DurableOrchestrationStatus | null> {
  if (!ID.test(id)) return null;
  try {
    const status = await client.getStatus(id, { showInput: true });
    return status?.name === ORCHESTRATORS.migrate ? status : null;
  } catch (error) {
    if (error instanceof Error && /404|not found|HTTP 404|no instance/i.test(error.message)) return null;
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

/** The status answer: the orchestration's own state joined with the progress that activities store. */
export async function describeMigration(
  blobs: BlobStore,
  status: DurableOrchestrationStatus,
  nowMs: number,
): Promise<MigrationStatus> {
  const id = status.instanceId;
  const input = status.input as MigrateInput | null;
  const output = isOutput(status.output) ? status.output : null;
  const custom = status.customStatus as MigrateStatus | null;
  const state = stateOf(status, output);
  const isFinal = !isUnderWay(status);
  const startedAt = output?.startedAt ?? custom?.startedAt ?? status.createdTime.toISOString();
  const finishedAt = output?.finishedAt ?? (isFinal ? status.lastUpdatedTime.toISOString() : null);
  const elapsedMs = Math.max(1, (finishedAt === null ? nowMs : Date.parse(finishedAt)) - Date.parse(startedAt));
  const progress = await readProgress(blobs, id, custom?.phase ?? 'preflight', output, elapsedMs, nowMs);
  const self = `/api/migrations/${id}`;
  return {
    id,
    name: input?.request.name ?? id,
    status: state,
    phase: isFinal ? 'done' : (custom?.phase ?? 'preflight'),
    dryRun: input?.request.dryRun ?? false,
    layout: input?.request.layout ?? 'tables',
    ...progress,
    startedAt,
    finishedAt,
    failures: output?.problems ?? failuresOf(status),
    links: {
      self,
      report: `${self}/report`,
      cancel: `${self}/cancel`,
      suspend: `${self}/suspend`,
      resume: `${self}/resume`,
    },
  };
}

function isOutput(value: unknown): value is MigrateOutput {
  return typeof value === 'object' && value !== null && 'status' in value && 'tables' in value;
}

function stateOf(status: DurableOrchestrationStatus, output: MigrateOutput | null): MigrationStatus['status'] {
  switch (String(status.runtimeStatus)) {
    case 'Pending':
      return 'pending';
    case 'Running':
    case 'ContinuedAsNew':
      return 'running';
    case 'Suspended':
      return 'suspended';
    case 'Completed':
      return output?.status ?? 'completed';
    case 'Terminated':
    case 'Canceled':
      return 'cancelled';
    default:
      return 'failed';
  }
}

function failuresOf(status: DurableOrchestrationStatus): MigrationStatus['failures'] {
  if (String(status.runtimeStatus) !== 'Failed') return [];
  return [
    {
      kind: 'internal',
      message: 'The orchestration ended with a failure of the program',
      hint: 'Look at the host’s log; start again with --resume: what was copied is kept',
    },
  ];
}
