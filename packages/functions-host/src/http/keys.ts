import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { AuthLevel } from './routeTable.ts';

/** The keys of this host. */
export interface HostKeys {
  /** Opens functions of level `function`. */
  readonly host: string;
  /** Opens everything. */
  readonly master: string;
  /** Opens the durable management API. */
  readonly system: string;
  /** False: nobody is asked for a key. */
  readonly isChecked: boolean;
}

/**
 * Takes the keys out of the environment, so that the app and its child processes do not see them, and makes up those that
 * are not given.
 */
export function takeKeys(environment: NodeJS.ProcessEnv): HostKeys {
  const take = (name: string): string => {
    const value = environment[name];
    delete environment[name];
    return value === undefined || value === '' ? randomBytes(24).toString('base64url') : value;
  };
  return {
    host: take('FUNCTIONS_HOST_KEY'),
    master: take('FUNCTIONS_MASTER_KEY'),
    system: take('FUNCTIONS_SYSTEM_KEY'),
    isChecked: environment['FUNCTIONS_KEYS']?.toLowerCase() !== 'off',
  };
}

/** Whether the request may call a function of that level. The key stands in the query as `code` or in `x-functions-key`. */
export function mayCallFunction(
  keys: HostKeys,
  level: AuthLevel,
  request: IncomingMessage,
  query: URLSearchParams,
): boolean {
  if (!keys.isChecked || level === 'anonymous') return true;
  const accepted = level === 'admin' ? [keys.master] : [keys.host, keys.master];
  return isOneOf(givenKey(request, query), accepted);
}

/** Whether the request may use the durable management API. */
export function mayManage(keys: HostKeys, request: IncomingMessage, query: URLSearchParams): boolean {
  return !keys.isChecked || isOneOf(givenKey(request, query), [keys.system, keys.master]);
}

function givenKey(request: IncomingMessage, query: URLSearchParams): string {
  return request.headers['x-functions-key']?.toString() ?? query.get('code') ?? '';
}

/** Compares in constant time: digests have one length, whatever was sent. */
function isOneOf(given: string, accepted: readonly string[]): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const givenDigest = digest(given);
  return accepted.filter((key) => timingSafeEqual(digest(key), givenDigest)).length > 0;
}
