import type { ReadSourceClockInput, SourceMoment } from '../contract/steps/readSourceClock.ts';
import { isChosen } from '../contract/tableChoice.ts';
import type { Services } from '../runtime/services.ts';
import { countWriters } from '../source/countWriters.ts';
import { changedTables, readFingerprint } from '../source/fingerprint.ts';
import { readClock } from '../source/readClock.ts';
import { readStandstill } from '../source/readStandstill.ts';
import { readTimeline } from '../source/timeline.ts';
import { useSource } from './shared/useEnds.ts';

/**
 * Reads the source's clock, where the next catch-up pass begins, and in the same snapshot whether its tables are those that
 * were planned for: what came into a table without being written there (renamed, attached, inherited) would be overlooked by
 * row versions. How far the target is behind is measured.
 */
export async function readSourceClock(
  services: Services,
  input: ReadSourceClockInput,
  signal: AbortSignal,
): Promise<SourceMoment> {
  const { id, request, upTo, countsWriters = false } = input;
  const { plan } = await services.planned(id, input.planStamp);
  const { clock, fingerprint, writers, standstill, isElsewhere } = await useSource(
    services,
    input,
    plan,
    signal,
    async (source) => {
      const moment = await source.read(async (client) => ({
        clock: await readClock(client, source.hasSeveralHosts),
        standstill: await readStandstill(client),
        fingerprint: await readFingerprint(client, plan.schema.schema),
        writers: countsWriters ? { writers: await countWriters(client, plan.schema.schema) } : {},
      }));
      // Of several hosts each one that is read has come as far as the clock before.
      const timeline = source.hasSeveralHosts ? null : await readTimeline(source);
      const isElsewhere = timeline !== null && plan.timeline != null && timeline.timeline !== plan.timeline;
      return { ...moment, isElsewhere };
    },
  );
  if (upTo !== null && clock.at !== null) {
    const catchUpLagSeconds = Math.max(0, (Date.parse(clock.at) - Date.parse(upTo)) / 1000);
    services.metrics.record(id, 'readSourceClock', { catchUpLagSeconds });
    services.heartbeat(id, input.planStamp).counter.noteLag(Math.round(catchUpLagSeconds));
  }
  // A limited run minds the tables that it carries, of which some stand inside others' documents.
  const isWanted = (table: string) =>
    (request.tables === null && isChosen(request, table)) || Object.hasOwn(plan.tableRows, table);
  return {
    clock,
    changedTables: changedTables(plan.fingerprint, fingerprint).filter(isWanted),
    ...(standstill === null ? {} : { standstill }),
    ...(isElsewhere ? { isElsewhere: true } : {}),
    ...writers,
  };
}
