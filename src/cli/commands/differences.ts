import { openApp } from '../app/openApp.ts';
import type { CommandContext } from '../commandContext.ts';
import { requireRun } from '../run/findRun.ts';

/** `mlflow-migrate differences`: what a run found different and what it deleted, as lines of JSON on stdout. Returns the exit code. */
export async function runDifferences(context: CommandContext): Promise<number> {
  const { app, wanted } = await openApp(context);
  try {
    const { id } = await requireRun(app.client, wanted);
    context.facts.id = id;
    for await (const piece of app.client.differences(id)) {
      await context.output.result(piece);
      if (context.output.isClosed()) break;
    }
    return 0;
  } finally {
    await app.stop();
  }
}
