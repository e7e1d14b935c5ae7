import { MigrationError } from '../errors.ts';
import { showPath } from './describeFaults.ts';

/** Nothing that this program reads is nested deeper than ten levels; a text of brackets alone must not exhaust the stack. */
const MAX_DEPTH = 100;

/** Ends a scan. The message repeats no value of the text, which may hold a password. */
class Stop extends Error {
  readonly at: number;
  /** How the message goes on from the name of the text to the place. */
  readonly verdict: '' | ' is not JSON';
  constructor(at: number, reason: string, verdict: Stop['verdict'] = ' is not JSON') {
    super(reason);
    this.at = at;
    this.verdict = verdict;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in a string.
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const BLANK = /[ \t\r\n]*/y;

/** Length of the match of a sticky pattern at a position, or -1. */
const matchAt = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? -1;
};

const scan = (text: string): void => {
  let at = 0;
  let depth = 0;
  const blank = (): void => {
    at += matchAt(BLANK, text, at);
  };
  const fail = (reason: string): never => {
    throw new Stop(at, at >= text.length ? 'the text ends too early' : reason);
  };
  const string = (what: string): void => {
    if (text[at] !== '"') fail(text[at] === "'" ? 'strings take double quotes' : `${what} is expected here`);
    const length = matchAt(STRING, text, at);
    if (length < 0) fail('a string that starts here does not end, or holds a line break or a wrong escape');
    at += length;
  };
  const items = (close: string, item: () => void): void => {
    if (depth === MAX_DEPTH) throw new Stop(at, `more than ${MAX_DEPTH} levels are nested here`, '');
    at += 1;
    blank();
    if (text[at] === close) {
      at += 1;
      return;
    }
    depth += 1;
    for (;;) {
      item();
      blank();
      if (text[at] === close) break;
      if (text[at] !== ',') fail(`a comma or ${close} is expected here`);
      at += 1;
      blank();
      if (text[at] === close) fail(`a comma stands before ${close}`);
    }
    depth -= 1;
    at += 1;
  };
  const value = (): void => {
    blank();
    const first = text[at];
    if (first === '{') {
      const keys = new Set<string>();
      items('}', () => {
        const start = at;
        string('a key in double quotes');
        const key = JSON.parse(text.slice(start, at)) as string;
        if (keys.has(key)) throw new Stop(start, `the key ${showPath([key])} is here a second time`, '');
        keys.add(key);
        blank();
        if (text[at] !== ':') fail('a colon is expected here');
        at += 1;
        value();
      });
    } else if (first === '[') {
      items(']', value);
    } else if (first === '"' || first === "'") {
      string('a value');
    } else {
      const length = matchAt(SCALAR, text, at);
      if (length < 0) fail(first === '/' || first === '#' ? 'JSON has no comments' : 'a value is expected here');
      at += length;
    }
  };
  value();
  blank();
  if (at < text.length) fail('something follows the end of the document');
};

/**
 * A JSON text as a value. Throws MigrationError('config') that begins with `what` and says line and column, counted from 1,
 * for what is no JSON (JSON.parse tells the place for some faults only, and quotes the text, which may hold a password, for
 * the others) and for a key that an object has twice, of which JSON.parse would drop the first without a word.
 */
export const parseJsonStrictly = (text: string, what: string): unknown => {
  const json = text.replace(/^\uFEFF/, '');
  try {
    scan(json);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const before = json.slice(0, error.at).split('\n');
    const place = `line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1}`;
    throw new MigrationError('config', `${what}${error.verdict}: ${place}: ${error.message}`, {
      hint: 'Correct it at that place',
    });
  }
  return JSON.parse(json);
};
