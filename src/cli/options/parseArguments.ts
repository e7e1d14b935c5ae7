import { parseArgs } from 'node:util';
import { didYouMean } from '../../didYouMean.ts';
import { OPTIONS_OF } from './optionsOf.ts';
import { COMMANDS, type CommandName, OPTIONS, type OptionDescription, type OptionName } from './optionTable.ts';
import { shownWord } from './shownWord.ts';

/** What was written for an option: its value, `true` for a switch, and all values of one that may be repeated. Any other that is given twice must say the same. */
export type OptionInput = string | true | readonly string[];

/** The command line in parts, not yet checked for meaning. */
export interface Arguments {
  readonly command: CommandName;
  /** A command that there is, none at all or one that there is not: with the latter two `command` is `migrate`. */
  readonly written: 'command' | 'nothing' | 'unknown';
  readonly options: ReadonlyMap<OptionName, OptionInput>;
  /** Name or id after `status`, `report`, `cancel` and so on. */
  readonly subject: string | null;
  /** Everything that is wrong, one sentence each. */
  readonly faults: readonly string[];
}

const byName: ReadonlyMap<string, OptionDescription & { readonly name: OptionName }> = new Map(
  OPTIONS.map((option) => [option.name, option]),
);

/** Options that have a letter as well, all of them switches. */
const SHORT = {
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'V' },
  verbose: { type: 'boolean', short: 'v' },
  quiet: { type: 'boolean', short: 'q' },
  yes: { type: 'boolean', short: 'y' },
} as const satisfies Partial<Record<OptionName, unknown>>;

/** Commands behind which no name stands. */
const WITHOUT_SUBJECT: readonly CommandName[] = ['migrate', 'validate', 'grants', 'init', 'doctor'];

/** Is it the name of a subcommand? */
export function isCommand(word: string): word is CommandName {
  return Object.hasOwn(COMMANDS, word);
}

/** Is the word behind an option whose value may be left out one all the same? Any that is neither an option nor a command, so that it is told as a wrong value. */
function isMeantAsValue(word: string | undefined): boolean {
  if (word === undefined) return false;
  return word.startsWith('-') ? /^-\d/.test(word) : !isCommand(word);
}

/** Options and other words, of which the first may be the command. Faults go to the list. */
function splitArguments(
  argv: readonly string[],
  faults: string[],
): { readonly options: ReadonlyMap<OptionName, OptionInput>; readonly words: readonly string[] } {
  const options = new Map<OptionName, OptionInput>();
  const words: string[] = [];
  const set = (name: OptionName, value: string | true): void => {
    const before = options.get(name);
    if (byName.get(name)?.isRepeatable === true && value !== true) {
      options.set(name, [...(Array.isArray(before) ? before : []), value]);
      return;
    }
    const isOtherwise = before !== undefined && before !== value;
    if (isOtherwise)
      faults.push(
        `--${name} is given twice with different values${(['tables', 'exclude', 'experiments'] as const).some((list) => list === name) ? '; write it as A,B' : ''}`,
      );
    options.set(name, value);
  };
  // Values are told from options here: parseArgs would take the next option for the value of one that lacks its own.
  // Several letters behind one dash are never options: it would read each, and a dash among them as the end of all options.
  const args = argv.map((word) => (/^-[^-][^=]/.test(word) ? `-${word}` : word));
  const { tokens } = parseArgs({ args, options: SHORT, strict: false, tokens: true });
  let lastTaken = -1;
  for (const token of tokens) {
    if (token.index <= lastTaken || token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      words.push(argv[token.index]!);
      continue;
    }
    lastTaken = token.index;
    const [written = ''] = argv[token.index]!.split('=', 1);
    const hasValue = argv[token.index] !== written;
    const next = argv[token.index + 1];
    const option = written === token.rawName ? byName.get(token.name) : undefined;
    if (option === undefined) {
      const meant = didYouMean(written.replace(/^--?/, ''), byName.keys());
      faults.push(`Unknown option ${shownWord(written)}${meant === null ? '' : `; did you mean --${meant}?`}`);
      // The value of a misspelt option is not a subcommand.
      const takesValue = meant !== null && byName.get(meant)?.value !== undefined;
      if (!hasValue && takesValue && next !== undefined && !next.startsWith('-')) lastTaken += 1;
    } else if (option.value === undefined) {
      if (hasValue) faults.push(`--${option.name} takes no value`);
      set(option.name, true);
    } else if (hasValue) {
      set(option.name, String(token.value));
    } else if (option.isValueOptional === true && !isMeantAsValue(next)) {
      set(option.name, true);
    } else if (next === undefined || (next.startsWith('-') && !/^-\d/.test(next))) {
      // A negative number is a value (and refused as one), any other dash begins the next option.
      faults.push(`--${option.name} needs a value: ${option.value}`);
    } else {
      set(option.name, next);
      lastTaken += 1;
    }
  }
  return { options, words };
}

/** Takes a command line apart. Never throws: faults are listed, so that all of them can be told at once. */
export function parseArguments(argv: readonly string[]): Arguments {
  const faults: string[] = [];
  const { options, words } = splitArguments(argv, faults);
  const [first, ...others] = words;
  if (first === undefined) return { command: 'migrate', written: 'nothing', options, subject: null, faults };
  if (!isCommand(first)) {
    const meant = didYouMean(first, Object.keys(COMMANDS));
    const suggestion = meant === null ? '' : `; did you mean ${meant}?`;
    faults.unshift(`Unknown command ${shownWord(first)}${suggestion}`);
    return { command: 'migrate', written: 'unknown', options, subject: null, faults };
  }
  const takesSubject = !WITHOUT_SUBJECT.includes(first);
  const extra = others.slice(takesSubject ? 1 : 0);
  if (extra.length > 0) {
    const isNamed = !takesSubject && OPTIONS_OF[first].includes('name');
    const named = isNamed ? '; the name of a migration goes behind --name' : '';
    faults.push(`Unexpected argument ${shownWord(extra[0]!)}${named}`);
  }
  return {
    command: first,
    written: 'command',
    options,
    subject: takesSubject ? (others[0] ?? null) : null,
    faults,
  };
}
