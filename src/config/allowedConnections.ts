import type { ConnectionRef } from '../contract/migrationRequest.ts';
import { MigrationError } from '../errors.ts';
import { clusterHost } from './mongo/cosmosConnection.ts';

/** Key Vault knows no underscores, and neither host names nor secrets tell small letters from large ones. */
function plain(name: string): string {
  return name.trim().toLowerCase().replaceAll('_', '-');
}

/** The names of a list such as `POSTGRES-URI, pg-lab`; null where there is none, and then every connection may be named. */
export function readAllowedConnections(list: string | undefined): readonly string[] | null {
  return (
    list
      ?.split(',')
      .map(plain)
      .filter((name) => name !== '') ?? null
  );
}

/** What a connection goes by, and the names of a list that stand for it. */
function namesOf(ref: ConnectionRef): {
  readonly what: string;
  readonly name: string;
  readonly matches: readonly string[];
} {
  switch (ref.kind) {
    case 'secret':
      return { what: 'The secret', name: ref.secret, matches: [plain(ref.secret)] };
    case 'postgres-identity': {
      const name = plain(ref.server);
      const host = name.includes('.') ? name : `${name}.postgres.database.azure.com`;
      // A short name stands for a host of the public cloud, whoever writes it.
      return {
        what: 'The server',
        name: ref.server,
        matches: [host, host.replace(/\.postgres\.database\.azure\.com$/, '')],
      };
    }
    case 'cosmos-identity': {
      const host = ref.flavour === 'vcore' ? plain(clusterHost(ref.account)) : plain(ref.account);
      const short = host.replace(/(?:\.global)?\.mongocluster\.cosmos\.azure\.com$|\.mongo\.cosmos\.azure\.com$/, '');
      return { what: 'The account', name: ref.account, matches: [host, short] };
    }
  }
}

/**
 * Refuses a connection that is not on the list of the deployment. The app hands servers and clusters a token of its identity, so
 * whoever may start migrations must not choose them freely. Throws MigrationError('config').
 */
export function checkAllowed(ref: ConnectionRef, allowed: readonly string[] | null): void {
  if (allowed === null) return;
  const { what, name, matches } = namesOf(ref);
  if (matches.some((match) => allowed.includes(match))) return;
  throw new MigrationError('config', `${what} ${name} is not on the list of connections that this app may use`, {
    hint: 'Add its name to SECRET_NAMES or ALLOWED_SERVERS of the azd environment and run azd provision, or to the setting ALLOWED_CONNECTIONS',
  });
}
