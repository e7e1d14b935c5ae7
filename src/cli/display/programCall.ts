import { basename, relative } from 'node:path';
import type { Environment } from '../../config/environment.ts';
import { quoteShell } from '../../quoteShell.ts';
import { COMMANDS } from '../options/optionTable.ts';

/** What texts call the program, wherever they come from. */
const NAME = 'mlflow-migrate';

/** The name where a call begins: before an option, a command or, in a help page, what stands for one. */
const CALL = new RegExp(
  `(?<![\\w./-]|npx )${NAME}(?= (?:--[a-z]|\\[command\\]|COMMAND\\b|(?:${Object.keys(COMMANDS).join('|')})(?![\\w-])))`,
  'g',
);

/** How this program was called, as far as a shell needs it to call it again: `npx mlflow-migrate`, `npm run --silent migrate --`. */
export function programCall(env: Environment, script: string = process.argv[1] ?? ''): string {
  const event = env['npm_lifecycle_event'];
  if (event === 'npx') return `npx ${NAME}`;
  // Other scripts of the checkout call it too, such as `npm start`: what they leave, this one goes on with.
  if (event !== undefined && env['npm_package_name'] === NAME) return 'npm run --silent migrate --';
  return basename(script) === 'main.ts' ? `node ${quoteShell(relative(process.cwd(), script))}` : NAME;
}

/** A text whose calls of the command can be pasted where the program was called like that. */
export function asCalled(text: string, call: string): string {
  return text.replaceAll(CALL, () => call);
}
