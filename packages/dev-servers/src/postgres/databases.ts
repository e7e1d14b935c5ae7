import pg from 'pg';

/** The same server, another database. Works for PostgreSQL and MongoDB URIs, also those with several hosts, which URL does not take. */
export function withDatabase(uri: string, name: string): string {
  return uri.replace(/^([^/]+:\/\/[^/?]*)(\/[^?]*)?/, (_, server: string) => `${server}/${encodeURIComponent(name)}`);
}

/** Creates an empty database, from `template0`, and returns its URI. */
export async function createDatabase(adminUri: string, name: string): Promise<string> {
  return cloneDatabase(adminUri, 'template0', name);
}

/** Creates a database as a copy of another, which nobody may be connected to, and returns its URI. */
export async function cloneDatabase(adminUri: string, template: string, name: string): Promise<string> {
  const identifiers = [name, template].map((identifier) => pg.escapeIdentifier(identifier));
  await runAsAdmin(adminUri, `create database ${identifiers[0]} template ${identifiers[1]}`);
  return withDatabase(adminUri, name);
}

/** Gives a database, which nobody may be connected to, another name. */
export async function renameDatabase(adminUri: string, name: string, newName: string): Promise<void> {
  await runAsAdmin(adminUri, `alter database ${pg.escapeIdentifier(name)} rename to ${pg.escapeIdentifier(newName)}`);
}

/** Drops a database, with whoever is connected to it. One that is not there is fine. */
export async function dropDatabase(adminUri: string, name: string): Promise<void> {
  await runAsAdmin(adminUri, `drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
}

async function runAsAdmin(adminUri: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUri });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
