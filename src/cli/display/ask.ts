import { createInterface } from 'node:readline/promises';
import type { Output } from './output.ts';

/** Asks a yes-or-no question on the terminal; anything but yes is no. Only to be called when {@link Output.canAsk}. */
export async function ask(question: string, output: Output, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // In this mode Ctrl-C reaches the question, not the process.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  try {
    const answer = await lines.question(`${output.style('yellow', '?')} ${question} [y/N] `, { signal });
    return /^y(?:es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
