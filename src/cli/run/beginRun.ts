import { isFinal } from '../../contract/migrationStatus.ts';
import { MigrationError } from '../../errors.ts';
import type { App } from '../app/app.ts';
import type { CommandContext } from '../commandContext.ts';
import type { RunPlan } from '../plan/runPlan.ts';
import { conflictHint } from './conflictHint.ts';
import { findRun, unknownRun } from './findRun.ts';
import { START_INSTEAD } from './requireResumable.ts';
import { otherOptions, requireSameOptions } from './requireSameOptions.ts';

/** Throws MigrationError('not-found') where a deployed app knows nothing of a name that was given; a local place was looked for before its host was started. */
async function requireKnown({ client, isLocal }: App, { baseName, isNamed }: RunPlan): Promise<void> {
  if (isLocal || !isNamed || baseName === null || (await findRun(client, baseName)) !== null) return;
  throw await unknownRun(client, baseName, START_INSTEAD);
}

/** Starts a run, or with `--resume` attaches to the one that is there. Returns its id. */
export async function beginRun(
  context: CommandContext,
  plan: RunPlan,
  app: App,
  wasSeenToEnd: boolean,
): Promise<string> {
  const { options, output } = context;
  const start = async (body = plan.body): Promise<string> => {
    const { facts, signal } = context;
    facts.asked = plan.baseName;
    try {
      const { id } = await app.client.start(plan.kind === 'analysis' ? 'analyses' : 'migrations', body);
      return id;
    } finally {
      // Interrupted, nobody has waited for the answer.
      if (!signal.aborted) facts.asked = null;
    }
  };
  if (!options.isResume) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof MigrationError) || error.kind !== 'conflict') throw error;
      throw new MigrationError('conflict', error.message, {
        hint: conflictHint(plan.baseName, options),
        cause: error,
      });
    }
  }
  const found = await findRun(app.client, plan.body.name ?? null);
  if (found === null) {
    await requireKnown(app, plan);
    output.note('There is no migration of that name to resume: starting it');
    return start();
  }
  context.facts.id = found.id;
  const isDone = found.status === 'completed' || found.status === 'completed-with-errors';
  const isShown = isDone && !wasSeenToEnd;
  if (!isFinal(found.status) || isShown) await requireSameOptions(app.client, found, plan.body, options);
  if (!isFinal(found.status)) {
    output.note(`Resuming ${found.name} with the options that it was begun with`);
    if (found.status === 'suspending' || found.status === 'suspended') await app.client.control(found.id, 'resume');
    return found.id;
  }
  // It came to its end after its command was gone: what is left is to show the report.
  if (isShown) {
    output.note(`${found.name} had already ended: here is its report`);
    return found.id;
  }
  output.note(`The last run of ${found.name} is ${found.status}: starting it again, which copies only what is missing`);
  const { artifacts } = found;
  // Forgotten, the map would be undone.
  const keepsMap = artifacts !== undefined && plan.body.artifacts === undefined;
  const body = keepsMap ? { ...plan.body, artifacts: [...artifacts] } : plan.body;
  if (keepsMap) output.note('It keeps its map of artifact locations');
  const other = await otherOptions(app.client, found, body);
  if (other.length > 0)
    output.note(`It was begun with something else for ${other.join(', ')}: what this call says of it holds now`);
  return start(body);
}
