import { endOfUserInfo } from './endOfUserInfo.ts';

/** Shorter texts occur everywhere: blanking them out would destroy a message and hide nothing. */
const SHORTEST_SECRET = 4;

/** Tokens are registered at each renewal; the oldest have long expired when this many were seen. */
const MOST_SECRETS = 500;

const secrets = new Set<string>();
let pattern: RegExp | null = null;

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** The ways in which a secret may stand in a text: as it is, percent-encoded in full or in part, and inside a JSON string. */
function formsOf(value: string): string[] {
  const encoded = encodeURIComponent(value);
  const strict = encoded.replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  const lower = strict.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  return [value, encoded, strict, lower, encodeURI(value), JSON.stringify(value).slice(1, -1)];
}

/** From now on {@link redact} blanks this value out, also percent-encoded and JSON-escaped. Values under four characters are not registered. */
export function registerSecret(value: string): void {
  if (value.length < SHORTEST_SECRET) return;
  for (const form of formsOf(value)) {
    secrets.delete(form);
    secrets.add(form);
  }
  for (const oldest of secrets) {
    if (secrets.size <= MOST_SECRETS) break;
    secrets.delete(oldest);
  }
  pattern = null;
}

/** Registers a password, unless it equals a name that is printed by design (`mlflow:mlflow@host/mlflow`). */
export function keepSecret(password: string | null, names: readonly (string | null)[]): void {
  if (password !== null && !names.includes(password)) registerSecret(password);
}

/** How this program's own hints write a URI. */
const PLACEHOLDER = 'user:password';

/** A URI up to the next blank or quotation mark; its user part is cut out below, where the host can be told from the password. An apostrophe may stand in a password as it is. */
const URI = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s"<>]+)/gi;

/**
 * The text with every registered secret, and the user part of every URI, replaced by `***`. Meant for messages and log lines.
 * Hosts and database names are never given to {@link registerSecret}, so reports need no redaction.
 */
export function redact(text: string): string {
  if (pattern === null && secrets.size > 0) {
    const longestFirst = [...secrets].toSorted((a, b) => b.length - a.length);
    pattern = new RegExp(longestFirst.map(escapeRegExp).join('|'), 'g');
  }
  const withoutUsers = text.replace(URI, (whole, scheme: string, rest: string) => {
    const end = endOfUserInfo(rest);
    const hasNone = end < 0 || rest.slice(0, end) === PLACEHOLDER;
    return hasNone ? whole : `${scheme}***@${rest.slice(end + 1)}`;
  });
  return pattern === null ? withoutUsers : withoutUsers.replace(pattern, '***');
}
