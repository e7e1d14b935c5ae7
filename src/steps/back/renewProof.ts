import type { KeptProof } from '../../contract/proof.ts';
import { storedCounts } from '../../contract/tableCounts.ts';
import type { Clients } from '../../runtime/connections.ts';
import type { Held } from '../../source/back/holdTables.ts';
import type { WritableTable } from '../../source/back/writableTables.ts';
import { writtenSince } from '../../source/changedSince.ts';
import { readFingerprint } from '../../source/fingerprint.ts';
import { readClock } from '../../source/readClock.ts';
import { readTimeline } from '../../source/timeline.ts';
import { changeOwnership } from '../../target/ownership.ts';
import type { BackBasis } from './lookAtBoth.ts';

/** What the new proof is made of: when all documents were compared, and how many rows there were. */
export interface Proven {
  readonly held: Held;
  readonly rows: Readonly<Record<string, number>>;
  readonly comparedFrom: string;
  readonly comparedTo: string;
}

/**
 * Puts what was proven into the target's record, so that a later way back, or migration, can tell what is written from now on: the one
 * thing that a way back writes to the target. Says whether it could: where somebody has written to the tables since, the proof of before stays.
 */
export async function renewProof(
  { source, target }: Clients,
  { schema, owner, proof }: BackBasis,
  tables: readonly WritableTable[],
  { held, rows, comparedFrom, comparedTo }: Proven,
): Promise<boolean> {
  if (proof === null) return false;
  const own = BigInt(held.transaction) & 0xffffffffn;
  const look = await source.read(async (client) => {
    const clock = await readClock(client, false);
    for (const { from } of tables) {
      const newer = `${writtenSince('t.xmin', held.before)} and t.xmin::text <> '${own}'`;
      const { rows: found } = await client.query<{ any: boolean }>(
        `select exists (select from ${from} where ${newer}) as any`,
      );
      if (found[0]?.any === true) return null;
    }
    return { clock, fingerprint: await readFingerprint(client, schema.schema) };
  });
  const timeline = await readTimeline(source);
  if (look === null || timeline === null || timeline.timeline !== proof.source.timeline) return false;
  const counts = Object.entries(rows).map(([table, migrated]) => [table, storedCounts({ migrated })] as const);
  // Of what was written nobody has looked where it leads.
  const { referencesHold: _before, ...kept } = proof;
  const renewed: KeptProof = {
    ...kept,
    ...look,
    tables: { ...proof.tables, ...Object.fromEntries(counts) },
    comparedFrom,
    comparedTo,
    source: timeline,
    scope: owner.layout === 'tables' ? proof.scope : scopeOfBack(proof.scope),
  };
  const text = JSON.stringify(renewed);
  const changed = await changeOwnership(target, (ownership) => ({
    ...ownership,
    owners: ownership.owners.map((one) => (one.id === owner.id ? { ...one, proof: text } : one)),
  }));
  return changed !== null;
}

/**
 * The scope of a proof that tells a later way back what was written, and that no migration takes up: of the rows that came back, a
 * migration would make other documents than the store plugin has written, with other `_id`s.
 */
function scopeOfBack(scope: string): string {
  const parts = JSON.parse(scope) as readonly unknown[];
  return JSON.stringify([...parts.filter((part) => JSON.stringify(part) !== JSON.stringify(BACK)), BACK]);
}

const BACK = { back: true } as const;
