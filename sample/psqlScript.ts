import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import pg from 'pg';
import { SqlSplitter, type VariableStyle } from './sqlSplitter.ts';

const TRUE_WORDS = ['true', 'on', 'yes', '1'];
const FALSE_WORDS = ['false', 'off', 'no', '0'];

/** A word of a command: psql takes what stands in single quotes as one. */
const WORD = /(?:'(?:[^']|'')*'|[^\s'])+/g;

/**
 * Runs a psql script on one connection, without psql: statements, `\set`, `\unset`, `\if` `\elif` `\else` `\endif`, `\timing`, `\g` (to nowhere)
 * and variables. Stops at the first error, with file and line, and at every command that it does not know. Results are thrown away.
 */
export async function runPsqlScript(
  postgresUri: string,
  file: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<void> {
  const script = await readFile(file, 'utf8');
  const client = new pg.Client({ connectionString: postgresUri });
  await client.connect();
  let lineNumber = 0;
  try {
    const session = new PsqlSession(client, variables);
    for (const line of script.split(/\r?\n/)) {
      lineNumber += 1;
      await session.runLine(line);
    }
    await session.end();
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`${basename(file)}, line ${lineNumber}: ${message}`, { cause });
  } finally {
    await client.end();
  }
}

/** One `\if`: whether its current branch runs, whether one has run already, and whether the whole of it may run. */
interface Condition {
  readonly isActive: boolean;
  readonly hasRun: boolean;
  readonly mayRun: boolean;
}

class PsqlSession {
  private readonly client: pg.Client;
  private readonly variables: Map<string, string>;
  private readonly splitter: SqlSplitter;
  private readonly conditions: Condition[] = [];

  constructor(client: pg.Client, variables: Readonly<Record<string, string>>) {
    this.client = client;
    this.variables = new Map(Object.entries(variables));
    this.splitter = new SqlSplitter((name, style) => this.substitute(name, style));
  }

  async runLine(line: string): Promise<void> {
    for (const part of this.splitter.push(line)) {
      if (part.kind === 'statement') await this.runSql(part.sql);
      else await this.runCommand(part.command, part.sql);
    }
  }

  async end(): Promise<void> {
    if (this.conditions.length > 0) throw new Error('The script ends inside an \\if');
    const rest = this.splitter.end();
    if (rest !== '') await this.runSql(rest);
  }

  private get isActive(): boolean {
    return this.conditions.at(-1)?.isActive ?? true;
  }

  private async runSql(sql: string): Promise<void> {
    if (this.isActive) await this.client.query(sql);
  }

  private async runCommand(text: string, sql: string): Promise<void> {
    const [command = '', ...args] = text.match(WORD) ?? [];
    if (this.runCondition(command, args)) return;
    if (!this.isActive) return;
    switch (command) {
      case '\\set':
        this.variables.set(args[0] ?? '', args.slice(1).map(unquote).join(''));
        return;
      case '\\unset':
        this.variables.delete(args[0] ?? '');
        return;
      case '\\timing':
        return;
      case '\\g':
        if (args.length > 0 && args[0] !== '/dev/null')
          throw new Error(`\\g can only write to /dev/null here, not to ${args[0]}`);
        return this.runSql(sql);
      default:
        throw new Error(`psql command ${command} is not known here`);
    }
  }

  /** True when the command was one of `\if`'s. */
  private runCondition(command: string, args: readonly string[]): boolean {
    const current = this.conditions.at(-1);
    if (command === '\\if') {
      const isTrue = this.isActive && this.isTrue(args);
      this.conditions.push({ isActive: isTrue, hasRun: isTrue, mayRun: this.isActive });
      return true;
    }
    if (!['\\elif', '\\else', '\\endif'].includes(command)) return false;
    if (!current) throw new Error(`${command} without an \\if`);
    this.conditions.pop();
    if (command === '\\endif') return true;
    const isCandidate = current.mayRun && !current.hasRun;
    const isActive = isCandidate && (command === '\\else' || this.isTrue(args));
    this.conditions.push({ ...current, isActive, hasRun: current.hasRun || isActive });
    return true;
  }

  private isTrue([word = '']: readonly string[]): boolean {
    const test = /^:\{\?(\w+)\}$/.exec(word);
    if (test) return this.variables.has(test[1]!);
    const variable = /^:(\w+)$/.exec(word);
    const value = (variable ? (this.variables.get(variable[1]!) ?? word) : unquote(word)).toLowerCase();
    if (TRUE_WORDS.includes(value)) return true;
    if (FALSE_WORDS.includes(value)) return false;
    throw new Error(`\\if does not understand ${word}`);
  }

  private substitute(name: string, style: VariableStyle): string | undefined {
    const value = this.variables.get(name);
    if (style === 'test') return value === undefined ? 'FALSE' : 'TRUE';
    if (value === undefined) return undefined;
    if (style === 'literal') return pg.escapeLiteral(value);
    return style === 'identifier' ? pg.escapeIdentifier(value) : value;
  }
}

function unquote(word: string): string {
  return /^'.*'$/.test(word) ? word.slice(1, -1).replaceAll("''", "'") : word;
}
