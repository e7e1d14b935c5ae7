import { OPTIONS, type OptionName } from '../../../../src/cli/options/optionTable.ts';
import { OptionValues } from '../../../../src/cli/options/optionValues.ts';
import { isCommand, parseArguments } from '../../../../src/cli/options/parseArguments.ts';
import { readOptions } from '../../../../src/cli/options/readOptions.ts';
import { parseMongoUri } from '../../../../src/config/mongo/parseMongoUri.ts';
import { parsePostgresUri } from '../../../../src/config/postgres/parsePostgresUri.ts';
import { MigrationError } from '../../../../src/errors.ts';

/** What stands for a value that a document leaves open (`…`, `$NAME`, `FILLED`), where a name would not do. */
const SAMPLES: Partial<Record<OptionName, string>> = {
  'postgres-uri': 'postgresql://user:password@host:5432/mlflow',
  'mongodb-uri': 'mongodb://host:27017/mlflow_migrated',
  url: 'https://app.azurewebsites.net',
  fingerprint: '9d84a583'.repeat(8),
  layout: 'tables',
  'allow-deletes': 'all',
  follow: '10',
};

const IS_OPEN = /…|\$|^(?:FILLED|NAME|URI|URL)$/;
const byName = new Map(OPTIONS.map((option) => [`--${option.name}`, option]));

/** Words as somebody would write them: what is left open is filled in. */
function filledIn(words: readonly string[]): string[] {
  return words.map((word, index) => {
    if (!IS_OPEN.test(word) || word.startsWith('--')) return word;
    const option = byName.get(words[index - 1] ?? '');
    return (option && SAMPLES[option.name]) ?? 'NAME';
  });
}

/** What is wrong with the URIs of a call, as the command itself would say. */
function uriFault({ postgresUri, mongodbUri }: ReturnType<typeof readOptions>): void {
  if (postgresUri !== null) parsePostgresUri(postgresUri, '--postgres-uri', {});
  if (mongodbUri !== null) parseMongoUri(mongodbUri, '--mongodb-uri');
}

/** Why the command would refuse to begin with these words; null where it would not. */
export function faultOfCall(words: readonly string[]): string | null {
  const [first = ''] = words;
  // `status NAME` of a usage in which the command is open, and `completion bash|zsh|fish`.
  if (first === 'COMMAND') return faultOfCall(words.slice(1));
  if (!first.startsWith('-') && first !== '' && !isCommand(first)) return `There is no command ${first}`;
  try {
    uriFault(readOptions(parseArguments(filledIn(words)), {}));
    return null;
  } catch (error) {
    if (error instanceof MigrationError) return error.message;
    throw error;
  }
}

/** What is wrong with an option, and with the value that stands behind it; null: nothing. A value in capitals is left open. */
export function faultOfOption(words: readonly string[]): string | null {
  const [written = '', value = written.split('=')[1]] = words;
  const option = byName.get(written.split('=')[0] ?? '');
  if (option === undefined) return 'There is no such option';
  if (value === undefined || value.startsWith('--')) return null;
  if (!('value' in option)) return 'takes no value';
  if (IS_OPEN.test(value) || /^[A-Z,=]+$/.test(value)) return null;
  const isList = 'isRepeatable' in option;
  const { error } = OptionValues.shape[option.name].safeParse(isList ? [value] : value);
  return error?.issues[0]?.message ?? null;
}
