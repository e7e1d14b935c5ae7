import { openApp } from '../app/openApp.ts';
import type { CommandContext } from '../commandContext.ts';
import { statusText } from '../display/statusText.ts';
import { requireRun } from '../run/findRun.ts';

/** `mlflow-migrate status`: how far a run is, on stdout. Returns the exit code: 0, also for a run that failed. */
export async function runStatus(context: CommandContext): Promise<number> {
  const { options, output } = context;
  const { app, wanted } = await openApp(context);
  try {
    const status = await requireRun(app.client, wanted);
    await output.result(
      options.isJson
        ? `${JSON.stringify(status, null, 2)}\n`
        : output.fit(output.asCalled(statusText(status, options))),
    );
    return 0;
  } finally {
    await app.stop();
  }
}
