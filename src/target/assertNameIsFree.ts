import { failureKind, serverErrorCode } from './failureKind.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { nameDiffersInCase } from './targetError.ts';

/**
 * Throws `target-refused` where a database of the target's name cannot be made, as one stands there whose name differs in
 * upper and lower case only: MongoDB says so at the first write, which whoever only looks never sends. What the user may not
 * list is not seen.
 */
export async function assertNameIsFree(target: TargetDatabase): Promise<void> {
  const { flavour } = await target.traits();
  // Cosmos DB tells such names apart.
  if (flavour !== 'mongodb') return;
  const asked = target.db.databaseName;
  const names = await databaseNames(target);
  if (names.includes(asked)) return;
  const there = names.find((name) => name.toLowerCase() === asked.toLowerCase());
  if (there !== undefined) throw nameDiffersInCase(target.display, asked, there);
}

/** Databases that the user may see; none where the server refuses to list them, whichever code it has for that. */
async function databaseNames({ db }: TargetDatabase): Promise<readonly string[]> {
  try {
    const { databases } = await db.admin().listDatabases({ nameOnly: true });
    return databases.map(({ name }) => name);
  } catch (error) {
    if (serverErrorCode(error) === null || failureKind(error) !== 'permanent') throw error;
    return [];
  }
}
