import type { LayoutName } from '../../src/contract/layoutName.ts';
import type { MigrationRequest } from '../../src/contract/migrationRequest.ts';
import { Services } from '../../src/runtime/services.ts';
import { copyUnit } from '../../src/steps/copyUnit.ts';
import { prepareTarget } from '../../src/steps/prepareTarget.ts';
import { NO_METRICS } from '../../src/telemetry/metrics.ts';
import type { FixtureVersion } from './fixtures.ts';
import { MemoryBlobs } from './memoryBlobs.ts';
import { openStepPair, type StepPair } from './stepPair.ts';
import { wholePlan } from './wholePlan.ts';

/** What the steps of a run are told that has copied everything. */
export interface CopyingRun {
  readonly id: string;
  readonly planStamp: string;
  readonly request: MigrationRequest;
  readonly writer: string;
}

/** A pair whose source has been copied, by a run that goes on. */
export interface CopiedPair extends StepPair {
  readonly run: CopyingRun;
  /** The app's services, whose activities work so long before they hand back what is left. */
  services(timeoutMs?: number): Services;
}

/** Copies a fixture, with what a statement adds to it. Whoever opens it closes its connections. */
export async function openCopiedPair(release: FixtureVersion, layout: LayoutName, sql: string): Promise<CopiedPair> {
  const never = new AbortController().signal;
  const opened = await openStepPair(release, sql);
  const blobs = new MemoryBlobs();
  const services = (timeoutMs = Number.POSITIVE_INFINITY) =>
    new Services(opened.connections, blobs, NO_METRICS, never, timeoutMs);
  const request = { ...opened.request, layout };
  const id = 'copied';
  const all = services();
  const { stamp: planStamp, units } = await wholePlan(all, { id, request });
  const { writer } = await prepareTarget(all, { id, planStamp, run: 'first', request }, never);
  const run = { id, planStamp, request, writer };
  for (let unit = 0; unit < units; unit++)
    await copyUnit(all, { ...run, notBefore: null, unit, only: null, skip: [], since: null }, never);
  return { ...opened, request, run, services };
}
