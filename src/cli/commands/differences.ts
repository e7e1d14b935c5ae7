import { openApp } from '../app/openApp.ts';
import type { CommandContext } from '../commandContext.ts';
import { requireRun } from '../run/findRun.ts';
import { withoutReport } from '../run/withoutReport.ts';

/**
 * `mlflow-migrate differences`: what a run found different and what it deleted, as lines of JSON on stdout. Returns the exit code. Throws
 * `not-found` once they are printed where the run has no report: that there are no more can be said of one that has ended alone.
 */
export async function runDifferences(context: CommandContext): Promise<number> {
  const { options, output } = context;
  const { app, wanted, place } = await openApp(context);
  try {
    const run = await requireRun(app.client, wanted);
    context.facts.id = run.id;
    for await (const piece of app.client.differences(run.id)) {
      await output.result(piece);
      if (output.isClosed()) return 0;
    }
    await app.client.report(run.id, 'json').catch((error: unknown) => {
      throw withoutReport(error, run, place === null ? null : options.stateDirectory);
    });
    return 0;
  } finally {
    await app.stop();
  }
}
