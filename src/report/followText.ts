import type { FollowProgress } from '../contract/migrationStatus.ts';
import { formatCount } from '../formatCount.ts';
import { listNames } from '../listNames.ts';
import { formatSeconds } from './formatUnits.ts';

/** How far a target is behind its source, in whole seconds. */
export function lagText({ lagSeconds }: FollowProgress): string {
  return lagSeconds < 60 ? `${lagSeconds} s` : formatSeconds(lagSeconds);
}

/** Why a cut-over that was asked for goes on. */
export function heldText({ rows, writers, prepared }: NonNullable<FollowProgress['held']>): string {
  const reasons = [
    ...(rows === 0 ? [] : [`${formatCount(rows)} ${rows === 1 ? 'row' : 'rows'} had changed`]),
    ...(writers === 0 ? [] : [`${formatCount(writers)} ${writers === 1 ? 'session was' : 'sessions were'} writing`]),
    ...(prepared === 0
      ? []
      : [`${formatCount(prepared)} prepared ${prepared === 1 ? 'transaction is' : 'transactions are'} open`]),
  ];
  return `The cut-over waits for a pass that finds no writer: ${listNames(reasons)} in the last one`;
}
