import { redact } from './redact.ts';

/** A key of a connection string as it may be shown: it may be a piece of a password that was pasted unescaped. */
export function shownKey(key: string): string {
  return /^[\w.+-]{1,40}$/.test(key) ? redact(key) : '(a text that is not a key)';
}
