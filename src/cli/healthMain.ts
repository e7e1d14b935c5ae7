/**
 * `node healthMain.js [STATE_DIRECTORY]`, the health check of the image: ends with 1 where the host of a migration runs in that
 * directory and gives no answer, with 0 where all of them answer or none runs.
 */
import { DEFAULT_STATE_DIRECTORY } from './options/readOptions.ts';
import { placeNames, placeOf, readLiveHost } from './place/stateDirectory.ts';

/** Less than the health check itself may take (Dockerfile). */
const ANSWER_MS = 10_000;

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(`${url}/api/health`, { signal: AbortSignal.timeout(ANSWER_MS) })).ok;
  } catch {
    // It hangs, or has ended this moment: the next check tells which.
    return false;
  }
}

const directory = process.argv[2] ?? DEFAULT_STATE_DIRECTORY;
const names = await placeNames(directory);
const hosts = await Promise.all(names.map((name) => readLiveHost(placeOf(directory, name))));
const healths = await Promise.all(hosts.filter((host) => host !== null).map(({ url }) => answers(url)));
process.exitCode = healths.every((isHealthy) => isHealthy) ? 0 : 1;
