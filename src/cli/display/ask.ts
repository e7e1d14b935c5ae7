import { createInterface } from 'node:readline/promises';
import { Declined } from '../declined.ts';
import type { Output } from './output.ts';

/** One line that somebody types; null where the terminal's end comes before it. */
async function readAnswer(prompt: string, output: Output, signal: AbortSignal): Promise<string | null> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  // In this mode Ctrl-C reaches the question, not the process.
  lines.on('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const closed = new Promise<null>((resolve) => lines.once('close', () => resolve(null)));
  try {
    return await Promise.race([lines.question(`${output.style('yellow', '?')} ${prompt} `, { signal }), closed]);
  } finally {
    lines.close();
  }
}

/** Asks a yes-or-no question on the terminal; anything but yes is no. Only to be called when {@link Output.canAsk}. */
export async function ask(question: string, output: Output, signal: AbortSignal): Promise<boolean> {
  return /^y(?:es)?$/i.test(((await readAnswer(`${question} [y/N]`, output, signal)) ?? '').trim());
}

/**
 * Asks for a line until `read` can make something of it; what it throws is said, and it is asked again. Only to be called when
 * {@link Output.canAsk}. Throws {@link Declined} where the terminal's end comes in its place.
 */
export async function askFor<T>(
  question: string,
  output: Output,
  signal: AbortSignal,
  read: (answer: string) => T,
): Promise<T> {
  for (;;) {
    const answer = await readAnswer(question, output, signal);
    if (answer === null) throw new Declined('Nothing was done: there was no answer');
    try {
      return read(answer.trim());
    } catch (error) {
      output.error(error instanceof Error ? error.message : 'That is no answer');
    }
  }
}
