import { appendFileSync } from 'node:fs';
import { type InvocationRequest, Worker } from '../../src/worker/worker.ts';

/** One call of an orchestrator or an activity as its worker sees it; a call that ends gets a second line with the same number. */
export interface TraceLine {
  readonly call: number;
  readonly kind: 'turn' | 'activity';
  readonly instance: string;
  readonly function: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly ended?: number;
  /** What was handed over: the trigger's JSON for a turn, its typed data for an activity. */
  readonly given: unknown;
  /** The answer of the SDK for a turn, typed data for an activity. */
  readonly answer?: unknown;
  readonly thrown?: string;
}

// Loaded into a host's process with --import: writes every turn and activity call to the file named by RECORD_FILE.
const file = process.env['RECORD_FILE'];
if (file !== undefined) record(file);

function record(to: string): void {
  const invoke = Worker.prototype.invoke;
  let calls = 0;
  Worker.prototype.invoke = async function (target, request) {
    if (target.triggerType === 'httptrigger') return invoke.call(this, target, request);
    const write = (line: Partial<TraceLine>): void => appendFileSync(to, `${JSON.stringify(line)}\n`);
    const kind = target.triggerType === 'activitytrigger' ? 'activity' : 'turn';
    const known = {
      call: calls++,
      kind,
      instance: instanceOf(request),
      function: target.name,
      at: Date.now(),
    } as const;
    const given = kind === 'turn' ? JSON.parse(textOf(request)) : (request.inputData[0]?.data ?? {});
    write({ ...known, given });
    try {
      const outcome = await invoke.call(this, target, request);
      const answer = kind === 'turn' ? outcome.result : ((await outcome.toResponse()).returnValue ?? null);
      write({ ...known, given, answer, ended: Date.now() });
      return outcome;
    } catch (error) {
      write({ ...known, given, thrown: error instanceof Error ? error.message : String(error), ended: Date.now() });
      throw error;
    }
  };
}

function instanceOf(request: InvocationRequest): string {
  return request.triggerMetadata?.['instanceId']?.string ?? '';
}

function textOf(request: InvocationRequest): string {
  return request.inputData[0]?.data.json ?? 'null';
}
