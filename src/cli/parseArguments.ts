import { didYouMean } from '../config/didYouMean.ts';
import { redact } from '../config/redact.ts';
import { COMMANDS, type CommandName, OPTIONS, type OptionDescription, type OptionName } from './optionTable.ts';

/** The command line in parts, not yet checked for meaning. */
export interface Arguments {
  readonly command: CommandName;
  /** Value of each option given; switches are `true`. One that is given twice must say the same. */
  readonly options: ReadonlyMap<OptionName, string | true>;
  /** Name or id after `status`, `report`, `cancel` and so on. */
  readonly subject: string | null;
  /** Everything that is wrong, one sentence each. */
  readonly faults: readonly string[];
}

const byName: ReadonlyMap<string, OptionDescription & { readonly name: OptionName }> = new Map(
  OPTIONS.map((option) => [option.name, option]),
);

const SHORT: Readonly<Record<string, OptionName>> = { h: 'help', V: 'version', v: 'verbose', q: 'quiet', y: 'yes' };

const isCommand = (word: string): word is CommandName => Object.hasOwn(COMMANDS, word);

/** What a word of the command line may be shown as: a URI in the wrong place is not. */
const shown = (word: string): string => (word.includes('://') ? 'a URI' : redact(word).slice(0, 64));

/** Takes a command line apart. Never throws: faults are listed, so that all of them can be told at once. */
export const parseArguments = (argv: readonly string[]): Arguments => {
  const options = new Map<OptionName, string | true>();
  const words: string[] = [];
  const faults: string[] = [];
  const set = (name: OptionName, value: string | true): void => {
    const before = options.get(name);
    const isOtherwise = before !== undefined && before !== value;
    if (isOtherwise)
      faults.push(`--${name} is given twice with different values${name === 'tables' ? '; write it as A,B' : ''}`);
    options.set(name, value);
  };
  for (let index = 0; index < argv.length; index += 1) {
    const argument = argv[index]!;
    if (argument === '--') {
      words.push(...argv.slice(index + 1));
      break;
    }
    if (!argument.startsWith('-') || argument === '-') {
      words.push(argument);
      continue;
    }
    const equals = argument.indexOf('=');
    const written = equals < 0 ? argument : argument.slice(0, equals);
    const name = written.startsWith('--') ? written.slice(2) : (SHORT[written.slice(1)] ?? written.slice(1));
    const option = written.startsWith('--') || SHORT[written.slice(1)] !== undefined ? byName.get(name) : undefined;
    if (option === undefined) {
      const meant = didYouMean(name, byName.keys());
      faults.push(`Unknown option ${shown(written)}${meant === null ? '' : `; did you mean --${meant}?`}`);
      // The value of a misspelt option is not a subcommand.
      const next = argv[index + 1];
      const takesValue = meant !== null && byName.get(meant)?.value !== undefined;
      if (equals < 0 && takesValue && next !== undefined && !next.startsWith('-')) index += 1;
    } else if (option.value === undefined) {
      if (equals >= 0) faults.push(`--${option.name} takes no value`);
      set(option.name, true);
    } else if (equals >= 0) {
      set(option.name, argument.slice(equals + 1));
    } else {
      const next = argv[index + 1];
      // A negative number is a value (and refused as one), any other dash begins the next option.
      if (next === undefined || (next.startsWith('-') && !/^-\d/.test(next))) {
        faults.push(`--${option.name} needs a value: ${option.value}`);
      } else {
        set(option.name, next);
        index += 1;
      }
    }
  }

  const [first, ...others] = words;
  if (first === undefined) return { command: 'migrate', options, subject: null, faults };
  if (!isCommand(first)) {
    const meant = didYouMean(first, Object.keys(COMMANDS));
    const suggestion = meant === null ? '' : `; did you mean ${meant}?`;
    faults.unshift(`Unknown command ${shown(first)}${suggestion}`);
    return { command: 'migrate', options, subject: null, faults };
  }
  const takesSubject = first !== 'migrate' && first !== 'validate' && first !== 'grants';
  const extra = others.slice(takesSubject ? 1 : 0);
  if (extra.length > 0) faults.push(`Unexpected argument ${shown(extra[0]!)}`);
  return { command: first, options, subject: takesSubject ? (others[0] ?? null) : null, faults };
};
