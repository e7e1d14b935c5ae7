/** Where a text stops being JSON. `line` and `column` count from 1. */
export interface JsonFault {
  readonly line: number;
  readonly column: number;
  /** What is wrong there; repeats nothing of the text, which may hold a password. */
  readonly reason: string;
}

class Stop extends Error {
  readonly at: number;
  constructor(at: number, reason: string) {
    super(reason);
    this.at = at;
  }
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids exactly these in a string.
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const BLANK = /[ \t\r\n]*/y;

/** Length of the match of a sticky pattern at a position, or -1. */
const matchAt = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? -1;
};

const scan = (text: string): void => {
  let at = 0;
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
    at += 1;
    blank();
    if (text[at] === close) {
      at += 1;
      return;
    }
    for (;;) {
      item();
      blank();
      if (text[at] === close) break;
      if (text[at] !== ',') fail(`a comma or ${close} is expected here`);
      at += 1;
      blank();
      if (text[at] === close) fail(`a comma stands before ${close}`);
    }
    at += 1;
  };
  const value = (): void => {
    blank();
    const first = text[at];
    if (first === '{') {
      items('}', () => {
        string('a key in double quotes');
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
 * Finds the place where JSON.parse gave up. Written by hand because V8 tells it for some faults only, and quotes the text,
 * which may hold a password, for the others.
 */
export const locateJsonFault = (text: string): JsonFault => {
  try {
    scan(text);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const before = text.slice(0, error.at).split('\n');
    return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1, reason: error.message };
  }
  return { line: 1, column: 1, reason: 'it cannot be read' };
};
