import { createRequire } from 'node:module';
import { DevServerError } from './devServerError.ts';

/**
 * The file that `specifier` names, of one of the packages that are installed only where they are wanted. Throws
 * {@link DevServerError}, with the package's name, where it is not; `alternative` ends the hint, such as "a PostgreSQL of your own".
 */
export function resolveOptional(specifier: string, alternative: string): string {
  try {
    return createRequire(import.meta.url).resolve(specifier);
  } catch (cause) {
    const [name] = specifier.split('/');
    throw new DevServerError('setup', `The package ${name} is not installed`, {
      hint: `Install without --omit=optional, or use ${alternative}`,
      cause,
    });
  }
}
