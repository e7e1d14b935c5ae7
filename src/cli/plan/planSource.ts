import { displayOf } from '../../config/displayConnection.ts';
import type { Environment } from '../../config/environment.ts';
import { parsePostgresUri } from '../../config/postgres/parsePostgresUri.ts';
import { type ConfigFile, sourceUriOf } from '../../config/schemas/configFile.ts';
import { DEFAULT_SOURCE_SECRET } from '../../config/schemas/parseStartRequest.ts';
import { refuseNearMisses } from '../../config/settingNames.ts';
import type { StartRequest } from '../../contract/startRequest.ts';
import { MigrationError } from '../../errors.ts';
import type { CommandOptions } from '../options/readOptions.ts';
import { choosePreset } from './choosePreset.ts';
import { schemaOf } from './deriveName.ts';
import type { Endpoint } from './endpoint.ts';
import { lookUpSecret } from './lookUpSecret.ts';

/** A source as a start request names it. */
export type SourceFields = NonNullable<StartRequest['source']>;

/** The fields of a source that also a start request knows. */
export function sourceFieldsOf(source: ConfigFile['source']): SourceFields {
  const { type: _type, connection_uri: _uri, host: _host, password: _password, ...fields } = source ?? {};
  return fields;
}

function describeSource(
  uri: string,
  label: string,
  fields: SourceFields,
  env: Environment,
): Omit<Endpoint<SourceFields>, 'fields' | 'setting'> {
  const parsed = parsePostgresUri(uri, label, env);
  return { display: displayOf(parsed), database: parsed.database, schema: fields.schema ?? schemaOf(parsed) };
}

/** The source of a run at a local host. Throws MigrationError where none is named or it cannot be read. */
export function planSource(options: CommandOptions, config: ConfigFile, env: Environment): Endpoint<SourceFields> {
  const preset = choosePreset(options, config)?.source;
  const chosen = preset ?? config.source;
  const fields = sourceFieldsOf(chosen);
  const fromUri = (uri: string, label: string): Endpoint<SourceFields> => {
    const schema = fields.schema === undefined ? {} : { schema: fields.schema };
    return {
      fields: { secret: DEFAULT_SOURCE_SECRET, ...schema },
      setting: { name: DEFAULT_SOURCE_SECRET, uri },
      ...describeSource(uri, label, fields, env),
    };
  };
  const inVault = (secret: string): Endpoint<SourceFields> => {
    const name = `secret ${secret}`;
    return { fields, setting: null, display: name, database: name, schema: fields.schema ?? null };
  };
  if (options.postgresUri !== null) {
    const label = '--postgres-uri';
    // The option wins over the file also in what it says of the schema.
    if (schemaOf(parsePostgresUri(options.postgresUri, label, env)) !== null) fields.schema = undefined;
    return fromUri(options.postgresUri, label);
  }
  const written = sourceUriOf(chosen);
  if (written !== null) return fromUri(written, 'The source of the config file');
  if (fields.server !== undefined) {
    const database = fields.database ?? 'mlflow';
    const display = `${fields.server}:${fields.port ?? 5432}/${database}`;
    return { fields, setting: null, display, database, schema: fields.schema ?? null };
  }
  if (fields.secret !== undefined) {
    const uri = lookUpSecret(fields.secret, env);
    if (uri === null) return inVault(fields.secret);
    const setting = { name: fields.secret, uri };
    return { fields, setting, ...describeSource(uri, `Setting ${fields.secret}`, fields, env) };
  }
  const uri = env[DEFAULT_SOURCE_SECRET];
  if (uri) return fromUri(uri, `Setting ${DEFAULT_SOURCE_SECRET}`);
  if (env['KEY_VAULT_URI']) return inVault(DEFAULT_SOURCE_SECRET);
  refuseNearMisses(['KEY_VAULT_URI', DEFAULT_SOURCE_SECRET], env);
  throw new MigrationError('usage', 'There is no source to migrate from', {
    hint: 'Give --postgres-uri, set POSTGRES_URI, or name it in a file with --config; see mlflow-migrate --help',
  });
}
