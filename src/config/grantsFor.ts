import { MigrationError } from '../errors.ts';
import { quoteIdentifier, quoteLiteral } from '../quoteSql.ts';

/** What rights are given on: a PostgreSQL source by Entra login or by password, a MongoDB, a DocumentDB cluster, a request-unit account. */
export const GRANT_TARGETS = ['postgres', 'postgres-password', 'mongodb', 'vcore', 'ru'] as const;

export type GrantTarget = (typeof GRANT_TARGETS)[number];

/** Who gets rights on what. Null where the target does not need it, or for its default. */
export interface GrantRequest {
  readonly target: GrantTarget;
  /** Name of the role, user or managed identity; for `vcore` and `ru` also the object id of the identity. */
  readonly user: string;
  readonly database: string | null;
  /** PostgreSQL schema; null: `public`. */
  readonly schema: string | null;
  /** Name of the Cosmos DB account or cluster. */
  readonly account: string | null;
}

/** A name that starts like this is one of PostgreSQL's own. */
const RESERVED_ROLE = /^pg_/i;
/** PostgreSQL cuts longer names off, so that rights would go to somebody else. */
const POSTGRES_NAME_BYTES = 63;
const OBJECT_ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** Names of user-assigned identities, by Azure's rules. */
const IDENTITY_NAME = /^[A-Za-z0-9][A-Za-z0-9_-]{2,127}$/;
const ACCOUNT_NAME = /^[a-z0-9][a-z0-9-]{2,43}$/;
const MONGODB_DATABASE = /^[^/\\. "$*<>:|?\0]{1,63}$/;

/** Those that turn the direction of writing show other names than stand there. */
function hasControlCharacter(text: string): boolean {
  return /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/u.test(text);
}

function refuse(message: string, hint = 'See mlflow-migrate --help'): never {
  throw new MigrationError('usage', message, { hint });
}

function postgresName(option: string, name: string): string {
  if (hasControlCharacter(name)) refuse(`${option} holds a control character`);
  if (Buffer.byteLength(name) > POSTGRES_NAME_BYTES) refuse(`${option} is longer than ${POSTGRES_NAME_BYTES} bytes`);
  return name;
}

function required(value: string | null, option: string, target: GrantTarget): string {
  return value ?? refuse(`grants --for ${target} needs ${option}`);
}

/** Rights of a reader: CONNECT, USAGE and SELECT on the tables of one schema, those to come included. No sequences: MLflow's numbers are in the rows. */
function postgresGrants({ target, user, database, schema }: GrantRequest): string[] {
  const named = postgresName('--user', user);
  if (RESERVED_ROLE.test(named)) refuse('--user begins with pg_, which PostgreSQL reserves');
  const db = quoteIdentifier(postgresName('--database', required(database, '--database', target)));
  const role = quoteIdentifier(named);
  const space = quoteIdentifier(postgresName('--schema', schema ?? 'public'));
  const create =
    target === 'postgres'
      ? [
          '-- 1. In the database postgres of the server, as its Entra administrator:',
          `select * from pgaadauth_create_principal(${quoteLiteral(named)}, false, false);`,
        ]
      : [
          '-- 1. As an administrator. The password is set afterwards, where no history',
          `--    keeps it: in psql, \\password ${role}`,
          `create role ${role}`,
          '  with login nosuperuser nocreatedb nocreaterole noreplication;',
        ];
  return [
    ...create,
    `alter role ${role} set default_transaction_read_only = on;`,
    `grant connect on database ${db} to ${role};`,
    '',
    `-- 2. In the database ${db}, as the user that owns MLflow's tables:`,
    `grant usage on schema ${space} to ${role};`,
    `grant select on all tables in schema ${space} to ${role};`,
    '-- Tables that this owner makes later, such as those of an MLflow upgrade:',
    `alter default privileges in schema ${space}`,
    `  grant select on tables to ${role};`,
  ];
}

function mongodbDatabase(request: GrantRequest): string {
  const database = required(request.database, '--database', request.target);
  if (!MONGODB_DATABASE.test(database)) refuse('--database is not a valid name of a MongoDB database');
  return database;
}

function mongodbGrants(request: GrantRequest): string[] {
  if (hasControlCharacter(request.user)) refuse('--user holds a control character');
  const database = mongodbDatabase(request);
  const user = JSON.stringify(request.user);
  const db = JSON.stringify(database);
  return [
    '// In mongosh, as a user who may create users. It asks for the password;',
    '// the login is looked up in this database.',
    `db.getSiblingDB(${db}).createUser({`,
    `  user: ${user}, pwd: passwordPrompt(),`,
    `  roles: [{ role: "readWrite", db: ${db} }],`,
    '})',
  ];
}

/** Shell lines that set SCOPE to the resource id of the account and PRINCIPAL to the object id of the identity. */
function azureNames(request: GrantRequest, type: string): string[] {
  const account = required(request.account, '--account', request.target);
  if (!ACCOUNT_NAME.test(account)) {
    refuse(
      '--account is not a valid name of an Azure account',
      '3 to 44 lower-case letters, digits and dashes, without domain',
    );
  }
  const isObjectId = OBJECT_ID.test(request.user);
  if (!isObjectId && !IDENTITY_NAME.test(request.user)) {
    refuse('--user is neither the name of a user-assigned identity nor an object id');
  }
  const principal = isObjectId
    ? request.user.toLowerCase()
    : `$(az identity list --query "[?name=='${request.user}'].principalId | [0]" --output tsv)`;
  return [
    '# For sh, with the Azure CLI logged in to the subscription: pipe this into sh.',
    'set -eu',
    `SCOPE="$(az resource list --resource-type ${type} --name '${account}' --query '[0].id' --output tsv)"`,
    `PRINCIPAL="${principal}"`,
    `: "\${SCOPE:?There is no ${account} in this subscription}" "\${PRINCIPAL:?There is no such identity}"`,
  ];
}

function vcoreGrants(request: GrantRequest): string[] {
  const body = {
    properties: {
      identityProvider: { type: 'MicrosoftEntraID', properties: { principalType: 'servicePrincipal' } },
      roles: [{ db: 'admin', role: 'root' }],
    },
  };
  return [
    ...azureNames(request, 'Microsoft.DocumentDB/mongoClusters'),
    '# Azure knows the role root alone for Entra users of a cluster:',
    '# keep no other data in it.',
    `az rest --method put --url "\${SCOPE}/users/\${PRINCIPAL}?api-version=2025-09-01" --body '${JSON.stringify(body)}'`,
  ];
}

function ruGrants(request: GrantRequest): string[] {
  const role = `MLflow migration connection reader (${request.account})`;
  const definition = JSON.stringify({
    Name: role,
    IsCustom: true,
    Description: 'Fetches the connection string of a Cosmos DB account, and nothing else.',
    Actions: ['Microsoft.DocumentDB/databaseAccounts/listConnectionStrings/action'],
    AssignableScopes: ['GROUP'],
  });
  return [
    ...azureNames(request, 'Microsoft.DocumentDB/databaseAccounts'),
    '# Built-in roles that may fetch the connection string may also delete the',
    '# account: this one has a single action.',
    `ROLE='${definition}'`,
    // A resource id is no scope for a definition, so its resource group is.
    `az role definition create --role-definition "$(printf %s "$ROLE" | sed "s|GROUP|\${SCOPE%%/providers/*}|")"`,
    '# A new definition may take a minute until it can be assigned; this line can',
    '# be repeated.',
    'az role assignment create --assignee-object-id "$PRINCIPAL" --assignee-principal-type ServicePrincipal \\',
    `  --role '${role}' --scope "$SCOPE"`,
  ];
}

const MAKERS: Readonly<Record<GrantTarget, (request: GrantRequest) => string[]>> = {
  postgres: postgresGrants,
  'postgres-password': postgresGrants,
  mongodb: mongodbGrants,
  vcore: vcoreGrants,
  ru: ruGrants,
};

/**
 * The SQL or the commands that give an identity the least rights for a migration: reading on the source, reading and writing
 * in one database of the target. Names are quoted, secrets are asked for by the tools. Throws MigrationError('usage').
 */
export function grantsFor(request: GrantRequest): string {
  return `${MAKERS[request.target](request).join('\n')}\n`;
}
