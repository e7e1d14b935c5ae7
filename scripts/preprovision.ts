/**
 * Hook of azd before it provisions: settles which addresses may call the API, and stores a new answer in the azd environment.
 * Exit code 1 where nothing was said and nobody can be asked.
 */
import { spawnSync } from 'node:child_process';
import { isIP } from 'node:net';
import { createInterface, type Interface } from 'node:readline/promises';
import { chooseAddresses, VARIABLE } from './chooseAddresses.ts';

const ADDRESS_SERVICE = 'https://api.ipify.org';
const TIMEOUT_MS = 5_000;

async function ownAddress(): Promise<string | null> {
  if (!process.stdin.isTTY) return null;
  try {
    const response = await fetch(ADDRESS_SERVICE, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = (await response.text()).trim();
    return response.ok && isIP(text) !== 0 ? text : null;
  } catch {
    return null;
  }
}

let terminal: Interface | null = null;

async function ask(question: string): Promise<string | null> {
  if (!process.stdin.isTTY) return null;
  terminal ??= createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } catch {
    // The terminal was closed.
    return null;
  }
}

const choice = await chooseAddresses(process.env, { ask, ownAddress });
// The type checker does not see that ask has set it.
(terminal as Interface | null)?.close();
if (!choice.ok) {
  process.stderr.write(choice.message);
  process.exitCode = 1;
} else {
  process.stdout.write(choice.message);
  if (choice.isNew && choice.list !== null) {
    const { status } = spawnSync('azd', ['env', 'set', VARIABLE, choice.list], { stdio: 'inherit' });
    if (status !== 0) {
      process.stderr.write(`The answer could not be stored: azd env set ${VARIABLE} ${choice.list}\n`);
      process.exitCode = 1;
    }
  }
}
