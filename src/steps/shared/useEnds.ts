import type { Plan } from '../../contract/plan.ts';
import type { UnitInput } from '../../contract/unit.ts';
import { MigrationError } from '../../errors.ts';
import type { Clients } from '../../runtime/connections.ts';
import type { Services } from '../../runtime/services.ts';
import type { SourceDatabase } from '../../source/sourceDatabase.ts';
import { type AccessOptions, DocumentAccess, type DocumentPlace } from '../../target/documentAccess.ts';
import { readOwnership } from '../../target/ownership.ts';
import type { TargetDatabase } from '../../target/targetDatabase.ts';
import { targetError } from '../../target/targetError.ts';
import type { TargetTraits } from '../../target/targetTraits.ts';
import type { WriterLease } from '../../target/writerLease.ts';

/** Both ends of a run. */
export interface BareEnds {
  readonly source: SourceDatabase;
  readonly target: TargetDatabase;
  readonly traits: TargetTraits;
  /** The documents of a collection, for reading and for commands; for writing only with a guard of one's own. */
  access(place: DocumentPlace, guard?: AccessOptions['guard']): DocumentAccess;
}

/** Both ends of a run, and what it may do there. */
export interface Ends extends BareEnds {
  /** The right to write; null in a comparison, which writes nothing. */
  readonly lease: WriterLease | null;
  /** Collections that hold other data as well. */
  readonly shared: ReadonlySet<string>;
  /** The same for whoever writes: before each request it makes sure of the run's right to, and others' documents stay. */
  writeAccess(place: DocumentPlace, onLoad?: AccessOptions['onLoad']): DocumentAccess;
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

/**
 * As {@link useEnds}, for whoever is yet to claim the target's collections: nothing says so far that they are this run's, so
 * that it has no right to lose, and it is not asked whether this is the target of the plan. The claim decides.
 */
export async function useEndsToClaim<T>(
  services: Services,
  input: Pick<EndsInput, 'request'>,
  plan: Plan,
  signal: AbortSignal,
  work: (ends: BareEnds) => Promise<T>,
): Promise<T> {
  return await services.connections.use(input.request, plan, async (clients) => {
    const { access, ...ends } = await openBareEnds(services, clients, input, plan, signal);
    return await work({ ...ends, access: (place, guard) => access(place, { guard }) });
  });
}

/** As {@link useEnds}, for whoever needs the source alone. */
export async function useSource<T>(
  { connections }: Services,
  { request, notBefore = null }: Pick<EndsInput, 'request' | 'notBefore'>,
  plan: Plan,
  signal: AbortSignal,
  work: (source: SourceDatabase) => Promise<T>,
): Promise<T> {
  return await connections.useSource(request.source, async (source) =>
    work(source.until(signal).expecting(plan.identity, notBefore)),
  );
}

/**
 * The target alone, for whoever ends a run, which may have no plan: that it is this run's is for the record of ownership to say.
 * Throws where no target of a kind that is known answers.
 */
export async function useTarget<T>(
  { connections }: Services,
  { request }: Pick<EndsInput, 'request'>,
  work: (target: TargetDatabase) => Promise<T>,
): Promise<T> {
  return await connections.useTarget(request.target, async (target) => {
    await askTraits(target);
    return await work(target);
  });
}

/** What a run may do on clients, and how it reaches its collections there. */
export async function openEnds(
  services: Services,
  clients: Clients,
  input: EndsInput,
  plan: Plan,
  signal: AbortSignal,
): Promise<Ends> {
  const { id, writer } = input;
  const { access, ...ends } = await openBareEnds(services, clients, input, plan, signal);
  const { target } = ends;
  const lease = writer === null ? null : services.lease(id, writer, target, plan);
  if (lease === null && plan.targetId !== null) await assertSameTarget(target, plan.targetId);
  const claim = writer === null ? { shared: plan.shared, strangers: [], ids: {} } : await services.claim(id, writer);
  lease?.holdTo(claim.ids ?? {});
  const [shared, strangers] = [new Set(claim.shared), new Set(claim.strangers)];
  return {
    ...ends,
    lease,
    shared,
    access: (place, guard) => access(place, { guard }),
    writeAccess: (place, onLoad) => {
      const { collection } = place;
      const hasStrangers = strangers.has(collection);
      if (lease === null) return access(place, { hasStrangers, onLoad });
      const guard = (isDestructive: boolean) => (isDestructive ? lease.checkDestructive(collection) : lease.check());
      return access(place, { hasStrangers, guard, onLoad });
    },
  };
}

/** Both ends with a way to collections that says what may be done there only if it is told. */
async function openBareEnds(
  { connections }: Services,
  { source, target }: Clients,
  { request, notBefore = null }: Pick<EndsInput, 'request' | 'notBefore'>,
  plan: Plan,
  signal: AbortSignal,
) {
  const traits = await askTraits(target);
  const limiter = connections.limiter(target, { traits, requestUnitsPerSecond: plan.requestUnitsPerSecond });
  const stallMs = request.stallMinutes * 60_000;
  return {
    source: source.until(signal).expecting(plan.identity, notBefore),
    target,
    traits,
    access: (place: DocumentPlace, options: Omit<AccessOptions, 'signal' | 'stallMs'>) =>
      new DocumentAccess(target, traits, limiter, place, { signal, stallMs, ...options }),
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
