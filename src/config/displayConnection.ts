import type { ParsedMongoUri } from './mongo/parseMongoUri.ts';
import type { PostgresEndpoint } from './postgres/postgresEndpoint.ts';

/** `host:port`, for people. */
export function showHost(host: string, port: number): string {
  return `${host.includes(':') && !host.startsWith('/') ? `[${host}]` : host}:${port}`;
}

/** `host:port/database` of a parsed URI, for people and reports: no user, no password, no options. Of several hosts, all. */
export function displayOf(
  parsed: Pick<PostgresEndpoint, 'hosts' | 'database'> | ParsedMongoUri,
  database: string = parsed.database,
): string {
  const isSrv = 'isSrv' in parsed && parsed.isSrv;
  const hosts = parsed.hosts.map(({ host, port }) => (isSrv ? host : showHost(host, port ?? 27_017)));
  return `${hosts.join(',')}/${database}`;
}
