import type { CommandName, OptionName } from './optionTable.ts';

const CONNECTIONS = ['postgres-uri', 'mongodb-uri', 'config', 'quick-migrate-autonomize', 'preset'] as const;

/**
 * For looking at a migration, or telling it something: which one (its name, or what a name is derived from), where it is, and
 * how to answer.
 */
const TO_FIND_IT = [
  ...(['name', 'state-dir', 'url', 'key', 'key-vault', 'key-secret', 'json', 'quiet', 'verbose'] as const),
  ...CONNECTIONS,
  ...(['layout', 'workspace'] as const),
] as const;

/** What decides which rows are compared with which documents, how, and whether they may be another's. */
const TO_COMPARE = [
  ...TO_FIND_IT,
  'tables',
  'exclude',
  'experiments',
  'map-artifacts',
  'batch-size',
  'parallel',
  'validate',
  'unique-indexes',
  'resume',
  'report-dir',
  'adopt-target',
  'yes',
] as const;

/** Options that each subcommand reads, besides help and version. Any other is refused, as what it asks for would not happen. */
export const OPTIONS_OF: Readonly<Record<CommandName, readonly OptionName[]>> = {
  migrate: [...TO_COMPARE, 'dry-run', 'catch-up', 'follow', 'drop-target', 'allow-deletes'],
  validate: TO_COMPARE,
  init: ['config', 'state-dir', 'quiet', 'verbose'],
  doctor: TO_FIND_IT,
  status: TO_FIND_IT,
  report: [...TO_FIND_IT, 'report-dir'],
  'migrate-back': [...TO_FIND_IT, 'dry-run', 'resume', 'yes'],
  differences: TO_FIND_IT,
  // With the connections it also gives back what a dead migration has claimed in its target.
  cancel: TO_FIND_IT,
  suspend: TO_FIND_IT,
  resume: TO_FIND_IT,
  cutover: TO_FIND_IT,
  'verify-report': ['public-key', 'fingerprint', 'json', 'quiet', 'verbose'],
  grants: ['for', 'user', 'database', 'schema', 'account', 'json', 'quiet', 'verbose'],
  help: [],
  completion: [],
};
