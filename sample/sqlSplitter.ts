/** What a script consists of: statements without their semicolon, and psql's backslash commands with the statement that they end, if any. */
export type SqlPart =
  | { readonly kind: 'statement'; readonly sql: string }
  | { readonly kind: 'command'; readonly command: string; readonly sql: string };

/** How a psql variable stands in the text: `:x`, `:'x'`, `:"x"`, `:{?x}`. */
export type VariableStyle = 'plain' | 'literal' | 'identifier' | 'test';

/** Gives the text for a variable, or undefined to leave the place as it is. */
export type Substitute = (name: string, style: VariableStyle) => string | undefined;

const PLAIN_RUN = /[^'"$\-/;:\\()]+/y;
const DOLLAR_QUOTE = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const VARIABLE = /:(?:\{\?(?<test>\w+)\}|'(?<literal>\w+)'|"(?<identifier>\w+)"|(?<plain>\w+))/y;
const ENDS_WITH_WORD = /[\w$\u0080-\uffff]$/;
const ENDS_WITH_E = /(?:^|[^\w$\u0080-\uffff])[eE]$/;

/** Inside of what the text is: where it ends, and whether a backslash takes the next character with it. */
type Inside =
  | { readonly kind: 'plain' }
  | { readonly kind: 'quote'; readonly end: string; readonly hasEscapes: boolean }
  | { readonly kind: 'comment'; readonly depth: number };

const PLAIN: Inside = { kind: 'plain' };

/**
 * Cuts SQL into statements line by line, as psql does: semicolons in quotes, dollar quotes, comments and parentheses do not count.
 * Assumes `standard_conforming_strings = on`, which pg_dump sets. Does not know the `BEGIN ATOMIC` bodies of SQL functions.
 */
export class SqlSplitter {
  private sql = '';
  private inside: Inside = PLAIN;
  private parentheses = 0;
  private readonly substitute: Substitute;

  constructor(substitute: Substitute = () => undefined) {
    this.substitute = substitute;
  }

  /** Takes one line, without its line break, and yields what it completes. Variables are asked for while the parts are drawn. */
  *push(line: string): Generator<SqlPart> {
    let at = 0;
    while (at < line.length) {
      if (this.inside.kind === 'quote') at = this.readQuote(line, at, this.inside);
      else if (this.inside.kind === 'comment') at = this.readComment(line, at, this.inside.depth);
      else if (line.startsWith('--', at)) break;
      else if (line[at] === '\\') {
        yield { kind: 'command', command: line.slice(at).trim(), sql: this.take() };
        return;
      } else if (line[at] === ';' && this.parentheses === 0) {
        const sql = this.take();
        if (sql !== '') yield { kind: 'statement', sql };
        at += 1;
      } else at = this.readPlain(line, at);
    }
    if (this.sql !== '') this.sql += '\n';
  }

  /** To be called after the last line: returns a last statement without a semicolon, '' when there is none. Throws inside a quote. */
  end(): string {
    if (this.inside.kind !== 'plain') throw new Error(`The script ends inside a ${this.inside.kind}`);
    return this.take();
  }

  private take(): string {
    const sql = this.sql.trim();
    this.sql = '';
    this.parentheses = 0;
    return sql;
  }

  private readPlain(line: string, at: number): number {
    const rest = match(PLAIN_RUN, line, at)?.[0];
    if (rest !== undefined) return this.append(rest, at);
    const character = line[at]!;
    if (character === "'" || character === '"') {
      const hasEscapes = character === "'" && ENDS_WITH_E.test(this.sql);
      this.inside = { kind: 'quote', end: character, hasEscapes };
    } else if (character === '$') {
      const tag = ENDS_WITH_WORD.test(this.sql) ? undefined : match(DOLLAR_QUOTE, line, at)?.[0];
      if (tag !== undefined) {
        this.inside = { kind: 'quote', end: tag, hasEscapes: false };
        return this.append(tag, at);
      }
    } else if (line.startsWith('/*', at)) {
      this.inside = { kind: 'comment', depth: 1 };
      return at + 2;
    } else if (character === ':') return this.readColon(line, at);
    else if (character === '(') this.parentheses += 1;
    else if (character === ')') this.parentheses = Math.max(0, this.parentheses - 1);
    return this.append(character, at);
  }

  private readColon(line: string, at: number): number {
    for (const notVariable of ['::', ':=']) {
      if (line.startsWith(notVariable, at)) return this.append(notVariable, at);
    }
    const found = match(VARIABLE, line, at);
    const [style, name] = Object.entries(found?.groups ?? {}).find(([, value]) => value !== undefined) ?? [];
    const value = name === undefined ? undefined : this.substitute(name, style as VariableStyle);
    if (!found || value === undefined) return this.append(':', at);
    this.sql += value;
    return at + found[0].length;
  }

  private readQuote(line: string, at: number, quote: Inside & { kind: 'quote' }): number {
    const end = line.indexOf(quote.end, at);
    const backslash = quote.hasEscapes ? line.indexOf('\\', at) : -1;
    if (backslash !== -1 && (end === -1 || backslash < end)) return this.append(line.slice(at, backslash + 2), at);
    if (end === -1) return this.append(line.slice(at), at);
    // A doubled quote ends one quote and begins the next, which cuts the text at the same semicolons; only escapes go on.
    const isDoubled = quote.hasEscapes && line.startsWith("''", end);
    if (isDoubled) return this.append(line.slice(at, end + 2), at);
    this.inside = PLAIN;
    return this.append(line.slice(at, end + quote.end.length), at);
  }

  private readComment(line: string, at: number, depth: number): number {
    const [mark] = /\/\*|\*\//.exec(line.slice(at)) ?? [];
    if (mark === undefined) return line.length;
    const nextDepth = depth + (mark === '/*' ? 1 : -1);
    if (nextDepth === 0) this.sql += ' ';
    this.inside = nextDepth === 0 ? PLAIN : { kind: 'comment', depth: nextDepth };
    return line.indexOf(mark, at) + 2;
  }

  private append(text: string, at: number): number {
    this.sql += text;
    return at + text.length;
  }
}

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
