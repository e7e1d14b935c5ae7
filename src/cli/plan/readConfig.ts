import { readFile } from 'node:fs/promises';
import { type ConfigFile, parseConfigFile } from '../../config/schemas/configFile.ts';
import { MigrationError } from '../../errors.ts';

/** The configuration file of `--config`, or an empty configuration. Throws MigrationError('config'). */
export async function readConfig(file: string | null): Promise<ConfigFile> {
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
}
