import type { KeyObject } from 'node:crypto';
import { CLAIM, type StoredClaim } from '../contract/claim.ts';
import type { MigrationRequest } from '../contract/migrationRequest.ts';
import type { Plan } from '../contract/plan.ts';
import type { PlannedStep } from '../contract/plannedStep.ts';
import { MigrationError } from '../errors.ts';
import { buildLayout } from '../mlflow/layouts/buildLayout.ts';
import type { LayoutDefinition } from '../mlflow/layouts/layout.ts';
import type { BlobStore } from '../storage/blobStore.ts';
import type { TargetDatabase } from '../target/targetDatabase.ts';
import { WriterLease } from '../target/writerLease.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { blobPaths } from './blobPaths.ts';
import type { Connections } from './connections.ts';
import { Heartbeat } from './heartbeat.ts';
import { ProcessBudget } from './processBudget.ts';
import { getRecord } from './records.ts';
import { RunningWork } from './runningWork.ts';
import { readPlan } from './storedPlan.ts';
import { WorkClock } from './workClock.ts';
import { WorkShift } from './workShift.ts';

/** A plan with the definitions that it implies. */
export interface PlannedWork {
  readonly plan: Plan;
  readonly layout: LayoutDefinition;
}

/** Gives the Ed25519 private key that reports are signed with, or says why there is none. */
export type ReadSigningKey = () => Promise<KeyObject | string>;

/** What every activity works with. Everything it remembers can be had again from storage and names. */
export class Services {
  readonly connections: Connections;
  readonly blobs: BlobStore;
  readonly metrics: Metrics;
  readonly signingKey: ReadSigningKey;
  readonly running = new RunningWork();
  readonly budget = new ProcessBudget();
  readonly shift: WorkShift;
  /** Aborts when the process is asked to end. */
  readonly shutdown: AbortSignal;
  readonly #plans = new Map<string, PlannedWork>();
  readonly #claims = new Map<string, StoredClaim>();
  readonly #leases = new Map<string, WriterLease>();
  readonly #heartbeats = new Map<string, { readonly stamp: string; readonly heartbeat: Heartbeat }>();
  readonly #workClocks = new Map<string, WorkClock>();

  /** `timeoutMs`: what the host gives one activity, Infinity for no limit. */
  constructor(
    connections: Connections,
    blobs: BlobStore,
    metrics: Metrics,
    shutdown: AbortSignal,
    timeoutMs = Number.POSITIVE_INFINITY,
    signingKey: ReadSigningKey = () => Promise.resolve('There is no key to sign with'),
  ) {
    this.connections = connections;
    this.blobs = blobs;
    this.metrics = metrics;
    this.signingKey = signingKey;
    this.shutdown = shutdown;
    this.shift = new WorkShift(timeoutMs);
  }

  /**
   * The heartbeat of the migration with the plan of that time: one that is started again begins to count anew. Null for a
   * step that needs no plan, and counts nothing.
   */
  heartbeat(id: string, stamp: string | null): Heartbeat {
    const known = this.#heartbeats.get(id);
    if (known !== undefined && known.stamp === stamp) return known.heartbeat;
    const heartbeat = new Heartbeat(this.blobs, id, this.shutdown, this.workClock(id));
    if (stamp !== null) this.#heartbeats.set(id, { stamp, heartbeat });
    return heartbeat;
  }

  /** When this process worked on the migration. */
  workClock(id: string): WorkClock {
    const known = this.#workClocks.get(id) ?? new WorkClock();
    this.#workClocks.set(id, known);
    return known;
  }

  /** The right of a run to write, which all activities of this process share: while any of them works, it is heard of. */
  lease(id: string, token: string, target: TargetDatabase, plan: Plan): WriterLease {
    const known = this.#leases.get(id);
    if (known?.isOf(target, token) === true) return known;
    const collections = plan.collections.map(({ collection }) => collection);
    const lease = new WriterLease(target, token, id, collections);
    this.#leases.set(id, lease);
    const heartbeat = this.heartbeat(id, plan.createdAt);
    heartbeat.onBeat = () => lease.check();
    heartbeat.silence = () => target.members.silence;
    return lease;
  }

  /** Collections that the claim of that token found with other data in them. */
  async sharedCollections(id: string, token: string): Promise<readonly string[]> {
    return (await this.claim(id, token)).shared;
  }

  /** What the run with that token has claimed. */
  async claim(id: string, token: string): Promise<StoredClaim> {
    const known = this.#claims.get(token);
    if (known !== undefined) return known;
    const claim = await getRecord(this.blobs, blobPaths.claim(id), CLAIM);
    if (claim?.token !== token) {
      throw new MigrationError('internal', `The record of what ${id} has claimed is missing`, {
        hint: 'Start it again with --resume: what was copied is kept',
      });
    }
    this.#claims.set(token, claim);
    return claim;
  }

  /** What was asked for: the plan of that time keeps it, and only one of an earlier release leaves it to the message. */
  async request({ id, planStamp, request }: PlannedStep): Promise<MigrationRequest> {
    const asked = request ?? (await this.planned(id, planStamp)).plan.request;
    if (asked !== undefined) return asked;
    throw new MigrationError('internal', `The plan of ${id} does not keep what was asked for`, {
      hint: 'Start it again with --resume: what was copied is kept',
    });
  }

  /**
   * The migration's plan; `stamp` is the time of its making, which tells a newer plan of the same id apart: null for whichever
   * is stored. Throws MigrationError('internal') where there is none that this version can read.
   */
  async planned(id: string, stamp: string | null): Promise<PlannedWork> {
    const known = this.#plans.get(id);
    if (known?.plan.createdAt === stamp) return known;
    const plan = await readPlan(this.blobs, id);
    if (plan === null || (stamp !== null && plan.createdAt !== stamp)) {
      throw new MigrationError(
        'internal',
        `The plan of ${id} is missing or was made by another version of the program`,
        {
          hint: 'Start it again with --resume: what was copied is kept',
        },
      );
    }
    const planned = { plan, layout: buildLayout(plan.schema, plan.layout) };
    this.#plans.set(id, planned);
    return planned;
  }
}
