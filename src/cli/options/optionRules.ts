import { OPTIONS_OF } from './optionsOf.ts';
import { type CommandName, OPTIONS, type OptionName } from './optionTable.ts';
import type { Arguments } from './parseArguments.ts';
import { shownWord } from './shownWord.ts';

const EXCLUSIVE: readonly (readonly [OptionName, OptionName])[] = [
  ['dry-run', 'resume'],
  ['dry-run', 'catch-up'],
  ['dry-run', 'follow'],
  ['dry-run', 'drop-target'],
  ['catch-up', 'drop-target'],
  ['resume', 'drop-target'],
  ['adopt-target', 'drop-target'],
  ['quick-migrate-autonomize', 'preset'],
  ['quiet', 'verbose'],
  ['key', 'key-secret'],
  ['public-key', 'fingerprint'],
];

type Given = Arguments['options'];

function isRead(command: CommandName, name: OptionName): boolean {
  return name === 'help' || name === 'version' || OPTIONS_OF[command].includes(name);
}

/** The name of a migration, which stands behind --name or behind the command; null where it is left open. */
export function nameAskedFor({ command, options, subject }: Arguments): string | null {
  // What follows is a path.
  if (command === 'verify-report') return null;
  const written = options.get('name');
  return typeof written === 'string' && written.trim() !== '' ? written : subject;
}

function nameFaults(args: Arguments): string[] {
  const { command, subject } = args;
  const name = nameAskedFor(args);
  const isTwice = subject !== null && name !== null && name !== subject;
  // Ids of dry runs and comparisons are names with a suffix.
  const isNamed = command === 'migrate' || command === 'validate' || command === 'migrate-back';
  const pattern = isNamed ? /^[A-Za-z0-9_-]{1,64}$/ : /^[A-Za-z0-9_-]{1,100}$/;
  // Of what stands behind the command nobody has said that it is a name.
  const isArgument = name !== null && name === subject && args.options.get('name') !== name;
  const what = isArgument ? `${shownWord(name)} is no name of a migration: it` : '--name';
  return [
    ...(isTwice ? [`${command} is given two names: with --name and after ${command}`] : []),
    ...(name !== null && !pattern.test(name)
      ? [`${what} must be 1 to ${isNamed ? 64 : 100} letters, digits, - or _`]
      : []),
  ];
}

function unread(command: CommandName, options: Given): string[] {
  return OPTIONS.filter(({ name }) => options.has(name) && !isRead(command, name)).map(({ name, group }) =>
    group === 'Grants' || group === 'Evidence'
      ? `--${name} belongs to ${group === 'Grants' ? 'grants' : 'verify-report'}`
      : `${command} does not read --${name}`,
  );
}

/** A deployed app has its own connections and state; a local host needs no key. */
function placeFaults(options: Given): string[] {
  const url = options.get('url');
  if (typeof url !== 'string' || url.trim() === '') {
    const needy = (['key', 'key-vault', 'key-secret'] as const).filter((name) => options.has(name));
    return needy.map((name) => `--${name} needs --url`);
  }
  const uris = (['postgres-uri', 'mongodb-uri'] as const).filter((name) => options.has(name));
  return [
    ...uris.map((name) => `--${name} cannot go with --url: a deployed app takes connections by the name of a secret`),
    ...(options.has('state-dir') ? ['--state-dir cannot go with --url: a deployed app keeps its own state'] : []),
  ];
}

/** What options, command and name say against each other, a sentence each. */
export function brokenRules(args: Arguments): string[] {
  const { command, options } = args;
  const contradicting = EXCLUSIVE.filter(([one, other]) => options.has(one) && options.has(other));
  const hasHalfKey = options.has('key-vault') !== options.has('key-secret');
  return [
    ...nameFaults(args),
    ...contradicting.map(([one, other]) => `--${one} and --${other} cannot be used together`),
    ...(options.has('preset') && !options.has('config') ? ['--preset needs --config, which defines presets'] : []),
    ...unread(command, options),
    ...placeFaults(options),
    ...(hasHalfKey ? ['--key-vault and --key-secret go together'] : []),
  ];
}
