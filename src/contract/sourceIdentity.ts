import { VERSIONS } from './versions.ts';

/** Version of {@link SourceIdentity} as it is stored in plans and markers. */
export const IDENTITY_VERSION = VERSIONS.identity;

/**
 * What a source database says of itself: which one it is, wherever it is reached. Hosts and ports have no part in it: a
 * standby, a pooler and a forwarded port lead to the same identity, a restored dump to another.
 */
export interface SourceIdentity {
  readonly version: typeof IDENTITY_VERSION;
  /** System identifier of the server's cluster, which a physical standby shares; a digest of catalog numbers where it may not be asked for. */
  readonly system: string;
  /** How `system` was found. `catalog` is less sure: two servers that were set up in just the same way may look the same. */
  readonly systemFrom: 'control-file' | 'catalog';
  /** Where only the catalog tells: when the server was started, which no other server shares. Tells within one run; null otherwise. */
  readonly startedAt: string | null;
  readonly databaseOid: string;
  readonly database: string;
  readonly schema: string;
  /** Tells the schema from another one that bears its name later. Absent in what earlier releases have stored. */
  readonly schemaOid?: string;
  /** MLflow workspace that the migration is limited to, null for all. */
  readonly workspace: string | null;
}

/** The parts of an identity that decide, in one order, as text. */
export function identityKey(identity: SourceIdentity): string {
  const { schemaOid } = identity;
  return JSON.stringify([...namedParts(identity), ...(schemaOid === undefined ? [] : [schemaOid])]);
}

/** Are both the same source? One that was stored without the oid of its schema is recognised by all else. */
export function isSameSource(one: SourceIdentity, other: SourceIdentity): boolean {
  const isSameSchema =
    one.schemaOid === undefined || other.schemaOid === undefined || one.schemaOid === other.schemaOid;
  return isSameSchema && JSON.stringify(namedParts(one)) === JSON.stringify(namedParts(other));
}

function namedParts({ system, databaseOid, database, schema, workspace }: SourceIdentity): readonly (string | null)[] {
  return [system, databaseOid, database, schema, workspace];
}

/** An identity for people: `database mlflow (oid 16384), schema public (oid 2200), of the server 7301…`. */
export function showIdentity(identity: SourceIdentity): string {
  const { system, systemFrom, databaseOid, database, schema, schemaOid, workspace } = identity;
  const oid = schemaOid === undefined ? '' : ` (oid ${schemaOid})`;
  const server = systemFrom === 'control-file' ? `the server ${system}` : `the server with the catalog ${system}`;
  const part = workspace === null ? '' : `, workspace ${workspace}`;
  return `database ${database} (oid ${databaseOid}), schema ${schema}${oid}${part}, of ${server}`;
}
