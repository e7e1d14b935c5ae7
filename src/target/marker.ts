import type { Document } from 'mongodb';
import type { TargetDatabase } from './client.ts';
import { targetError } from './errors.ts';

/** Collection that says which migration a target database belongs to (tables-layout.md). */
export const MARKER_COLLECTION = '_migration';
const MARKER_ID = 'alembic_version';

/** The one document of `_migration`: the source's alembic revision, and what filled this database. Nothing in it differs from one run to the next. */
export interface Marker {
  readonly source: string;
  readonly layout: string;
  readonly versions: readonly string[];
  /** Did the collections hold other data when the migration began? Then nothing is ever deleted from them. */
  readonly isShared: boolean;
  /** Fields by which the migration sharded collections, by collection. */
  readonly shardKeys: Readonly<Record<string, string>>;
}

/** The marker of the target database, null where there is none. */
export async function readMarker(target: TargetDatabase): Promise<Marker | null> {
  try {
    const found = await target.db.collection<Document & { _id: string }>(MARKER_COLLECTION).findOne({ _id: MARKER_ID });
    if (found === null) return null;
    return {
      source: String(found['source'] ?? ''),
      layout: String(found['layout'] ?? ''),
      versions: Array.isArray(found['version_nums']) ? found['version_nums'].map(String) : [],
      isShared: found['shared'] === true,
      shardKeys: Object.fromEntries(
        Object.entries(found['shard_keys'] ?? {}).map(([name, key]) => [name, String(key)]),
      ),
    };
  } catch (error) {
    throw targetError(error, target.display);
  }
}

/** Writes the marker; the same marker again changes nothing. */
export async function writeMarker(target: TargetDatabase, marker: Marker): Promise<void> {
  try {
    await target.db.collection<Document & { _id: string }>(MARKER_COLLECTION).replaceOne(
      { _id: MARKER_ID },
      {
        version_num: marker.versions[0] ?? null,
        version_nums: marker.versions,
        source: marker.source,
        layout: marker.layout,
        shared: marker.isShared,
        // Only where there are any: markers of other migrations stay as they were.
        ...(Object.keys(marker.shardKeys).length === 0 ? {} : { shard_keys: marker.shardKeys }),
      },
      { upsert: true },
    );
  } catch (error) {
    throw targetError(error, target.display);
  }
}
