/** What begins a string, and the tokens that only Python's JSON has. */
const QUOTE_OR_TOKEN = /"|-?Infinity|NaN/g;

/** As of `JSON.parse`; `source` is a number's literal. */
type Reviver = (key: string, value: unknown, context?: { readonly source?: string }) => unknown;

/**
 * JSON text that Python wrote as a JavaScript value, for looking into it: NaN and infinities become null, integers beyond
 * 2^53 are rounded unless `reviver` sees to them. Undefined where it does not parse.
 */
export function parsePythonJson(text: string, reviver?: Reviver): unknown {
  for (const candidate of [() => text, () => withoutPythonTokens(text)]) {
    try {
      return JSON.parse(candidate(), reviver);
    } catch (error) {
      // Where a reviver meets too deep a nesting, the stack overflows.
      if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    }
  }
  return undefined;
}

/** The text with null in place of the tokens that JSON has not; strings stay. */
function withoutPythonTokens(text: string): string {
  const parts: string[] = [];
  let kept = 0;
  QUOTE_OR_TOKEN.lastIndex = 0;
  for (let found = QUOTE_OR_TOKEN.exec(text); found !== null; found = QUOTE_OR_TOKEN.exec(text)) {
    if (found[0] === '"') {
      QUOTE_OR_TOKEN.lastIndex = endOfString(text, found.index);
      continue;
    }
    parts.push(text.slice(kept, found.index), 'null');
    kept = QUOTE_OR_TOKEN.lastIndex;
  }
  parts.push(text.slice(kept));
  return parts.join('');
}

/**
 * Where a JSON string ends whose quote stands at `start`: behind its other quote, or with the text. Not by an expression for
 * whole strings: one that has no end would be tried again from each of its quotes, and a long one takes more than the stack.
 */
export function endOfString(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    const character = text[at];
    if (character === '"') return at + 1;
    if (character === '\\') at++;
  }
  return text.length;
}

/** Is it an object of finite numbers? NaN and infinities became null in {@link parsePythonJson}, so they are none. */
export function isNumberObject(value: unknown): value is Readonly<Record<string, number>> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((number) => typeof number === 'number' && Number.isFinite(number))
  );
}
