import { displayOf } from '../../config/displayConnection.ts';
import type { Environment } from '../../config/environment.ts';
import { DEFAULT_DATABASE } from '../../config/mongo/checkTargetDatabase.ts';
import { namedDatabase, parseMongoUri } from '../../config/mongo/parseMongoUri.ts';
import { type ConfigFile, targetUriOf } from '../../config/schemas/configFile.ts';
import { DEFAULT_TARGET_SECRET } from '../../config/schemas/parseStartRequest.ts';
import { refuseNearMisses } from '../../config/settingNames.ts';
import type { StartRequest } from '../../contract/startRequest.ts';
import type { CommandOptions } from '../options/readOptions.ts';
import { choosePreset } from './choosePreset.ts';
import type { Endpoint } from './endpoint.ts';
import { lookUpSecret } from './lookUpSecret.ts';

/** A target as a start request names it, there as its destination. */
export type TargetFields = NonNullable<StartRequest['destination']>;

/** The fields of a target that also a start request knows. */
export function targetFieldsOf(target: ConfigFile['destination']): TargetFields {
  const { type: _type, recommended: _recommended, connection_uri: _uri, examples: _examples, ...fields } = target ?? {};
  return fields;
}

function describeTarget(
  uri: string,
  label: string,
  fields: TargetFields,
): Omit<Endpoint<TargetFields>, 'fields' | 'setting'> {
  const parsed = parseMongoUri(uri, label);
  const database = fields.database ?? parsed.database;
  return { display: displayOf(parsed, database), database, schema: null };
}

/** The target of a run at a local host; null where none is named, so that a MongoDB is to be started. */
export function planTarget(
  options: CommandOptions,
  config: ConfigFile,
  env: Environment,
): Endpoint<TargetFields> | null {
  const preset = choosePreset(options, config)?.destination;
  const chosen = preset ?? config.destination;
  const fields = targetFieldsOf(chosen);
  const fromUri = (uri: string, label: string): Endpoint<TargetFields> => {
    const { database, large_documents: large } = fields;
    return {
      fields: {
        secret: DEFAULT_TARGET_SECRET,
        ...(database === undefined ? {} : { database }),
        ...(large === undefined ? {} : { large_documents: large }),
      },
      setting: { name: DEFAULT_TARGET_SECRET, uri },
      ...describeTarget(uri, label, fields),
    };
  };
  const inVault = (secret: string): Endpoint<TargetFields> => {
    const database = fields.database ?? `secret ${secret}`;
    return { fields, setting: null, display: `secret ${secret}`, database, schema: null };
  };
  if (options.mongodbUri !== null) {
    const label = '--mongodb-uri';
    if (namedDatabase(parseMongoUri(options.mongodbUri, label)) !== null) fields.database = undefined;
    return fromUri(options.mongodbUri, label);
  }
  const written = targetUriOf(chosen);
  if (written !== null) return fromUri(written, 'The destination of the config file');
  if (fields.account !== undefined) {
    const database = fields.database ?? DEFAULT_DATABASE;
    return { fields, setting: null, display: `${fields.account}/${database}`, database, schema: null };
  }
  if (fields.secret !== undefined) {
    const uri = lookUpSecret(fields.secret, env);
    if (uri === null) return inVault(fields.secret);
    const setting = { name: fields.secret, uri };
    return { fields, setting, ...describeTarget(uri, `Setting ${fields.secret}`, fields) };
  }
  const uri = env[DEFAULT_TARGET_SECRET];
  if (uri) return fromUri(uri, `Setting ${DEFAULT_TARGET_SECRET}`);
  if (env['KEY_VAULT_URI']) return inVault(DEFAULT_TARGET_SECRET);
  refuseNearMisses(['KEY_VAULT_URI', DEFAULT_TARGET_SECRET], env);
  return null;
}
