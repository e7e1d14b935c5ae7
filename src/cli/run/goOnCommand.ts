import { redact } from '../../config/redact.ts';
import { shellOption } from '../../quoteShell.ts';
import type { CommandName, OptionName } from '../options/optionTable.ts';
import type { OptionInput } from '../options/parseArguments.ts';

/** Where a secret stands in an option, the variable that the line has in its place. */
const VARIABLES: Readonly<Partial<Record<OptionName, string>>> = {
  'postgres-uri': 'POSTGRES_URI',
  'mongodb-uri': 'MONGODB_URI',
  key: 'MLFLOW_MIGRATE_KEY',
};

/** Options that go without being said, or would begin it anew. A map is kept, and a container of Azure in it would be taken for a login. */
const LEFT_OUT: readonly OptionName[] = ['name', 'resume', 'drop-target', 'map-artifacts'];

/**
 * The whole command that goes on with the migration of that name, on one line that can be pasted into a shell. A secret is not
 * in it, but the environment variable that may hold it.
 */
export function goOnCommand(command: CommandName, given: ReadonlyMap<OptionName, OptionInput>, name: string): string {
  const words = [...given]
    .filter(([option]) => !LEFT_OUT.includes(option))
    .flatMap(([option, value]) =>
      value === true ? [`--${option}`] : [value].flat().map((one) => written(option, one)),
    );
  const asked = command === 'migrate' ? [] : [command];
  return ['mlflow-migrate', ...asked, '--resume', shellOption('name', name), ...words].join(' ');
}

function written(option: OptionName, value: string): string {
  const variable = VARIABLES[option];
  const isSecret = option === 'key' || redact(value) !== value;
  return variable !== undefined && isSecret ? `--${option} "$${variable}"` : shellOption(option, value);
}
