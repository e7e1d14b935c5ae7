import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Directory of this package, with its package.json, host.json and `dist`. It is looked for upwards, as the sources and the
 * bundle in `dist/command` lie at different depths.
 */
export function packageRoot(): string {
  let directory = import.meta.dirname;
  while (!existsSync(join(directory, 'package.json')) && directory !== dirname(directory)) {
    directory = dirname(directory);
  }
  return directory;
}
