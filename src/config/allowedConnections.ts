import type { ConnectionRef } from '../contract/migrationRequest.ts';
import { MigrationError } from '../errors.ts';
import type { Environment } from './environment.ts';
import { isOwnSetting } from './isOwnSetting.ts';
import { localHost } from './localHost.ts';
import { clusterHost } from './mongo/cosmosConnection.ts';

/** Names that requests may give, of each kind of connection; null where they may give any. */
export interface AllowedConnections {
  readonly secrets: readonly string[] | null;
  readonly servers: readonly string[] | null;
  readonly accounts: readonly string[] | null;
}

/** The lists as settings hold them, separated by commas. */
interface Lists {
  readonly ALLOWED_SECRETS?: string | undefined;
  readonly ALLOWED_SERVERS?: string | undefined;
  readonly ALLOWED_ACCOUNTS?: string | undefined;
}

/** What a deployed app takes where no list is set: secrets that requests name by default, and no server that would be handed a token. */
const DEPLOYED = { secrets: 'POSTGRES-URI,MONGODB-URI,AUTONOMIZE-POSTGRES-URI', servers: '', accounts: '' };

/** Key Vault knows no underscores, and neither host names nor secrets tell small letters from large ones. */
function plain(name: string): string {
  return name.trim().toLowerCase().replaceAll('_', '-');
}

function namesIn(list: string): string[] {
  return list
    .split(',')
    .map(plain)
    .filter((name) => name !== '');
}

/** Does the app run on Azure? The platform gives every app a site name; Core Tools say that they are for development. */
function isDeployed(env: Environment): boolean {
  if (localHost(env) !== undefined || env['AZURE_FUNCTIONS_ENVIRONMENT'] === 'Development') return false;
  return (env['WEBSITE_SITE_NAME'] ?? '') !== '';
}

/** Which connections requests may name. A list that is missing allows any on a machine of one's own, and next to nothing on Azure. */
export function readAllowedConnections(lists: Lists, env: Environment): AllowedConnections {
  const whenMissing = isDeployed(env) ? DEPLOYED : null;
  const read = (list: string | undefined, missing: string | undefined): readonly string[] | null => {
    const chosen = list ?? missing;
    return chosen === undefined ? null : namesIn(chosen);
  };
  return {
    secrets: read(lists.ALLOWED_SECRETS, whenMissing?.secrets),
    servers: read(lists.ALLOWED_SERVERS, whenMissing?.servers),
    accounts: read(lists.ALLOWED_ACCOUNTS, whenMissing?.accounts),
  };
}

/** What a connection goes by, the names of a list that stand for it, and the list. */
interface Naming {
  readonly what: string;
  readonly matches: readonly string[];
  readonly list: keyof AllowedConnections;
  readonly hint: string;
}

function namingOf(ref: ConnectionRef): Naming {
  switch (ref.kind) {
    case 'secret':
      return {
        what: `The secret ${ref.secret}`,
        matches: [plain(ref.secret)],
        list: 'secrets',
        hint: 'Add it to the setting ALLOWED_SECRETS; with azd: to SECRET_NAMES, then azd provision',
      };
    case 'postgres-identity': {
      const name = plain(ref.server);
      const host = name.includes('.') ? name : `${name}.postgres.database.azure.com`;
      return {
        what: `The server ${ref.server}`,
        // A short name stands for a host of the public cloud, whoever writes it.
        matches: [host, host.replace(/\.postgres\.database\.azure\.com$/, '')],
        list: 'servers',
        hint: 'Add it to the setting ALLOWED_SERVERS; with azd: azd env set ALLOWED_SERVERS, then azd provision',
      };
    }
    case 'cosmos-identity': {
      const host = ref.flavour === 'vcore' ? plain(clusterHost(ref.account)) : plain(ref.account);
      const short = host.replace(/(?:\.global)?\.mongocluster\.cosmos\.azure\.com$|\.mongo\.cosmos\.azure\.com$/, '');
      return {
        what: `The account ${ref.account}`,
        matches: [host, short],
        list: 'accounts',
        hint: 'Add it to the setting ALLOWED_ACCOUNTS; with azd: azd env set ALLOWED_ACCOUNTS, then azd provision',
      };
    }
  }
}

/**
 * Refuses a connection that is not on the lists of the deployment, and an app setting that is no connection. The app hands servers
 * and clusters a token of its identity, so whoever may start migrations must not choose them freely. Throws MigrationError('config').
 */
export function checkAllowed(ref: ConnectionRef, allowed: AllowedConnections): void {
  if (ref.kind === 'secret' && isOwnSetting(ref.secret)) {
    throw new MigrationError('config', `${ref.secret} is a setting of the app itself, and no connection`, {
      hint: 'Give source.secret or destination.secret the name of a secret or setting that holds a connection URI',
    });
  }
  const { what, matches, list, hint } = namingOf(ref);
  const names = allowed[list];
  if (names === null || matches.some((match) => names.includes(match))) return;
  throw new MigrationError('config', `${what} is not on the list of connections that this app may use`, { hint });
}
