import type { ActivityHandler } from 'durable-functions';
import type { MigrateInput } from '../orchestrators/messages.ts';
import { readClock, type SourceClock } from '../source/changes.ts';
import type { Workplace } from '../work/workplace.ts';
import { answering } from './answer.ts';

/** `upTo`: the instant of the source that the target has caught up with, null before the first pass. */
export interface ReadSourceClockInput extends Pick<MigrateInput, 'id' | 'request'> {
  readonly upTo: string | null;
}

/** Reads the source's clock: where the next catch-up pass begins. How far the target is behind it then is measured. */
export const makeReadSourceClock = (workplace: Workplace): ActivityHandler => answering(workplace, readSourceClock);

async function readSourceClock(
  place: Workplace,
  { id, request, upTo }: ReadSourceClockInput,
  signal: AbortSignal,
): Promise<SourceClock> {
  const source = (await place.connections.source(request.source)).until(signal);
  const clock = await source.read(readClock);
  if (upTo !== null) {
    const catchUpLagSeconds = Math.max(0, (Date.parse(clock.at) - Date.parse(upTo)) / 1000);
    place.metrics.record(id, 'readSourceClock', { catchUpLagSeconds });
  }
  return clock;
}
