import type { AfterCutover, MigrationReport } from '../contract/migrationReport.ts';
import { unfenceSql } from './fenceSql.ts';

/** What a cut-over has been made of. */
export type CutOver = Pick<MigrationReport, 'layout' | 'source' | 'target'> & {
  /** Does the target charge request units? */
  readonly isCharged: boolean;
};

/** What follows a cut-over, as lines for a shell and for SQL: hosts and databases are named, logins are not. docs/after-migration.md has the whole. */
export function afterCutover({ layout, source, target, isCharged }: CutOver): AfterCutover {
  return { reader: layout === 'mlflow' ? plugin(target, isCharged) : genesisFlow(target), undo: unfenceSql(source) };
}

function plugin(target: string, isCharged: boolean): string[] {
  if (isCharged) {
    return [
      '# On request units MLflow with mlflow-mongodb does not work: the documents are kept there, and nothing reads them',
    ];
  }
  return [
    "# MLflow with the plugin mlflow-mongodb: add the login of its user and your URI's options; artifact options as before",
    'pip install mlflow==3.17.2 mlflow-mongodb',
    `export MLFLOW_BACKEND_STORE_URI='${uriOf(target)}'`,
    'export MLFLOW_REGISTRY_STORE_URI="$MLFLOW_BACKEND_STORE_URI"',
    'mlflow server',
  ];
}

function genesisFlow(target: string): string[] {
  return [
    "# Genesis-Flow, a fork of MLflow: add the login of its user and your URI's options",
    `export MLFLOW_TRACKING_URI='${uriOf(target)}'`,
    'export MLFLOW_REGISTRY_URI="$MLFLOW_TRACKING_URI"',
  ];
}

/** `host:port/database` as a URI without a login. Hosts without a port are those of an SRV record. */
function uriOf(target: string): string {
  const cut = target.lastIndexOf('/');
  const hosts = target.slice(0, cut);
  const database = encodeURIComponent(target.slice(cut + 1)).replaceAll("'", '%27');
  return `${/:\d+$/.test(hosts) ? 'mongodb' : 'mongodb+srv'}://${hosts}/${database}`;
}
