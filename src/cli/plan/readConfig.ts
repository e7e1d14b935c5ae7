import { readFile } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { type ConfigFile, parseConfigFile } from '../../config/schemas/configFile.ts';
import { MigrationError } from '../../errors.ts';

/** The configuration file of `--config`, or an empty configuration. Throws MigrationError('config'). */
export async function readConfig(file: string | null): Promise<ConfigFile> {
  if (file === null) return {};
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'unknown reason'})`;
    throw new MigrationError('config', `The file of --config ${why}: ${file}`, {
      hint: 'Check the path',
      cause: error,
    });
  }
  return parseConfigFile(decoded(bytes, file), file);
}

/** The text of a file. Throws MigrationError('config') where it is none in UTF-8, as what PowerShell 5 writes with `>` is not. */
function decoded(bytes: Buffer, file: string): string {
  const isUtf16 = /^(?:fffe|feff)/.test(bytes.toString('hex', 0, 2));
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new MigrationError('config', `${file} is ${isUtf16 ? 'written in UTF-16' : 'no text in UTF-8'}`, {
      hint: 'Save it as UTF-8; in PowerShell: Out-File -Encoding utf8',
      cause: error,
    });
  }
}
