import { printParseErrorCode, visit } from 'jsonc-parser';
import { MigrationError } from '../errors.ts';
import { showPath } from './describeFaults.ts';

/** Nothing that this program reads is nested deeper than ten levels; a text of brackets alone must not exhaust the stack. */
const MAX_DEPTH = 100;

/** Where a token of the text begins, counted from 0. */
interface Position {
  readonly line: number;
  readonly column: number;
}

/** Ends a walk at the first fault. The message repeats no value of the text, which may hold a password. */
class Stop extends Error {
  readonly place: Position;
  /** How the message goes on from the name of the text to the place. */
  readonly verdict: '' | ' is not JSON';
  constructor(place: Position, reason: string, verdict: Stop['verdict'] = ' is not JSON') {
    super(reason);
    this.place = place;
    this.verdict = verdict;
  }
}

const VALUE = 'a value is expected here';
const KEY = 'a key in double quotes is expected here';

/** What is wrong at a place, in which `wanted` belongs. `fault` is the library's name for it. */
function reasonAt(text: string, offset: number, fault: string, wanted: string): string {
  if (offset >= text.length) return 'the text ends too early';
  switch (fault) {
    case 'UnexpectedEndOfString':
    case 'InvalidUnicode':
    case 'InvalidEscapeCharacter':
    case 'InvalidCharacter':
      return 'a string that starts here does not end, or holds a line break or a wrong escape';
    case 'UnexpectedEndOfNumber':
      return 'a number that starts here is not complete';
  }
  const character = text[offset] ?? '';
  if (character === "'" && (wanted === KEY || wanted === VALUE)) return 'strings take double quotes';
  if ('/#'.includes(character) && wanted === VALUE) return 'JSON has no comments';
  const isAfterComma = '}]'.includes(character) && text.slice(0, offset).trimEnd().endsWith(',');
  return isAfterComma ? `a comma stands before ${character}` : wanted;
}

/** Walks over the text, and throws Stop at the first fault. The library finds it and its place; what it says of it is too little. */
function walk(text: string): void {
  /** The objects and lists around a place, the innermost last; of objects the keys that they have had. */
  const open: (Set<string> | null)[] = [];
  let wanted: string = VALUE;
  const begin = (keys: Set<string> | null, place: Position): void => {
    if (open.length === MAX_DEPTH) throw new Stop(place, `more than ${MAX_DEPTH} levels are nested here`, '');
    open.push(keys);
    wanted = keys === null ? VALUE : KEY;
  };
  const endValue = (): void => {
    const around = open.at(-1);
    if (around === undefined) wanted = 'something follows the end of the document';
    else wanted = `a comma or ${around === null ? ']' : '}'} is expected here`;
  };
  const end = (): void => {
    open.pop();
    endValue();
  };
  visit(
    text,
    {
      onObjectBegin: (_offset, _length, line, column) => begin(new Set(), { line, column }),
      onArrayBegin: (_offset, _length, line, column) => begin(null, { line, column }),
      onObjectEnd: end,
      onArrayEnd: end,
      onLiteralValue: endValue,
      onObjectProperty: (key, _offset, _length, line, column) => {
        const keys = open.at(-1);
        if (keys?.has(key))
          throw new Stop({ line, column }, `the key ${showPath([key])} appears here a second time`, '');
        keys?.add(key);
        wanted = 'a colon is expected here';
      },
      onSeparator: (character) => {
        wanted = character === ',' && open.at(-1) !== null ? KEY : VALUE;
      },
      onError: (code, offset, _length, line, column) => {
        throw new Stop({ line, column }, reasonAt(text, offset, printParseErrorCode(code), wanted));
      },
    },
    { disallowComments: true },
  );
}

/**
 * A JSON text as a value. Throws MigrationError('config') for what is no JSON, and for a key that an object has twice. It begins
 * with `what` and says line and column, counted from 1. JSON.parse tells the place of some faults only, and for the others it
 * quotes the text, which may hold a password; of two equal keys it drops the first without a word.
 */
export function parseJsonStrictly(text: string, what: string): unknown {
  const json = text.replace(/^\uFEFF/, '');
  try {
    walk(json);
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    const { line, column } = error.place;
    throw new MigrationError(
      'config',
      `${what}${error.verdict}: line ${line + 1}, column ${column + 1}: ${error.message}`,
      {
        hint: 'Correct it at that place',
      },
    );
  }
  return JSON.parse(json);
}
