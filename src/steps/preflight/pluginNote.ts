import type { Finding } from '../../contract/migrationReport.ts';
import type { TargetTraits } from '../../target/targetTraits.ts';

/** The oldest MongoDB that the store plugin asks for, by its releases 0.1.0b1 to 0.1.0 (docs/after-migration.md). */
const OLDEST_MAJOR = 8;
const PLUGIN = `The store plugin mlflow-mongodb asks for MongoDB ${OLDEST_MAJOR}.0 or later`;

/**
 * Says where the store plugin may not work on a target, null where it does or nothing is known. No reason to refuse: the data
 * arrives all the same, and a server can be upgraded before MLflow opens its database.
 */
export function pluginNote({ flavour, version }: Pick<TargetTraits, 'flavour' | 'version'>): Finding | null {
  switch (flavour) {
    case 'mongodb': {
      const major = /^\d+/.exec(version)?.[0];
      if (major === undefined || Number(major) >= OLDEST_MAJOR) return null;
      return note(
        `${PLUGIN}, and the target is ${version}. All data arrives; upgrade the server before MLflow opens the database`,
      );
    }
    case 'cosmos-ru':
      return note(
        `${PLUGIN}. Request units take all data, but refuse indexes over nested fields that the plugin makes when it opens a database, and sorting without an index: MLflow does not work on them`,
      );
    case 'documentdb':
      return note(
        `${PLUGIN}. This is DocumentDB, which names itself ${version}: all data arrives, and whether the plugin works on it was not tried`,
      );
  }
}

function note(message: string): Finding {
  return { severity: 'note', check: 'schema', table: 'the target', message };
}
