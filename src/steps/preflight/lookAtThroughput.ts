import type { Finding } from '../../contract/migrationReport.ts';
import type { MigrationRequest } from '../../contract/migrationRequest.ts';
import type { DatabaseOffer } from '../../contract/plan.ts';
import { MigrationError, type Problem } from '../../errors.ts';
import { formatCount } from '../../formatCount.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import { describeOffer, isTooLittle, throughputRefusal } from '../../plan/databaseOffer.ts';
import type { TargetDatabase } from '../../target/targetDatabase.ts';
import { targetError } from '../../target/targetError.ts';
import type { TargetTraits } from '../../target/targetTraits.ts';
import { type FoundOffer, MAX_COLLECTIONS, offerFor, readOffer } from '../../target/throughput.ts';

/** What throughput means for a run before it begins. */
export interface ThroughputLook {
  /** Why the run may not make its collections, null where it may. */
  readonly refusal: Problem | null;
  readonly notes: readonly Finding[];
  /** Why the target gave no answer at all, which took as long as it is waited for; null where it did, or refused to. */
  readonly unreachable: MigrationError | null;
}

/**
 * Looks what the collections of a run will cost by being there, and whether a wish for throughput can come true. What the
 * target fails to answer here is left to the inspection, which tells it. Throws the signal's reason.
 */
export async function lookAtThroughput(
  target: TargetDatabase,
  request: MigrationRequest,
  collections: readonly CollectionDefinition[],
  signal: AbortSignal,
): Promise<ThroughputLook> {
  const asked = await askForOffer(target, signal);
  if (asked instanceof MigrationError) {
    return { refusal: null, notes: [], unreachable: asked.kind === 'target-unreachable' ? asked : null };
  }
  const { traits, found } = asked;
  const names = collections.map(({ collection }) => collection);
  const offer = found && offerFor(found, names);
  const isWriting = !request.dryRun && !request.validateOnly;
  const allowed = request.allowExisting ? 'all' : request.allowThroughput;
  const messages = [wishNote(request, traits, offer)];
  if (offer !== null && isTooLittle(offer)) messages.push(describeOffer(offer));
  if (offer?.kind === 'unknown' && isWriting && request.allowThroughput === null) messages.push(describeOffer(offer));
  return {
    refusal: offer !== null && isWriting ? throughputRefusal(offer, allowed, target.display) : null,
    notes: messages.filter((message) => message !== '').map(note),
    unreachable: null,
  };
}

/** Or why the target does not answer, or refuses to. */
async function askForOffer(
  target: TargetDatabase,
  signal: AbortSignal,
): Promise<{ readonly traits: TargetTraits; readonly found: FoundOffer | null } | MigrationError> {
  try {
    const traits = await target.traits();
    return { traits, found: await readOffer(target, traits, signal) };
  } catch (error) {
    signal.throwIfAborted();
    const failure = targetError(error, target.display);
    if (failure.kind === 'internal') throw error;
    return failure;
  }
}

/** What becomes of a wish for throughput that is not just done; empty where it is, or where there is none. */
function wishNote({ throughput }: MigrationRequest, traits: TargetTraits, offer: DatabaseOffer | null): string {
  if (throughput === null) return '';
  const without = (reason: string) => `migration_settings.throughput has no effect: ${reason}`;
  if (offer === null) return without(`the target is ${traits.flavour} and has no request units`);
  switch (offer.kind) {
    case 'shared':
      return '';
    case 'serverless':
      return without('the account is serverless');
    case 'unknown':
      return without('the account does not let its throughput be read, so it could not be set back');
    case 'own':
      return `migration_settings.throughput sets ${formatCount(throughput.during)} RU/s for each of the ${MAX_COLLECTIONS} largest collections while copying, as the database has no shared throughput`;
  }
}

function note(message: string): Finding {
  return { severity: 'note', check: 'schema', table: 'the target', message };
}
