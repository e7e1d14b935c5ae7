import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isFinal } from '../../contract/migrationStatus.ts';
import type { Problem } from '../../errors.ts';
import { startLocalApp } from '../app/startLocalApp.ts';
import type { CommandContext } from '../commandContext.ts';
import { makePlace, placeOf } from '../place/stateDirectory.ts';
import type { RunPlan } from '../plan/runPlan.ts';
import { follow } from '../run/follow.ts';
import { patienceFor } from '../run/patience.ts';

const INTERVAL_MS = 300;

/**
 * What keeps a migration of these ends from beginning, all of it at once: a dry run in a state directory of its own, which is
 * over as soon as it has looked at both ends. Nothing is written to them, and nothing stays on this machine.
 */
export async function lookAtEnds(context: CommandContext, plan: RunPlan): Promise<readonly Problem[]> {
  const { env, output, options, signal } = context;
  const directory = await mkdtemp(join(tmpdir(), 'mlflow-migrate-look-'));
  const seen = new AbortController();
  let problems: readonly Problem[] = [];
  try {
    const place = placeOf(directory, 'look');
    makePlace(place);
    const app = await startLocalApp({
      place,
      settings: plan.settings,
      needsMongod: plan.needsMongod,
      resume: true,
      isPassing: true,
      env,
      output,
      isVerbose: options.isVerbose,
      signal,
    });
    try {
      const { id } = await app.client.start('analyses', plan.body);
      const end = follow({
        client: app.client,
        id,
        intervalMs: INTERVAL_MS,
        patience: patienceFor(app, plan),
        signal: AbortSignal.any([signal, seen.signal]),
        onStatus: (status) => {
          if (isFinal(status.status)) problems = status.failures;
          // Where the look has found something, the report comes next.
          else if (status.phase === 'plan') seen.abort();
        },
        onContact: () => undefined,
      });
      await Promise.race([end, app.failed]);
    } catch (error) {
      signal.throwIfAborted();
      if (!seen.signal.aborted) throw error;
    } finally {
      await app.stop();
    }
    return problems;
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  }
}
