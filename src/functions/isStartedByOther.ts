import type { DurableClient } from 'durable-functions';
import type { MigrateInput } from '../contract/migration.ts';
import { findMigration } from './findMigration.ts';

/**
 * After a start that was accepted: does another request run under this id? Of two starts of one new name at once the extension
 * accepts both, runs one, and drops the input of the other without a word. What cannot be told counts as one's own, whatever
 * keeps it from being told: the start was accepted, and an error would deny that.
 */
export async function isStartedByOther(client: DurableClient, { id, start }: MigrateInput): Promise<boolean> {
  const found = await findMigration(client, id).catch(() => null);
  const input = (found?.input ?? null) as Partial<MigrateInput> | null;
  return input !== null && input.start !== start;
}
