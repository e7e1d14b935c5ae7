import type { Finding } from '../../contract/migrationReport.ts';
import type { Plan } from '../../contract/plan.ts';
import { FINDINGS } from '../../contract/storedFindings.ts';
import type { UnansweredKind } from '../../contract/unanswered.ts';
import type { UnitInput } from '../../contract/unit.ts';
import type { Problem } from '../../errors.ts';
import { blobPaths } from '../../runtime/blobPaths.ts';
import { putRecord } from '../../runtime/records.ts';
import type { Services } from '../../runtime/services.ts';

const HOW: Readonly<Record<UnansweredKind, string>> = {
  died: 'its process died, or it failed without saying why',
  'timed-out': 'it took longer than functionTimeout in host.json allows',
  diverged: 'the history of its lane did not match the program',
};

/** Why a table failed whose units were begun again and again, and never answered. */
export function unansweredProblem({ times, how }: { readonly times: number; readonly how: UnansweredKind }): Problem {
  return {
    kind: 'internal',
    message: `Work on it was begun ${times} times and ended without an answer each time: ${HOW[how]}`,
    hint: 'Look at the log of the host, and at the memory that it has; then start again with --resume',
  };
}

/** Notes for the report that work was begun again, one for each table and kind of work, however many of its units it was. */
export async function noteUnanswered(
  services: Services,
  input: UnitInput,
  plan: Plan,
  step: string,
  tables: readonly string[],
): Promise<void> {
  const [work = step] = step.split(/-\d/);
  for (const table of tables) {
    const note: Finding = {
      severity: 'note',
      check: work === 'copy' ? 'copy' : 'content',
      table,
      message: `Work on it (${work}) ended without an answer and was begun again, which changes nothing in the result: ${HOW[input.lost?.how ?? 'died']}`,
    };
    const place = plan.collections.findIndex((collection) => collection.table === table);
    await putRecord(services.blobs, blobPaths.finding(input.id, `again-${work}-${place}`), FINDINGS, {
      findings: [note],
    });
  }
}
