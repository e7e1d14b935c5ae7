import { styleText } from 'node:util';
import type { Environment } from '../../config/environment.ts';
import { redact } from '../../config/redact.ts';

/** Where the command writes: stdout is the result, stderr everything else. */
export interface Output {
  /** True when stderr is a terminal that may be redrawn. */
  readonly isLive: boolean;
  /** True when somebody can be asked: both stdin and stderr are a terminal. */
  readonly canAsk: boolean;
  /** True under `--quiet`: no progress and no notes. */
  readonly isQuiet: boolean;
  /** Columns and rows of the terminal now. */
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** Writes text, or pieces of one in UTF-8, to stdout; returns when it is handed over. */
  readonly result: (text: string | Uint8Array) => Promise<void>;
  /** Has the reader of stdout gone (`| head`)? What is written is lost then. */
  readonly isClosed: () => boolean;
  /** One line on stderr, unless `--quiet`. */
  readonly note: (line: string) => void;
  /** One line on stderr, also under `--quiet`. */
  readonly error: (line: string) => void;
  /** Raw text to stderr, for the live display. */
  readonly draw: (text: string) => void;
  /** Called before and after other lines are written, so that the live display can make room. */
  aroundLines: ((write: () => void) => void) | null;
  readonly style: (format: 'bold' | 'dim' | 'green' | 'red' | 'yellow' | 'cyan', text: string) => string;
}

interface Streams {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
}

/** The output on real streams. A reader that closes stdout or stderr early (`| head`) is no error. */
export function createOutput(streams: Streams, env: Environment, isQuiet: boolean): Output {
  const { stdin, stdout, stderr } = streams;
  const isTerminal = stderr.isTTY === true;
  const hasColour = isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const write = (line: string): void => {
    const writeNow = (): void => {
      stderr.write(`${redact(line)}\n`);
    };
    if (output.aroundLines === null) writeNow();
    else output.aroundLines(writeNow);
  };
  const output: Output = {
    isLive: isTerminal && !isQuiet && !env['CI'] && env['TERM'] !== 'dumb',
    canAsk: isTerminal && stdin.isTTY === true,
    isQuiet,
    size: () => ({ columns: stderr.columns || 80, rows: stderr.rows || 24 }),
    result: (text) =>
      new Promise((resolve) => {
        // With EPIPE the callback gets the error that the listener above has dealt with.
        stdout.write(text, () => resolve());
      }),
    isClosed: () => stdout.destroyed,
    note: (line) => {
      if (!isQuiet) write(line);
    },
    error: write,
    draw: (text) => {
      stderr.write(text);
    },
    aroundLines: null,
    style: (format, text) => (hasColour ? styleText(format, text, { validateStream: false }) : text),
  };
  return output;
}
