import type { CommandContext } from '../context.ts';
import { requireRun } from '../findRun.ts';
import { openApp } from '../openApp.ts';
import { statusText } from '../statusText.ts';

/** `mlflow-migrate status`: how far a run is, on stdout. Returns the exit code: 0, also for a run that failed. */
export const runStatus = async (context: CommandContext): Promise<number> => {
  const { options, output } = context;
  const { app, wanted, place } = await openApp(context);
  try {
    const status = await requireRun(app.client, wanted);
    await output.result(
      options.isJson
        ? `${JSON.stringify(status, null, 2)}\n`
        : statusText(status, place === null ? null : options.stateDirectory),
    );
    return 0;
  } finally {
    await app.stop();
  }
};
