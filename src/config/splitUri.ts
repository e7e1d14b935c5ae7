import { MigrationError } from '../errors.ts';
import { endOfUserInfo } from './endOfUserInfo.ts';

/** One host of a URI; IPv6 addresses without their brackets. */
export interface HostPort {
  readonly host: string;
  /** Null where the URI leaves it to the scheme's default, and for SRV names, which have none. */
  readonly port: number | null;
}

/** For hints, as a refused URI itself may hold a password and is never shown. */
export const POSTGRES_EXAMPLE = 'Write it as postgresql://user:password@host:5432/database';
/** As {@link POSTGRES_EXAMPLE}; with SRV names there is no port. */
export const MONGO_EXAMPLE =
  'Write it as mongodb://user:password@host:27017/database or mongodb+srv://user:password@host/database';

/** What URIs of one kind begin with, what is said to be expected, and how one is written. */
const KINDS = {
  // `postgresql+psycopg2` and the like are what MLflow itself is configured with (SQLAlchemy).
  postgres: {
    pattern: /^postgres(?:ql)?(?:\+[a-z0-9]+)?$/i,
    expected: 'postgresql',
    hint: POSTGRES_EXAMPLE,
  },
  mongodb: { pattern: /^mongodb(?:\+srv)?$/i, expected: 'mongodb', hint: MONGO_EXAMPLE },
} as const;

/** Percent-decoding that leaves a text with a stray `%` as it is: passwords are often pasted unescaped. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parseHosts(text: string, label: string, hint: string): HostPort[] {
  return text
    .split(',')
    .filter((part) => part !== '')
    .map((part) => {
      const bracketed = /^\[([^\]]+)\](?::(\d*))?$/.exec(part);
      const match = bracketed ?? /^([^:[\]]*)(?::(\d*))?$/.exec(part);
      if (match === null)
        throw new MigrationError('config', `${label} has a host or port that cannot be read`, { hint });
      const port = match[2] === undefined || match[2] === '' ? null : Number(match[2]);
      if (port !== null && (port < 1 || port > 65_535)) {
        throw new MigrationError('config', `${label} has a port outside 1 to 65535`, { hint });
      }
      return { host: decode(match[1] ?? ''), port };
    });
}

/** A connection URI in parts. */
export interface SplitUri {
  readonly scheme: string;
  readonly hosts: readonly HostPort[];
  readonly user: string | null;
  readonly password: string | null;
  /** Percent-decoded, without its first slash. */
  readonly path: string;
  /** As written, with its first slash. */
  readonly rawPath: string;
  readonly authority: string;
  /** Pairs of the query in their order, percent-decoded. */
  readonly query: readonly (readonly [key: string, value: string])[];
}

/** Scheme of a URI, as it is written. Throws MigrationError('config') where it has none, or that of another kind. */
function schemeOf(text: string, kind: keyof typeof KINDS, label: string): string {
  const { pattern, expected, hint } = KINDS[kind];
  if (text === '') throw new MigrationError('config', `${label} is empty`, { hint });
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1];
  if (scheme === undefined) {
    throw new MigrationError('config', `${label} is not a connection URI: it has no scheme such as ${expected}://`, {
      hint,
    });
  }
  if (pattern.test(scheme)) return scheme;
  const isSwapped = Object.values(KINDS).some((other) => other.pattern.test(scheme));
  throw new MigrationError('config', `${label} has the scheme ${scheme}://, expected ${expected}://`, {
    hint: isSwapped ? 'Source and target seem to be swapped' : hint,
  });
}

/** Pairs of a query in their order, percent-decoded. */
function readQuery(text: string, scheme: string, label: string): SplitUri['query'] {
  // To SQLAlchemy, whose schemes name a driver, a plus in the query is a space; to libpq and MongoDB it is a plus.
  const isSpaced = /^postgres\w*\+/i.test(scheme);
  return text.split('&').flatMap((pair): [string, string][] => {
    if (pair === '') return [];
    const equals = pair.indexOf('=');
    const value = pair.slice(equals + 1);
    if (equals > 0) return [[decode(pair.slice(0, equals)), decode(isSpaced ? value.replaceAll('+', ' ') : value)]];
    throw new MigrationError('config', `${label} has a parameter that is not key=value`, {
      hint: 'Correct or remove it; percent-encode & and = in values',
    });
  });
}

/**
 * Takes a connection URI apart. `label` names what holds it. Throws MigrationError('config') with a message that repeats nothing
 * of the URI but its scheme.
 */
export function splitUri(given: string, kind: keyof typeof KINDS, label: string): SplitUri {
  const text = given.trim();
  const scheme = schemeOf(text, kind, label);
  const rest = text.slice(scheme.length + 3);
  const at = endOfUserInfo(rest);
  const userInfo = at < 0 ? null : rest.slice(0, at);
  const afterUser = rest.slice(at + 1);
  const pathStart = afterUser.search(/[/?]/);
  const authority = pathStart < 0 ? afterUser : afterUser.slice(0, pathStart);
  const tail = pathStart < 0 ? '' : afterUser.slice(pathStart);
  const queryStart = tail.indexOf('?');
  const colon = userInfo?.indexOf(':') ?? -1;
  const writtenPassword = userInfo === null || colon < 0 ? null : userInfo.slice(colon + 1);
  const query = queryStart < 0 ? [] : readQuery(tail.slice(queryStart + 1), scheme, label);
  const rawPath = queryStart < 0 ? tail : tail.slice(0, queryStart);
  return {
    scheme: scheme.toLowerCase(),
    user: userInfo === null ? null : decode(colon < 0 ? userInfo : userInfo.slice(0, colon)) || null,
    password: writtenPassword === null || writtenPassword === '' ? null : decode(writtenPassword),
    hosts: parseHosts(authority, label, KINDS[kind].hint),
    path: decode(rawPath.slice(1)),
    rawPath,
    authority,
    query,
  };
}
