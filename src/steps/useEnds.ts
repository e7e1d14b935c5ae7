import type { Plan } from '../contract/plan.ts';
import type { UnitInput } from '../contract/unit.ts';
import { MigrationError } from '../errors.ts';
import type { Clients } from '../runtime/connections.ts';
import type { Services } from '../runtime/services.ts';
import type { SourceDatabase } from '../source/sourceDatabase.ts';
import { type AccessOptions, DocumentAccess, type DocumentPlace } from '../target/documentAccess.ts';
import { readOwnership } from '../target/ownership.ts';
import type { RateLimiter } from '../target/rateLimiter.ts';
import type { TargetDatabase } from '../target/targetDatabase.ts';
import { targetError } from '../target/targetError.ts';
import type { TargetTraits } from '../target/targetTraits.ts';
import type { WriterLease } from '../target/writerLease.ts';

/** Both ends of a run, and what it may do there. */
export interface Ends {
  readonly source: SourceDatabase;
  readonly target: TargetDatabase;
  readonly traits: TargetTraits;
  readonly limiter: RateLimiter;
  /** The right to write; null in a comparison, which writes nothing. */
  readonly lease: WriterLease | null;
  /** Collections that hold other data as well. */
  readonly shared: ReadonlySet<string>;
  /** The documents of a collection, for reading and for commands; for writing only with a guard of one's own. */
  access(place: DocumentPlace, guard?: AccessOptions['guard']): DocumentAccess;
  /** The same for whoever writes: before each request it makes sure of the run's right to, and others' documents stay. */
  writeAccess(place: DocumentPlace): DocumentAccess;
}

/** What the ends of a run are opened by. */
export type EndsInput = Pick<UnitInput, 'request' | 'id' | 'writer'> & Partial<Pick<UnitInput, 'notBefore'>>;

/**
 * Does work on both ends of a plan, and once more where a login was renewed meanwhile (`Connections.use`). The source
 * makes sure with every transaction that it is the one that the plan was made for; the target is where the run's claim stands,
 * or, for whoever only reads, the one that was looked at when the plan was made.
 */
export async function useEnds<T>(
  services: Services,
  input: EndsInput,
  plan: Plan,
  signal: AbortSignal,
  work: (ends: Ends) => Promise<T>,
): Promise<T> {
  return await services.connections.use(input.request, plan, async (clients) =>
    work(await openEnds(services, clients, input, plan, signal)),
  );
}

/** What a run may do on clients, and how it reaches its collections there. */
export async function openEnds(
  services: Services,
  { source, target }: Clients,
  { request, id, writer, notBefore = null }: EndsInput,
  plan: Plan,
  signal: AbortSignal,
): Promise<Ends> {
  const { connections } = services;
  const traits = await askTraits(target);
  const limiter = connections.limiter(request.destination, target, {
    traits,
    requestUnitsPerSecond: plan.requestUnitsPerSecond,
    stallMinutes: request.stallMinutes,
  });
  const lease = writer === null ? null : services.lease(id, writer, target, plan);
  if (lease === null && plan.targetId !== null) await assertSameTarget(target, plan.targetId);
  const claim = writer === null ? { shared: plan.shared, strangers: [], ids: {} } : await services.claim(id, writer);
  lease?.holdTo(claim.ids ?? {});
  const [shared, strangers] = [new Set(claim.shared), new Set(claim.strangers)];
  const expected = source.until(signal).expecting(plan.identity, notBefore);
  const access = (place: DocumentPlace, options: Omit<AccessOptions, 'signal'>) =>
    new DocumentAccess(target, traits, limiter, place, { signal, ...options });
  return {
    source: expected,
    target,
    traits,
    limiter,
    lease,
    shared,
    access: (place, guard) => access(place, guard === undefined ? {} : { guard }),
    writeAccess: (place) => {
      const { collection } = place;
      const hasStrangers = strangers.has(collection);
      if (lease === null) return access(place, { hasStrangers });
      const guard = (isDestructive: boolean) => (isDestructive ? lease.checkDestructive(collection) : lease.check());
      return access(place, { hasStrangers, guard });
    },
  };
}

async function assertSameTarget(target: TargetDatabase, planned: string): Promise<void> {
  if ((await readOwnership(target))?.target === planned) return;
  throw new MigrationError(
    'config',
    `The target at ${target.display} is no longer the one that this run was planned for`,
    {
      hint: 'Let the address lead to that target again, or start the run afresh',
    },
  );
}

async function askTraits(target: TargetDatabase): Promise<TargetTraits> {
  try {
    return await target.traits();
  } catch (error) {
    throw targetError(error, target.display);
  }
}
