import type { ConnectionList, KnownConnection } from '../contract/connectionList.ts';
import type { AllowedConnections } from './allowedConnections.ts';
import type { Environment } from './environment.ts';
import { isOwnSetting } from './isOwnSetting.ts';

type End = 'source' | 'target';

const SCHEMES: readonly (readonly [RegExp, End])[] = [
  [/^\s*postgres(?:ql)?(?:\+\w+)?:\/\//i, 'source'],
  [/^\s*mongodb(?:\+srv)?:\/\//i, 'target'],
];
/** Names of the template, and what people call theirs, where nothing but the name is known. */
const NAMES: readonly (readonly [RegExp, End])[] = [
  [/POSTGRES|\bPG\b/, 'source'],
  [/MONGO|COSMOS|DOCUMENTDB/, 'target'],
];
/** What a vault is asked for where no list says what is in it: the names that a request has by default. */
const DEFAULT_SECRETS = ['POSTGRES_URI', 'MONGODB_URI'];

/**
 * The connections that a request may name, as far as this app knows them: those of its lists, and where there is none, the
 * settings that hold a connection URI. Only their names leave the function.
 */
export function knownConnections(allowed: AllowedConnections, env: Environment): ConnectionList {
  const secrets = secretsOf(allowed, env);
  const named = (key: KnownConnection['key'], names: readonly string[] | null): KnownConnection[] =>
    (names ?? []).map((name) => ({ key, name }));
  const ofEnd = (end: End): KnownConnection[] =>
    named(
      'secret',
      secrets.filter((secret) => secret.end === end || secret.end === null).map(({ name }) => name),
    );
  return {
    sources: [...ofEnd('source'), ...named('server', allowed.servers)],
    targets: [...ofEnd('target'), ...named('account', allowed.accounts)],
  };
}

interface Secret {
  readonly name: string;
  /** Null where it may be either. */
  readonly end: End | null;
}

function secretsOf({ secrets }: AllowedConnections, env: Environment): Secret[] {
  const inVault = (env['KEY_VAULT_URI'] ?? '') !== '';
  if (secrets === null && !inVault) {
    return Object.entries(env)
      .flatMap(([name, value]) => {
        const end = isOwnSetting(name) ? null : endOf(SCHEMES, value ?? '');
        return end === null ? [] : [{ name, end }];
      })
      .toSorted(likeliestFirst);
  }
  const names = (secrets ?? DEFAULT_SECRETS).map((name) => name.toUpperCase());
  return names
    .map((name) => {
      const setting = name.replaceAll('-', '_');
      const value = inVault ? undefined : (env[setting] ?? env[name]);
      const end = value === undefined ? endOf(NAMES, setting) : endOf(SCHEMES, value);
      return { name: inVault ? name.replaceAll('_', '-') : setting, end };
    })
    .toSorted(likeliestFirst);
}

function endOf(rules: readonly (readonly [RegExp, End])[], text: string): End | null {
  return rules.find(([pattern]) => pattern.test(text))?.[1] ?? null;
}

/** What requests name by default comes first. */
function likeliestFirst(left: Secret, right: Secret): number {
  const rank = ({ name }: Secret) => (DEFAULT_SECRETS.includes(name.replaceAll('-', '_')) ? 0 : 1);
  return rank(left) - rank(right) || (left.name < right.name ? -1 : 1);
}
