import type { HttpRequest } from '@azure/functions';
import { MigrationError } from '../errors.ts';

/** Query keys that are the host's own. */
const HOST_KEYS: ReadonlySet<string> = new Set(['code', 'clientid']);

/**
 * Refuses an address with query keys that the route does not read, or that stand in it twice: a `?dry_run=true` that nobody reads would be a
 * migration where an estimate was asked for, and a `?fromat=html` another answer than was wanted.
 */
export function refuseQueryKeys({ query }: Pick<HttpRequest, 'query'>, known: readonly string[], hint: string): void {
  const keys = [...query.keys()].filter((name) => !HOST_KEYS.has(name.toLowerCase()));
  const isUnknown = (key: string) => !known.includes(key);
  const key = keys.find((name, index) => isUnknown(name) || keys.indexOf(name) !== index);
  if (key === undefined) return;
  const shown = /^[A-Za-z0-9_.-]{1,40}$/.test(key) ? ` ${key}` : '';
  const fault = isUnknown(key) ? `the query key${shown}, which nothing reads` : `the query key${shown} twice`;
  throw new MigrationError('usage', `The address has ${fault}: nothing was done`, { hint });
}
