import type { ConfigEndpoints, ConfigFile } from '../../config/schemas/configFile.ts';
import { didYouMean } from '../../didYouMean.ts';
import { MigrationError } from '../../errors.ts';
import type { CommandOptions } from '../options/readOptions.ts';

/** Source and target of the chosen preset, or null without one. Throws MigrationError('config') for a preset that is not defined. */
export function choosePreset(options: CommandOptions, config: ConfigFile): ConfigEndpoints | null {
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
}
