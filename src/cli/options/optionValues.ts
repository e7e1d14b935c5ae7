import { z } from 'zod';
import { GRANT_TARGETS } from '../../config/grantsFor.ts';
import { ArtifactMappings } from '../../contract/artifactMap.ts';
import { LAYOUT_NAMES } from '../../contract/layoutName.ts';
import { BATCH_SIZE_LIMIT, PARALLEL_LIMIT } from '../../contract/migrationSettings.ts';
import { parseMapping } from '../../contract/parseMapping.ts';
import { parseNames } from '../../contract/parseNames.ts';
import { FOLLOW_LIMIT, LONGEST_NAME } from '../../contract/startRequest.ts';
import { UNIQUE_INDEXES } from '../../contract/uniqueIndexes.ts';
import { VALIDATION_LEVELS } from '../../contract/validationLevel.ts';
import { didYouMean } from '../../didYouMean.ts';
import type { OptionName } from './optionTable.ts';

/** Seconds between two passes where only `--follow` is given. */
const DEFAULT_FOLLOW = 10;

/** Digits that a number may have: beyond it `all` is meant. */
const MOST_DELETES = 999_999_999_999_999;

function isBlank(value: unknown): boolean {
  return typeof value === 'string' && value.trim() === '';
}

const text = z.string().refine((value) => !isBlank(value), { error: 'is empty', abort: true });

function oneOf<const T extends readonly [string, ...string[]]>(known: T) {
  return z.enum(known, {
    error: ({ input }) => {
      if (isBlank(input)) return 'is empty';
      const meant = didYouMean(String(input), known);
      return `must be ${known.join(' or ')}${meant === null ? '' : `; did you mean ${meant}?`}`;
    },
  });
}

function isWhole(value: string, least: number, most: number): boolean {
  return /^\d{1,15}$/.test(value) && Number(value) >= least && Number(value) <= most;
}

function wholeNumber(least: number, most: number) {
  return text
    .refine((value) => isWhole(value, least, most), `must be a whole number from ${least} to ${most}`)
    .transform(Number);
}

function wholeNumberOr<const Word extends string>(word: Word, least: number, most: number) {
  return text
    .refine(
      (value) => value === word || isWhole(value, least, most),
      `must be a whole number from ${least} to ${most}, or ${word}`,
    )
    .transform((value) => (value === word ? word : Number(value)));
}

function hasTooLong(names: readonly string[], most: number): boolean {
  return names.some((name) => name.length > most);
}

const tableList = text
  .transform((value, context) => {
    const names = parseNames(value);
    if (names !== null) return names;
    context.addIssue('is no list of tables; write it as A,B, and a name with a comma in double quotes');
    return z.NEVER;
  })
  .refine((tables) => !hasTooLong(tables, LONGEST_NAME.table), {
    error: `has a name of more than ${LONGEST_NAME.table} characters, which no table of PostgreSQL has`,
  })
  .transform((tables) => [...tables]);

const experimentList = text.transform((value, context) => {
  const names = parseNames(value);
  if (names === null) {
    context.addIssue('is no list of experiments; write it as NAME,ID, and a name with a comma in double quotes');
    return z.NEVER;
  }
  if (!hasTooLong(names, LONGEST_NAME.experiment)) return [...names];
  context.addIssue(`has a name of more than ${LONGEST_NAME.experiment} characters, which no experiment of MLflow has`);
  return z.NEVER;
});

/** One `FROM=TO` for each time that the option was given. */
const artifactMap = z.array(z.string()).transform((written, context) => {
  const which = (index: number) => (written.length === 1 ? '' : `number ${index + 1} `);
  const mappings = written.flatMap((value, index) => {
    const mapping = parseMapping(value);
    if (mapping !== null) return [mapping];
    const fault = /^[^=]+=./.test(value)
      ? 'does not name two locations, which begin with a scheme such as s3:, or as a path such as /'
      : 'must be FROM=TO';
    context.addIssue(`${which(index)}${fault}; such as s3://old-bucket=gs://new-bucket`);
    return [];
  });
  if (mappings.length < written.length) return z.NEVER;
  const { success, data, error } = ArtifactMappings.safeParse(mappings);
  if (success) return data;
  for (const { path, message } of error.issues) {
    const [index, end] = path;
    const where = typeof index === 'number' ? `${which(index)}${String(end).toUpperCase()} ` : '';
    context.addIssue(`${where}${message}`);
  }
  return z.NEVER;
});

function isLoopback(host: string): boolean {
  return /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/i.test(host);
}

function faultOfUrl(url: URL | null): string | null {
  if (url === null || !/^https?:$/.test(url.protocol))
    return 'must be the address of the function app, such as https://app.azurewebsites.net';
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    return 'must be an address without login, query or fragment; the key goes in --key';
  return url.protocol === 'http:' && !isLoopback(url.hostname)
    ? 'must be https:// for another machine, as the key travels with each request'
    : null;
}

/** As the client takes it: without a slash at the end, and without the `api` that routes begin with. */
const appUrl = text.transform((written, context) => {
  const url = URL.parse(written);
  const fault = faultOfUrl(url);
  if (url !== null && fault === null) return `${url.origin}${url.pathname.replace(/\/(?:api\/?)?$/, '')}`;
  context.addIssue(fault ?? '');
  return z.NEVER;
});

/** Domains of Key Vault in Azure's clouds: a login token goes to this host, so no other one will do. */
const VAULT_HOST = /^[a-z0-9-]{3,24}\.vault\.(?:azure\.net|usgovcloudapi\.net|azure\.cn)$/i;

function isVault(written: string): boolean {
  const url = URL.parse(written);
  return url?.protocol === 'https:' && VAULT_HOST.test(url.host) && url.username === '';
}

const vaultUrl = text
  .refine(isVault, { error: 'must be the address of a Key Vault, such as https://name.vault.azure.net', abort: true })
  .transform((written) => new URL(written).origin);

function given<T extends z.ZodType>(value: T) {
  return value.optional().transform((known) => known ?? null);
}
const isGiven = z.boolean().default(false);

/**
 * What the options of a command line mean, each by itself; null and false: not given. A message goes on from the option's name.
 * What options say of each other is in optionRules.ts.
 */
export const OptionValues = z.object({
  'postgres-uri': given(text),
  'mongodb-uri': given(text),
  config: given(text),
  'quick-migrate-autonomize': isGiven,
  preset: given(text),
  layout: given(oneOf(LAYOUT_NAMES)),
  tables: given(tableList),
  exclude: given(tableList),
  workspace: given(
    text.max(
      LONGEST_NAME.workspace,
      `has more than ${LONGEST_NAME.workspace} characters, which no workspace of MLflow has`,
    ),
  ),
  experiments: given(experimentList),
  'map-artifacts': given(artifactMap),
  'batch-size': given(wholeNumberOr('auto', 1, BATCH_SIZE_LIMIT)),
  parallel: given(wholeNumber(1, PARALLEL_LIMIT)),
  validate: given(oneOf(VALIDATION_LEVELS)),
  'unique-indexes': given(oneOf(UNIQUE_INDEXES)),
  'dry-run': isGiven,
  'catch-up': isGiven,
  follow: given(
    z.preprocess((value) => (value === true ? String(DEFAULT_FOLLOW) : value), wholeNumber(1, FOLLOW_LIMIT)),
  ),
  name: given(text),
  resume: isGiven,
  'drop-target': isGiven,
  'adopt-target': isGiven,
  'allow-deletes': given(wholeNumberOr('all', 0, MOST_DELETES)),
  yes: isGiven,
  'report-dir': given(text),
  'state-dir': given(text),
  json: isGiven,
  quiet: isGiven,
  verbose: isGiven,
  url: given(appUrl),
  key: given(text),
  'key-vault': given(vaultUrl),
  'key-secret': given(text.regex(/^[A-Za-z0-9-]{1,127}$/, 'must be 1 to 127 letters, digits or -')),
  for: given(oneOf(GRANT_TARGETS)),
  user: given(text),
  database: given(text),
  schema: given(text),
  account: given(text),
  'public-key': given(text),
  fingerprint: given(
    text
      .transform((value) => value.toLowerCase().replaceAll(':', ''))
      .refine((value) => /^[0-9a-f]{64}$/.test(value), 'must be 64 hexadecimal digits'),
  ),
  help: isGiven,
  version: isGiven,
} satisfies Record<OptionName, z.ZodType>);
