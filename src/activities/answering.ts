import type { InvocationContext } from '@azure/functions';
import type { ActivityHandler } from 'durable-functions';
import type { z } from 'zod';
import { redact } from '../config/redact.ts';
import type { Answer } from '../contract/answer.ts';
import { isNewer, MESSAGE_VERSION } from '../contract/messageVersion.ts';
import { readMessage } from '../contract/readMessage.ts';
import type { Shape } from '../contract/shape.ts';
import type { UnitInput } from '../contract/unit.ts';
import { isPermanent, MigrationError, toProblem } from '../errors.ts';
import { type LogFields, logEvent } from '../runtime/logEvent.ts';
import type { Services } from '../runtime/services.ts';
import { stopReason } from '../runtime/stopReason.ts';
import { traceOf } from '../runtime/traceOf.ts';
import { LAST_MS, untilTimeIsUp } from '../runtime/untilTimeIsUp.ts';
import type { MetricName, MetricValues } from '../telemetry/metrics.ts';
import { watchRun } from './watchRun.ts';

/** What every step is told: the migration, and where there is one the stamp of its plan. */
interface StepMessage {
  readonly id: string;
  readonly planStamp?: string;
}

/** How an activity differs from others. */
interface AnsweringOptions<O> {
  /** Is it done for a cancelled migration too? */
  readonly evenIfCancelled?: boolean;
  /** What its line in the log tells of the result: numbers and names, no row values. Without it nothing. */
  readonly summary?: (value: O) => LogFields;
}

const NEVER = new AbortController().signal;
/** What an activity still stores once its work has been given up, before it answers at the end of its process in any case. */
const LAST_WORDS_MS = 500;

/**
 * Makes an activity of a piece of work: failures become data (see {@link Answer}), and a migration that was cancelled in
 * the meantime is not worked on. The signal aborts when work should stop: cancelled, suspended, or the process is asked to
 * end; what was suspended or cut off by the end of the process is a passing failure. A moment later the activity answers, whatever
 * it waits for. The message is read by `schema`: one of another release or shape is a failure too.
 */
export function answering<S extends z.ZodType<StepMessage>, O>(
  services: Services,
  schema: S,
  work: (services: Services, input: Shape<S>, signal: AbortSignal) => Promise<O>,
  options: AnsweringOptions<O> = {},
): ActivityHandler {
  const answer = async (message: unknown, context: InvocationContext): Promise<Answer<O>> => {
    const begun = performance.now();
    const id = instanceIdOf(message);
    let stop = NEVER;
    let input: Shape<S> | undefined;
    const version = MESSAGE_VERSION;
    try {
      const read = readMessage(schema, message);
      input = read;
      const value =
        options.evenIfCancelled === true
          ? // No word stops it, but it shows that it lives.
            await services.heartbeat(read.id, null).during(() => work(services, read, stop))
          : await services.heartbeat(read.id, read.planStamp ?? null).during(
              async (signal) => {
                stop = signal;
                if (stopReason(signal) === 'cancel') throw signal.reason;
                return await untilTimeIsUp(signal, work(services, read, signal));
              },
              watchRun(context, read.id),
            );
      await log(services, context, id, performance.now() - begun, { ...unitOf(read), ...options.summary?.(value) });
      return { version, ok: true, value };
    } catch (caught) {
      // Whatever failed once work was asked to stop failed by that.
      const error: unknown = stop.aborted ? stop.reason : caught;
      const isInterrupted = stop.aborted && stopReason(stop) !== 'cancel';
      const problem = toProblem(error);
      const failure = { ...unitOf(input), kind: problem.kind, message: problem.message };
      await log(services, context, id, performance.now() - begun, failure);
      if (!(error instanceof MigrationError) && error instanceof Error) context.error(redact(traceOf(error)));
      // While a deployment goes on, another attempt may come to a process of the newer release.
      return { version, ok: false, problem, isTransient: isInterrupted || isNewer(message) || !isPermanent(error) };
    }
  };
  // Storage that does not answer must not hold up the end of the process either.
  const lastMs = LAST_MS + LAST_WORDS_MS;
  return (message: unknown, context: InvocationContext) =>
    services.running.during(() =>
      untilTimeIsUp(services.shutdown, answer(message, context), lastMs).catch(interruptedBy),
    );
}

/** The answer of an activity that the end of its process cut off; it is begun again. */
function interruptedBy(reason: unknown): Answer<never> {
  return { version: MESSAGE_VERSION, ok: false, problem: toProblem(reason), isTransient: true };
}

/** One line for the host's log and one for the migration's own, and the numbers among them as metrics. */
async function log(
  services: Services,
  context: InvocationContext,
  id: string | null,
  durationMs: number,
  fields: LogFields,
): Promise<void> {
  const event = { activity: context.functionName, durationMs: Math.round(durationMs), ...fields };
  context.log(JSON.stringify({ event: 'activity-done', migration: id, ...event }));
  if (id === null) return;
  services.metrics.record(id, context.functionName, measuredIn(fields, durationMs));
  await logEvent(services.blobs, id, 'activity-done', event);
}

/** Metrics by the field of a log line that they are taken from. */
const MEASURED_FIELDS: readonly (readonly [MetricName, string])[] = [
  ['rows', 'rows'],
  ['rowErrors', 'errors'],
  ['bytes', 'bytes'],
  ['requestUnits', 'requestUnits'],
  ['throttled', 'throttled'],
];

function measuredIn(fields: LogFields, durationMs: number): MetricValues {
  const found = MEASURED_FIELDS.map(([name, field]) => [name, fields[field]] as const);
  const numbers = Object.fromEntries(found.filter(([, value]) => typeof value === 'number')) as MetricValues;
  return { ...numbers, activitySeconds: durationMs / 1000 };
}

/** The migration that a message is for, also where the rest of it cannot be read; null where it does not say. */
function instanceIdOf(message: unknown): string | null {
  const { id } = (message ?? {}) as { readonly id?: unknown };
  return typeof id === 'string' ? id : null;
}

function unitOf(input: unknown): LogFields {
  const { unit, lost } = (input ?? {}) as Partial<Pick<UnitInput, 'unit' | 'lost'>>;
  if (unit === undefined) return {};
  // Attempts that gave no answer wrote no line of their own.
  return lost === undefined ? { unit } : { unit, lost: lost.times, lostHow: lost.how };
}
