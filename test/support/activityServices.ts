import type { Services } from '../../src/runtime/services.ts';

/** All that an activity asks of its services beside its work: nothing stops it, and nobody listens. */
export function activityServices(): Services {
  const during = (work: (signal: AbortSignal) => unknown) => work(new AbortController().signal);
  return {
    heartbeat: () => ({ during }),
    running: { during },
    shutdown: new AbortController().signal,
    metrics: { record: () => undefined },
    blobs: { append: () => Promise.resolve() },
  } as unknown as Services;
}
