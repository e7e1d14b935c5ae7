import type { BackInto } from '../../contract/backReport.ts';
import { MigrationError } from '../../errors.ts';
import { formatCount } from '../../formatCount.ts';
import { readOwnership } from '../../target/ownership.ts';
import type { TargetDatabase } from '../../target/targetDatabase.ts';
import { askTarget } from '../../target/targetError.ts';

/** Documents a second, whole runs (docs/way-back.md, Size): where rows are mended each is compared twice, into an empty database inserted and compared. */
const PER_SECOND: Readonly<Record<BackInto, number>> = { source: 20_000, empty: 10_000 };

/**
 * Throws `config` where the work will probably not end in the time that the host gives an activity (`limitMs`, Infinity for no limit):
 * it is one transaction, which cannot be gone on with, and a host that ends it takes the process along, three times.
 */
export async function assertTimeEnough(
  target: TargetDatabase,
  { owner, into }: { readonly owner: { readonly id: string }; readonly into: BackInto },
  limitMs: number,
): Promise<void> {
  if (limitMs === Number.POSITIVE_INFINITY) return;
  const claims = (await readOwnership(target))?.collections ?? [];
  let documents = 0;
  for (const { name } of claims.filter((claim) => claim.owner === owner.id))
    documents += await askTarget(target, () => target.db.collection(name).estimatedDocumentCount());
  const refusal = timeRefusal(documents, into, limitMs);
  if (refusal !== null) throw refusal;
}

/** Why so many documents will not do; null where they may. */
export function timeRefusal(documents: number, into: BackInto, limitMs: number): MigrationError | null {
  const rate = PER_SECOND[into];
  const neededMs = (documents / rate) * 1000;
  if (neededMs <= limitMs) return null;
  return new MigrationError(
    'config',
    `About ${formatCount(documents)} documents take some ${lasting(neededMs)} at ${formatCount(rate)} a second, in one transaction, and functionTimeout ends it after ${lasting(limitMs)}`,
    {
      hint: 'Let it have the time: the app setting AzureFunctionsJobHost__functionTimeout, -1 for no limit, which every plan but Consumption takes. Or run mlflow-migrate migrate-back without --url, on a machine near both ends: its local host sets no limit',
    },
  );
}

function lasting(ms: number): string {
  return ms < 120_000 ? `${Math.ceil(ms / 1000)} s` : `${formatCount(Math.ceil(ms / 60_000))} minutes`;
}
