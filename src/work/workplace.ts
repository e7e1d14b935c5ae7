import { MigrationError } from '../errors.ts';
import { buildLayout } from '../mlflow/layouts/buildLayout.ts';
import type { LayoutDefinition } from '../mlflow/layouts/layout.ts';
import { PLAN_VERSION, type Plan } from '../plan/plan.ts';
import { type BlobStore, getJson } from '../storage/blobs.ts';
import type { Metrics } from '../telemetry/metrics.ts';
import { blobPaths } from './blobPaths.ts';
import type { Connections } from './connections.ts';
import { Pulse } from './pulse.ts';

/** A plan with the definitions that it implies. */
export interface PlannedWork {
  readonly plan: Plan;
  readonly layout: LayoutDefinition;
}

/** What every activity works with. Everything it remembers can be had again from storage and names. */
export class Workplace {
  readonly connections: Connections;
  readonly blobs: BlobStore;
  readonly metrics: Metrics;
  private readonly shutdown: AbortSignal;
  private readonly plans = new Map<string, PlannedWork>();
  private readonly pulses = new Map<string, { readonly stamp: string; readonly pulse: Pulse }>();

  constructor(connections: Connections, blobs: BlobStore, metrics: Metrics, shutdown: AbortSignal) {
    this.connections = connections;
    this.blobs = blobs;
    this.metrics = metrics;
    this.shutdown = shutdown;
  }

  /**
   * The heartbeat of the migration with the plan of that time: one that is started again begins to count anew. Null for a
   * step that needs no plan, and counts nothing.
   */
  pulse(id: string, stamp: string | null): Pulse {
    const known = this.pulses.get(id);
    if (known !== undefined && known.stamp === stamp) return known.pulse;
    const pulse = new Pulse(this.blobs, id, this.shutdown);
    if (stamp !== null) this.pulses.set(id, { stamp, pulse });
    return pulse;
  }

  /** The migration's plan; `stamp` is the time of its making, which tells a newer plan of the same id apart. */
  async planned(id: string, stamp: string): Promise<PlannedWork> {
    const known = this.plans.get(id);
    if (known?.plan.createdAt === stamp) return known;
    const plan = await getJson<Plan>(this.blobs, blobPaths.plan(id));
    if (plan === null || plan.version !== PLAN_VERSION || plan.createdAt !== stamp) {
      throw new MigrationError(
        'internal',
        `The plan of ${id} is missing or was made by another version of the program`,
        {
          hint: 'Start it again with --resume: what was copied is kept',
        },
      );
    }
    const planned = { plan, layout: buildLayout(plan.schema, plan.layout) };
    this.plans.set(id, planned);
    return planned;
  }
}
