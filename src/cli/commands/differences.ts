import type { MigrationReport } from '../../contract/migrationReport.ts';
import { openApp } from '../app/openApp.ts';
import type { CommandContext } from '../commandContext.ts';
import { runWords } from '../display/statusText.ts';
import { requireRun } from '../run/findRun.ts';
import { withoutReport } from '../run/withoutReport.ts';

/**
 * `mlflow-migrate differences`: what a run found different and what it deleted, as lines of JSON on stdout. Returns the exit code. Throws
 * `not-found` once they are printed where the run has no report: that there are no more can be said of one that has ended alone.
 */
export async function runDifferences(context: CommandContext): Promise<number> {
  const { options, output } = context;
  const { app, wanted } = await openApp(context);
  try {
    const run = await requireRun(app.client, wanted);
    context.facts.id = run.id;
    if (options.name === null) output.note(runWords(run));
    for await (const piece of app.client.differences(run.id)) {
      await output.result(piece);
      if (output.isClosed()) return 0;
    }
    const report = await app.client.report(run.id, 'json').catch((error: unknown) => {
      throw withoutReport(error, run, options);
    });
    const { validation } = JSON.parse(report) as Partial<Pick<MigrationReport, 'validation'>>;
    if (validation === undefined) {
      output.note(`${run.name} is a way back: its report lists what it changes`);
      return 0;
    }
    const { content } = validation;
    // No line means that nothing differs only where every row was compared.
    if (content === 'skipped' || content === 'incomplete')
      output.note(
        `${run.name} has not compared ${content === 'skipped' ? 'rows with documents' : 'every row with its document'}: there may be differences that it has not found`,
      );
    return 0;
  } finally {
    await app.stop();
  }
}
