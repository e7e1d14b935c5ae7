import type { Problem } from '../errors.ts';

/**
 * Version of what orchestrations and activities tell each other and keep, and of the steps that they take. Raised when a
 * message changes its meaning, or when steps come, go or change their order: work that an older program has begun is then
 * begun again where its generation began, rather than replayed by steps that it did not take. `defaultVersion` in host.json is the
 * same number.
 */
export const MESSAGE_VERSION = 3;

/** What carries a version. Messages of before there were versions carry none, and count as 1. */
export interface Versioned {
  readonly version?: number;
}

/** The version of a message, 1 where it tells none. */
export function versionOf(message: unknown): number {
  const version = typeof message === 'object' && message !== null ? (message as Versioned).version : undefined;
  return version ?? 1;
}

/** Was the message written by a program that this one is older than? What it means by it is not known then. */
export function isNewer(message: unknown): boolean {
  return versionOf(message) > MESSAGE_VERSION;
}

/** Why work with a newer message is not done. */
export function newerProblem(version: number): Problem {
  return {
    kind: 'config',
    message: `It was begun by a newer release of this app (messages ${version}; this release reads up to ${MESSAGE_VERSION})`,
    hint: 'Deploy the newer release again, or go on with this one: start it again with --resume, what was copied is kept',
  };
}
