import { stringValue } from '../../../../encoding/bsonToJson.ts';
import { BSON_TYPE } from '../../../../encoding/bsonWriter.ts';
import { objectIdFrom } from '../../../../encoding/objectIdFrom.ts';
import type { Fields, Lookup, RowValue } from './returning.ts';

/** The workspace of models that PostgreSQL does not know, as the plugin knows none. */
const NEW_WORKSPACE = 'default';

/** What of a registered model its rows and those of its versions have in their keys. */
export interface ModelKey {
  readonly name: string;
  /** Null where several workspaces have a model of that name, so that the rows cannot be told. Means nothing in a schema without workspaces. */
  readonly workspace: string | null;
}

/** Columns that name a model in the key of a table. */
export function keyColumns(look: Lookup, table: string, { name, workspace }: ModelKey): Record<string, RowValue> {
  return look.columns(table).has('workspace') ? { workspace, name } : { name };
}

/** Hex digits of an ObjectId, null for everything else. */
export function objectIdOf(fields: Fields, field: string): string | null {
  const element = fields.get(field);
  return element?.type === BSON_TYPE.objectId ? element.value.toString('hex') : null;
}

/** The registered models of these ids, by them: a version's document has its model's id only. */
export async function modelsOf(look: Lookup, ids: readonly string[]): Promise<ReadonlyMap<string, ModelKey>> {
  const wanted = [...new Set(ids)].map(objectIdFrom);
  const documents =
    wanted.length === 0 ? [] : await look.target('registered_models', { _id: { $in: wanted } }, ['name']);
  const named = documents.flatMap(({ fields }) => {
    const id = objectIdOf(fields, '_id');
    const name = fields.get('name');
    return id === null || name?.type !== BSON_TYPE.string ? [] : [{ id, name: stringValue(name.value) }];
  });
  return withWorkspaces(look, named);
}

/**
 * The same with their workspaces, by their ids: that of the model of this name in PostgreSQL; where it has none, of the one that
 * the migration has made this id of, which was renamed since; else that of new models.
 */
export async function withWorkspaces(
  look: Lookup,
  models: readonly { readonly id: string; readonly name: string }[],
): Promise<ReadonlyMap<string, ModelKey>> {
  if (!look.columns('registered_models').has('workspace') || models.length === 0)
    return new Map(models.map(({ id, name }) => [id, { name, workspace: NEW_WORKSPACE }]));
  const relation = look.relation('registered_models');
  const standing = await look.source<{ name: string; workspace: string }>(
    `select name::text, workspace::text from ${relation} where name = any($1)`,
    [models.map(({ name }) => name)],
  );
  const byName = new Map<string, string | null>();
  for (const { name, workspace } of standing) byName.set(name, byName.has(name) ? null : workspace);
  const others = models.filter(({ name }) => !byName.has(name)).map(({ id }) => id);
  // As `modelObjectId` makes it.
  const renamed =
    others.length === 0
      ? []
      : await look.source<{ id: string; workspace: string }>(
          `select id, workspace from (select encode(substr(sha256(convert_to('[' || to_json(name::text)::text || ']', 'UTF8')), 1, 12), 'hex') as id,` +
            ` workspace::text as workspace from ${relation} where workspace <> $2) made where id = any($1)`,
          [others, NEW_WORKSPACE],
        );
  const byId = new Map(renamed.map(({ id, workspace }) => [id, workspace]));
  return new Map(
    models.map(({ id, name }) => {
      const found = byName.get(name);
      return [id, { name, workspace: found === undefined ? (byId.get(id) ?? NEW_WORKSPACE) : found }];
    }),
  );
}

/** Why rows of such a model are not brought back. */
export const SEVERAL_WORKSPACES =
  'several workspaces have a registered model of this name: which is meant cannot be told';
