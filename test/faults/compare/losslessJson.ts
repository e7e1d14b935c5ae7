/**
 * JSON as it stands in the text, so that the oracle can say whether a document kept all of it: numbers stay the digits that
 * were written, object entries stay a list (a second entry of the same name is seen, not swallowed).
 */
export type JsonNode =
  | { readonly kind: 'null' }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly token: string }
  | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
  | { readonly kind: 'object'; readonly entries: ReadonlyArray<readonly [string, JsonNode]> };

const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;
const SPACE = /[ \t\n\r]*/y;

/** The text as a tree, or undefined where it is not JSON (RFC 8259). */
export function readJson(text: string): JsonNode | undefined {
  const reader = new Reader(text);
  try {
    const node = reader.value(0);
    return reader.atEnd() ? node : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

class Reader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  atEnd(): boolean {
    this.take(SPACE);
    return this.at === this.text.length;
  }

  value(depth: number): JsonNode {
    if (depth > 5_000) throw new SyntaxError('nested too deeply');
    this.take(SPACE);
    const character = this.text[this.at];
    if (character === '{') return this.object(depth);
    if (character === '[') return this.array(depth);
    if (character === '"') return { kind: 'string', value: this.string() };
    for (const [word, node] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return node;
      }
    }
    const token = this.take(NUMBER);
    if (token === '') throw new SyntaxError('no value');
    return { kind: 'number', token };
  }

  private object(depth: number): JsonNode {
    const entries: Array<readonly [string, JsonNode]> = [];
    this.at += 1;
    if (this.next('}')) return { kind: 'object', entries };
    do {
      this.take(SPACE);
      const key = this.string();
      if (!this.next(':')) throw new SyntaxError('colon expected');
      entries.push([key, this.value(depth + 1)]);
    } while (this.next(','));
    if (!this.next('}')) throw new SyntaxError('brace expected');
    return { kind: 'object', entries };
  }

  private array(depth: number): JsonNode {
    const items: JsonNode[] = [];
    this.at += 1;
    if (this.next(']')) return { kind: 'array', items };
    do items.push(this.value(depth + 1));
    while (this.next(','));
    if (!this.next(']')) throw new SyntaxError('bracket expected');
    return { kind: 'array', items };
  }

  private string(): string {
    const token = this.take(STRING);
    if (token === '') throw new SyntaxError('string expected');
    // Refuses what the loose pattern let through: control characters and unknown escapes.
    return JSON.parse(token) as string;
  }

  private next(character: string): boolean {
    this.take(SPACE);
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0] ?? '';
    this.at += found.length;
    return found;
  }
}

const WORDS: ReadonlyArray<readonly [string, JsonNode]> = [
  ['null', { kind: 'null' }],
  ['true', { kind: 'boolean', value: true }],
  ['false', { kind: 'boolean', value: false }],
];

/** May the text become a document: it must, it must stay a string, or the page leaves it open. */
export type Verdict = 'document' | 'string' | 'either';

/** What `tables-layout.md` wants of a JSON text: a document, unless it would not come back the same. */
export function verdict(text: string): Verdict {
  const node = readJson(text);
  if (node === undefined || (node.kind !== 'object' && node.kind !== 'array')) return 'string';
  return worst(node, 0);
}

function worst(node: JsonNode, depth: number): Verdict {
  if (node.kind === 'string') return node.value.isWellFormed() ? 'document' : 'string';
  if (node.kind === 'number') return numberVerdict(node.token);
  if (node.kind !== 'object' && node.kind !== 'array') return 'document';
  // The page says nothing of depth; servers stop somewhere between 100 and 200 levels.
  let result: Verdict = depth > 90 ? 'either' : 'document';
  const children = node.kind === 'array' ? node.items : node.entries.map(([, value]) => value);
  if (node.kind === 'object') {
    const names = new Set<string>();
    for (const [name] of node.entries) {
      if (names.has(name) || name.includes('\u0000') || !name.isWellFormed()) return 'string';
      // Servers differ in which of these names they take, so that both outcomes are right.
      if (name.startsWith('$') || name.includes('.') || name === '') result = 'either';
      names.add(name);
    }
  }
  for (const child of children) {
    const below = worst(child, depth + 1);
    if (below === 'string') return 'string';
    if (below === 'either') result = 'either';
  }
  return result;
}

function numberVerdict(token: string): Verdict {
  if (/^-?\d+$/.test(token)) {
    const whole = BigInt(token);
    if (whole >= -(2n ** 63n) && whole < 2n ** 63n) return 'document';
    const double = Number(token);
    if (!Number.isFinite(double)) return 'string';
    return BigInt(double) === whole ? 'either' : 'string';
  }
  const double = Number(token);
  if (!Number.isFinite(double)) return 'string';
  const shortest = Object.is(double, -0) ? '-0' : String(double);
  if (canonicalDecimal(shortest) === canonicalDecimal(token)) return 'document';
  return double === 0 ? 'string' : 'either';
}

/** One spelling for each decimal number: `sign digits e exponent` without leading or trailing zeros. Zero keeps its sign. */
export function canonicalDecimal(token: string): string {
  const parts = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(token);
  if (parts === null) return token;
  const [, sign, whole = '', fraction = '', exponent = '0'] = parts;
  const digits = (whole + fraction).replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  const prefix = sign === '-' ? '-' : '';
  if (kept === '') return `${prefix}0`;
  return `${prefix}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
}
