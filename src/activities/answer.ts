import type { InvocationContext } from '@azure/functions';
import type { ActivityHandler } from 'durable-functions';
import { redact } from '../config/redact.ts';
import { ERROR_POLICY, MigrationError, toProblem } from '../errors.ts';
import type { Answer } from '../orchestrators/messages.ts';
import { readControl, stopped } from '../work/pulse.ts';
import type { Workplace } from '../work/workplace.ts';

/**
 * Makes an activity of a piece of work: failures become data (see {@link Answer}), and a migration that was cancelled in
 * the meantime is not worked on. The inputs are this program's own orchestrations', so their shape is not checked again.
 */
export function answering<I extends { readonly id: string }, O>(
  workplace: Workplace,
  work: (workplace: Workplace, input: I) => Promise<O>,
  options: { readonly evenIfCancelled: boolean } = { evenIfCancelled: false },
): ActivityHandler {
  return async (input: I, context: InvocationContext): Promise<Answer<O>> => {
    const begun = performance.now();
    try {
      if (!options.evenIfCancelled && (await readControl(workplace.blobs, input.id)) === 'cancel')
        throw stopped('cancel');
      const value = await work(workplace, input);
      log(context, input.id, performance.now() - begun, null);
      return { ok: true, value };
    } catch (error) {
      const problem = toProblem(error);
      log(context, input.id, performance.now() - begun, problem.kind);
      if (!(error instanceof MigrationError) && error instanceof Error)
        context.error(redact(error.stack ?? error.message));
      const isTransient = !(error instanceof MigrationError) || ERROR_POLICY[error.kind].transient;
      return { ok: false, problem, isTransient };
    }
  };
}

function log(context: InvocationContext, id: string, durationMs: number, kind: string | null): void {
  const event = { event: 'activity-done', activity: context.functionName, id, durationMs: Math.round(durationMs) };
  context.log(JSON.stringify(kind === null ? event : { ...event, kind }));
}
