import { z } from 'zod';
import { ArtifactMappings } from '../../contract/artifactMap.ts';
import { sourceFields, targetFields } from '../../contract/connectionFields.ts';
import { LAYOUT_NAMES } from '../../contract/layoutName.ts';
import { MigrationSettings } from '../../contract/migrationSettings.ts';
import { experimentNames, migrationName, tableNames } from '../../contract/startRequest.ts';
import { MigrationError } from '../../errors.ts';
import { describeFaults, showPath } from '../describeFaults.ts';
import { parseJsonStrictly } from '../parseJsonStrictly.ts';
import { endpointFaults } from './endpointFaults.ts';
import { saysNothing } from './parseStartRequest.ts';

const uri = z.string().min(1);

const ConfigSource = z.strictObject({
  ...sourceFields,
  type: z.literal('postgresql').optional().describe('As in the original tool; nothing else is supported'),
  connection_uri: uri
    .optional()
    .meta({ isSecret: true })
    .describe('PostgreSQL URI; host, user and so on must not contradict it'),
  host: z.string().min(1).optional().describe('Host, in place of connection_uri'),
  password: z.string().optional().meta({ isSecret: true }).describe('Password, in place of connection_uri'),
});

const ConfigTarget = z.strictObject({
  ...targetFields,
  type: z.literal('mongodb').optional().describe('As in the original tool; nothing else is supported'),
  recommended: uri.optional().meta({ isSecret: true }).describe("MongoDB URI, under the original tool's name"),
  connection_uri: uri
    .optional()
    .meta({ isSecret: true })
    .describe('MongoDB URI; the same as recommended, which must not contradict it'),
  examples: z.record(z.string(), z.string()).optional().describe('Ignored, as in the original tool'),
});

const Preset = z.strictObject({
  source: ConfigSource.optional().describe('Source of the preset'),
  destination: ConfigTarget.optional().describe('Target of the preset'),
});

/** The file of `--config`: the original tool's shape, whose `destination` is the target, and what this one adds. */
export const ConfigFile = z.strictObject({
  name: migrationName.optional().describe('Name of the migration, as --name'),
  source: ConfigSource.optional().describe("Where MLflow's tables are"),
  destination: ConfigTarget.optional().describe('Where the documents go'),
  migration_settings: MigrationSettings.optional().describe('How to migrate'),
  layout: z.enum(LAYOUT_NAMES).optional().describe('As --layout'),
  tables: tableNames.optional().describe('As --tables'),
  tables_to_migrate: tableNames.optional().describe("As tables, under the original tool's name"),
  exclude: tableNames.optional().describe('As --exclude'),
  workspace: z.string().min(1).max(255).optional().describe('As --workspace'),
  experiments: experimentNames.optional().describe('As --experiments'),
  artifacts: ArtifactMappings.optional().describe('As --map-artifacts'),
  presets: z.record(z.string(), Preset).optional().describe('Sources and targets by name, for --preset'),
  notes: z.unknown().optional().describe('Ignored, as in the original tool'),
});

export type ConfigFile = z.infer<typeof ConfigFile>;
/** The two ends as a config file or one of its presets names them. */
export type ConfigEndpoints = Pick<ConfigFile, 'source' | 'destination'>;

/** Keys that would be passed over without a word. */
function silenced(config: ConfigFile): string[] {
  const { tables, tables_to_migrate: asInOriginal, presets = {} } = config;
  const isTwice = tables !== undefined && asInOriginal !== undefined && tables.join('\n') !== asInOriginal.join('\n');
  return [
    ...(isTwice ? ['tables contradicts tables_to_migrate'] : []),
    ...endpointFaults(config, ''),
    ...Object.entries(presets).flatMap(([name, preset]) => endpointFaults(preset, `${showPath(['presets', name])}.`)),
  ];
}

/**
 * Reads the text of a configuration file. `file` names it in messages. Throws MigrationError('config') that lists all faults,
 * with line and column for broken JSON, and shows no value. A file that says nothing is refused: whoever names one means more
 * than the defaults, and it may have lost its content on the way.
 */
export function parseConfigFile(text: string, file: string): ConfigFile {
  const hint = 'Write into it what to do, or leave --config out to use the defaults';
  if (text.replace(/^\uFEFF/, '').trim() === '') throw new MigrationError('config', `${file} is empty`, { hint });
  const value = parseJsonStrictly(text, file);
  const parsed = ConfigFile.safeParse(value);
  const faults = parsed.success ? silenced(parsed.data) : describeFaults(parsed.error.issues, ConfigFile, value);
  if (!parsed.success || faults.length > 0) {
    throw new MigrationError('config', `${file}: ${faults.join('; ')}`, {
      hint: 'Correct the named keys and start again',
    });
  }
  const { notes: _notes, ...rest } = parsed.data;
  if (saysNothing(rest)) throw new MigrationError('config', `${file} does not say what to do`, { hint });
  return parsed.data;
}

/** The source URI that a configuration file gives, put together from its parts where it has no `connection_uri`; null when it gives none. Holds the password. */
export function sourceUriOf(source: ConfigFile['source']): string | null {
  if (source?.connection_uri !== undefined) return source.connection_uri;
  if (source?.host === undefined) return null;
  const { user = '', password } = source;
  const login =
    password === undefined
      ? user && `${encodeURIComponent(user)}@`
      : `${encodeURIComponent(user)}:${encodeURIComponent(password)}@`;
  const host = source.host.includes(':') ? `[${source.host}]` : encodeURIComponent(source.host);
  return `postgresql://${login}${host}:${source.port ?? 5432}/${encodeURIComponent(source.database ?? 'mlflow')}`;
}

/** The target URI that a configuration file gives; null when it gives none. Holds the password. */
export function targetUriOf(target: ConfigFile['destination']): string | null {
  return target?.connection_uri ?? target?.recommended ?? null;
}
