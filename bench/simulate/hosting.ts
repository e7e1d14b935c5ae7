import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where the app runs, and how its messages travel. */
export interface Hosting {
  /** Activities that an instance runs at once. */
  readonly activitiesPerInstance: number;
  /** A queue that was silent is looked at this seldom; 0 where messages are handed over in the process. */
  readonly maxPollingMs: number;
  /** What a message takes besides waiting for the next look. */
  readonly messageMs: number;
  readonly maxInstances: number;
  /** From the decision for an instance to its first activity. */
  readonly coldStartMs: number;
  /** Cores of an instance that activities find: one thread runs JavaScript. */
  readonly coresPerInstance: number;
  /** Do all parties share these cores, as on the machine of the bench? */
  readonly isOneMachine: boolean;
}

interface HostJson {
  readonly extensions: {
    readonly durableTask: {
      readonly maxConcurrentActivityFunctions: number;
      readonly storageProvider: { readonly maxQueuePollingInterval: string };
    };
  };
}

/** `functionTimeout` of host.json, read by its own spelling. */
interface WithTimeout {
  readonly functionTimeout: string;
}

const HOST_JSON = JSON.parse(readFileSync(join(import.meta.dirname, '../../host.json'), 'utf8')) as HostJson &
  WithTimeout;
const { maxConcurrentActivityFunctions, storageProvider } = HOST_JSON.extensions.durableTask;

/** How long an activity may take on Functions. */
export const FUNCTION_TIMEOUT_MS = millisecondsOf(HOST_JSON.functionTimeout);

/** The machine of `npm run bench`: the local host, which hands messages over in its own process. */
export function localMachine(cores: number): Hosting {
  return {
    activitiesPerInstance: maxConcurrentActivityFunctions,
    maxPollingMs: 0,
    messageMs: 2,
    maxInstances: 1,
    coldStartMs: 0,
    coresPerInstance: cores,
    isOneMachine: true,
  };
}

/**
 * Azure Functions with Azure Storage behind it. Assumed, as nothing here was measured there: a message costs two round trips of
 * 10 ms to storage, an instance with its app is up after 8 s, and there are at most 40 of them.
 */
export const AZURE_FUNCTIONS: Hosting = {
  activitiesPerInstance: maxConcurrentActivityFunctions,
  maxPollingMs: millisecondsOf(storageProvider.maxQueuePollingInterval),
  messageMs: 20,
  maxInstances: 40,
  coldStartMs: 8_000,
  coresPerInstance: 1,
  isOneMachine: false,
};

function millisecondsOf(time: string): number {
  const [hours, minutes, seconds] = time.split(':').map(Number) as [number, number, number];
  return ((hours * 60 + minutes) * 60 + seconds) * 1_000;
}
