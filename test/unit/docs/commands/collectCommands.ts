import { globSync } from 'node:fs';
import { helpPage } from '../../../../src/cli/help/helpPage.ts';
import { helpText } from '../../../../src/cli/help/helpText.ts';
import {
  COMMANDS,
  type CommandName,
  OPTIONS,
  type OptionDescription,
} from '../../../../src/cli/options/optionTable.ts';
import { codeSpans, ROOT, readText, withoutCode } from '../markdown.ts';

/** A piece of a shell's script, and where it stands. */
export interface Written {
  readonly where: string;
  readonly script: string;
}

/** A fenced block with the language behind its fence. */
export interface Block extends Written {
  readonly language: string;
}

/** Pages in which somebody may look for a command, as paths from the root. The change log tells of what was. */
const PAGES: readonly string[] = globSync(
  ['*.md', 'docs/**/*.md', 'bench/*.md', 'test/mlflow/*.md', 'packages/*/*.md', '.github/**/*.md'],
  { cwd: ROOT },
)
  .filter((page) => page !== 'CHANGELOG.md')
  .toSorted();

/** Every fenced block of every page. */
export function blocks(): Block[] {
  return PAGES.flatMap((where) =>
    [...readText(where).matchAll(/^( *)```(\w*)\n([\s\S]*?)^ *```$/gm)].map(
      ([, indent = '', language = '', text = '']) => ({
        where,
        language,
        script: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
      }),
    ),
  );
}

/** Of a usage, which may leave things out, what it says with all of them. */
function withAllOptions(span: string): string {
  return span.includes('[') ? span.replace(' [command] [options]', '').replaceAll(/[[\]]| \|(?= )/g, '') : span;
}

/** Blocks without a language that hold lines of a shell, by their first word. */
const IS_SHELL = /^(?:npm|npx|node|mlflow-migrate|az|azd|docker|curl) /;

/** What a reader would copy into a shell: blocks, and code between words that begins like a command. */
export function documentedCommands(programs: readonly string[]): Written[] {
  const fenced = blocks().filter(
    ({ language, script }) => language === 'sh' || (language === '' && IS_SHELL.test(script)),
  );
  const inline = PAGES.flatMap((where) =>
    codeSpans(withoutCode(readText(where)))
      .filter((span) => programs.includes(/^(?:[A-Z_]+="?[^ ]*"? )*(\S+) /.exec(span)?.[1] ?? ''))
      // A usage: what may be left out is checked too.
      .map((span) => ({ where, script: withAllOptions(span) })),
  );
  return [...fenced, ...inline];
}

const byName = new Map<string, OptionDescription>(OPTIONS.map((option) => [option.name, option]));

/** The call of the command that a sentence holds, up to where prose goes on. */
function callIn(sentence: string): string {
  const words = sentence.split(' ').map((word) => word.replace(/[,;:.)'`]+$/, ''));
  const isEnd = (index: number): boolean => /[,;:.)'`]$/.test(sentence.split(' ')[index] ?? '');
  const call: string[] = [];
  let takesValue = false;
  for (const [index, word] of words.entries()) {
    const isOption = word.startsWith('--');
    // Subcommand, option, value of one, or the name of something in capitals.
    if (index > 0 && !isOption && !takesValue && !/^(?:[A-Z]{2,}|FILLED)/.test(word)) break;
    call.push(word);
    takesValue =
      isOption && byName.get(word.slice(2))?.value !== undefined && byName.get(word.slice(2))?.isValueOptional !== true;
    if (isEnd(index)) break;
  }
  return call.join(' ');
}

/** Verbs that follow the program's name where a sentence speaks of it. */
const PROSE = new Set(['gave', 'in', 'is', 'needs', 'write']);

/** Calls of the command in a text in which they stand between other words. */
function callsIn(where: string, text: string): Written[] {
  const filled = text
    .replaceAll(/\$\{shellOption\('([a-z-]+)',[^{}]*\)\}/g, '--$1 FILLED')
    .replaceAll(/([a-z]?)\$\{[^{}]*\}/g, (_all, before) => (before === '' ? 'FILLED' : `${before} FILLED`));
  return [...filled.matchAll(/(?<!npx )mlflow-migrate ((?:--)?[a-z][^\n\\|]*)/g)].flatMap(([, sentence = '']) => {
    const first = /^[a-z-]+/.exec(sentence)?.[0] ?? '';
    if (PROSE.has(first)) return [];
    return [{ where, script: `mlflow-migrate ${callIn(sentence)}` }];
  });
}

/** Calls that the program itself tells people of: hints of failures, help, notes. */
export function hintedCommands(): Written[] {
  const sources = globSync(['src/**/*.ts', 'sample/*.ts'], { cwd: ROOT });
  const hints = sources.flatMap((file) =>
    callsIn(
      file,
      readText(file)
        .replaceAll(/^\s*(?:\/\*\*|\*|\/\/).*$/gm, '')
        .replaceAll(/\[[^\]]*\]/g, ''),
    ),
  );
  const pages = Object.keys(COMMANDS).flatMap((name) => callsIn(`${name} --help`, helpPage(name as CommandName)));
  return [...hints, ...pages, ...callsIn('help all', helpText().replaceAll('\\\n   ', ''))];
}

/** Scripts of npm and variables of azd that the program's own texts name, as calls. */
export function namedElsewhere(): Written[] {
  const sources = globSync(
    ['src/**/*.ts', 'sample/*.ts', 'scripts/*.ts', 'bench/**/*.ts', 'test/{faults,mlflow}/run.ts', '.ci/run'],
    {
      cwd: ROOT,
    },
  );
  return sources.flatMap((where) =>
    [...readText(where).matchAll(/npm run (?:--silent )?[a-z][a-z:]*|azd env set(?:-secret)? [A-Z_]{2,}/g)].map(
      ([script]) => ({
        where,
        script,
      }),
    ),
  );
}

/** Options that messages of the command name, by file. */
export function namedOptions(): Written[] {
  const sources = globSync(
    [
      'src/*.ts',
      'src/{cli,config,contract,functions,orchestrators,runtime,source,steps,target}/**/*.ts',
      'src/report/{*,verdict/*}.ts',
    ],
    { cwd: ROOT },
  );
  return sources.flatMap((where) =>
    readText(where)
      .split('\n')
      // Of other programs: those of Azure, npm, Node, mongod and the Functions host.
      .filter((line) => !/\baz [a-z]|--role|--silent|--state\b|--max-|--heap-|--dbpath|--nounixsocket/.test(line))
      .flatMap((line) => [...line.matchAll(/(?<![\w-])--[a-z][a-z-]+/g)].map(([script]) => ({ where, script }))),
  );
}

/** Options of the command that documents name between words, with or without a value. Pages of other programs are left out, and that of the command, which is made of its table. */
export function documentedOptions(): Written[] {
  const pages = PAGES.filter((page) => !/^(?:bench|packages|test|CONTRIBUTING|docs\/reference\/command)/.test(page));
  return pages.flatMap((where) =>
    codeSpans(withoutCode(readText(where)))
      .filter((script) => /^--[a-z]/.test(script))
      .map((script) => ({ where, script })),
  );
}
