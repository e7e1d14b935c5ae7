import { readFile } from 'node:fs/promises';
import { didYouMean } from '../../config/didYouMean.ts';
import { type ConfigEndpoints, type ConfigFile, parseConfigFile } from '../../config/schemas/configFile.ts';
import { MigrationError } from '../../errors.ts';
import type { CommandOptions } from '../options/readOptions.ts';

/** The configuration file of `--config`, or an empty configuration. Throws MigrationError('config'). */
export const readConfig = async (file: string | null): Promise<ConfigFile> => {
  if (file === null) return {};
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'unknown reason'})`;
    throw new MigrationError('config', `The file of --config ${why}: ${file}`, {
      hint: 'Check the path',
      cause: error,
    });
  }
  return parseConfigFile(text, file);
};

/** Source and target of the chosen preset, or null without one. Throws MigrationError('config') for a preset that is not defined. */
export const choosePreset = (options: CommandOptions, config: ConfigFile): ConfigEndpoints | null => {
  if (options.isQuickAutonomize) {
    return {
      source: { secret: 'AUTONOMIZE_POSTGRES_URI' },
      destination: { connection_uri: 'mongodb://localhost:27017/mlflow_migrated' },
    };
  }
  if (options.preset === null) return null;
  const presets = config.presets ?? {};
  const preset = Object.hasOwn(presets, options.preset) ? presets[options.preset] : undefined;
  if (preset !== undefined) return preset;
  const names = Object.keys(presets);
  const meant = didYouMean(options.preset, names);
  throw new MigrationError('config', `The config file defines no preset ${options.preset}`, {
    hint: meant === null ? `It defines ${names.join(', ') || 'none'}` : `Did you mean ${meant}?`,
  });
};
