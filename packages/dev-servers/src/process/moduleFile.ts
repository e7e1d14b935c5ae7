import { extname, join } from 'node:path';

/** Path of the module `name` beside the one whose `import.meta` is given, to be run as a process: TypeScript in the repository, JavaScript in the built package. */
export function moduleFile({ dirname, filename }: ImportMeta, name: string): string {
  return join(dirname, `${name}${extname(filename)}`);
}
