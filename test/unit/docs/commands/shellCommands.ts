/** One command of a shell: its words without quotes. Assignments before it and redirections are left out. */
export type ShellCommand = readonly [program: string, ...args: string[]];

/** What ends a command. */
const OPERATORS = /^(?:&&|\|\||[|;&\n])/;
const ASSIGNMENT = /^[A-Z_][A-Z0-9_]*=/i;

/** The text up to the bracket that closes the one before `from`, which is left out. Throws where none does. */
function untilClosed(script: string, from: number): string {
  let depth = 1;
  for (let at = from; at < script.length; at += 1) {
    if (script[at] === '(') depth += 1;
    if (script[at] === ')') depth -= 1;
    if (depth === 0) return script.slice(from, at);
  }
  throw new Error(`A bracket is not closed: ${script}`);
}

/**
 * Every command of a script in the part of POSIX shells' language that documents use: quotes, pipes, lists, continued lines,
 * comments, `$(…)` and `<(…)`, whose commands come before the one that they stand in. Throws where a quote or bracket is left open.
 */
export function shellCommands(script: string): ShellCommand[] {
  const commands: ShellCommand[] = [];
  let words: string[] = [];
  let word: string | null = null;
  let quote: '"' | "'" | null = null;
  const endWord = (): void => {
    if (word !== null) words.push(word);
    word = null;
  };
  const endCommand = (): void => {
    endWord();
    const isExport = words[0] === 'export';
    const own = isExport ? [] : words.slice(words.findIndex((one) => !ASSIGNMENT.test(one)));
    const [program, ...args] = own;
    if (program !== undefined && !ASSIGNMENT.test(program)) commands.push([program, ...args]);
    words = [];
  };
  let at = 0;
  while (at < script.length) {
    const rest = script.slice(at);
    const char = rest[0] as string;
    const operator = OPERATORS.exec(rest)?.[0];
    if (quote !== "'" && rest.startsWith('\\\n')) at += 2;
    else if (quote !== "'" && /^(?:\$|<)\(/.test(rest) && !(quote === '"' && char === '<')) {
      const inner = untilClosed(script, at + 2);
      commands.push(...shellCommands(inner));
      word = `${word ?? ''}$(…)`;
      at += inner.length + 3;
    } else if (quote !== null) {
      if (char === quote) quote = null;
      else word = `${word ?? ''}${char}`;
      at += 1;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
      at += 1;
    } else if (char === '#' && word === null) at += /\n|$/.exec(rest)?.index ?? rest.length;
    else if (operator !== undefined) {
      endCommand();
      at += operator.length;
    } else if (/\s/.test(char)) {
      endWord();
      at += 1;
    } else {
      word = `${word ?? ''}${char}`;
      at += 1;
    }
  }
  if (quote !== null) throw new Error(`A quote is not closed: ${script}`);
  endCommand();
  return commands;
}
