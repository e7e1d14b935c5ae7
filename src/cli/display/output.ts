import { styleText } from 'node:util';
import type { Environment } from '../../config/environment.ts';
import { redact } from '../../config/redact.ts';
import { asCalled } from './programCall.ts';
import { wrapText } from './wrapText.ts';

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
  /** A text whose commands begin as this program was called, so that they can be pasted. Lines on stderr are made so without being asked for. */
  readonly asCalled: (text: string) => string;
  /** A text for people as it fits the terminal that stdout is, its commands as {@link asCalled}; elsewhere as it is, as programs read its lines. */
  readonly fit: (text: string) => string;
  /** True where stdout and stderr are terminals: what stands in one need not be said in the other. */
  readonly isOneScreen: boolean;
  /** One line on stderr, unless `--quiet`; on a terminal broken where it is too wide. */
  readonly note: (line: string) => void;
  /** One line on stderr, also under `--quiet`. */
  readonly error: (line: string) => void;
  /** One line on stderr that is to be copied, so that it is not broken. */
  readonly copyable: (line: string) => void;
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

/**
 * The output on real streams. A reader that closes stdout or stderr early (`| head`) is no error. `call` is how this program was
 * called.
 */
export function createOutput(streams: Streams, env: Environment, isQuiet: boolean, call: string): Output {
  const { stdin, stdout, stderr } = streams;
  const isTerminal = stderr.isTTY === true;
  const hasColour = isTerminal && !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  for (const stream of [stdout, stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
    });
  }
  const columnsOf = (stream: NodeJS.WriteStream): number => Number(env['COLUMNS']) || stream.columns || 80;
  const write = (line: string, mayBreak = true): void => {
    const safe = asCalled(redact(line), call);
    const writeNow = (): void => {
      stderr.write(`${isTerminal && mayBreak ? wrapText(safe, columnsOf(stderr)) : safe}\n`);
    };
    if (output.aroundLines === null) writeNow();
    else output.aroundLines(writeNow);
  };
  const output: Output = {
    isLive: isTerminal && !isQuiet && !env['CI'] && env['TERM'] !== 'dumb',
    canAsk: isTerminal && stdin.isTTY === true,
    isQuiet,
    size: () => ({ columns: columnsOf(stderr), rows: stderr.rows || 24 }),
    result: (text) =>
      new Promise((resolve) => {
        // With EPIPE the callback gets the error that the listener above has dealt with.
        stdout.write(text, () => resolve());
      }),
    isClosed: () => stdout.destroyed,
    asCalled: (text) => asCalled(text, call),
    fit: (text) => (stdout.isTTY === true ? wrapText(asCalled(text, call), columnsOf(stdout)) : text),
    isOneScreen: isTerminal && stdout.isTTY === true,
    note: (line) => {
      if (!isQuiet) write(line);
    },
    error: (line) => write(line),
    copyable: (line) => write(line, false),
    draw: (text) => {
      stderr.write(text);
    },
    aroundLines: null,
    style: (format, text) => (hasColour ? styleText(format, text, { validateStream: false }) : text),
  };
  return output;
}
