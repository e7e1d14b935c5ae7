import type { Problem } from '../../../errors.ts';
import { listNames } from '../../../listNames.ts';
import { quoteLiteral } from '../../../quoteSql.ts';
import type { LayoutCheck } from '../layout.ts';
import { wholeRelation } from '../rows/relations.ts';
import type { LayoutSource } from './layoutSource.ts';

/** Names that a message lists; more are counted. */
const MAX_LISTED = 20;

/**
 * What would keep the plugin from opening the result, or two rows from both being there: its names are unique over all
 * experiments and over all models, as it knows one namespace and no workspaces, and its default experiment is the one of id 0.
 */
export function layoutChecks(source: LayoutSource): LayoutCheck[] {
  const checks: LayoutCheck[] = [];
  if (source.rows.workspace !== null) {
    const check = workspaceCheck(source, source.rows.workspace);
    if (check !== null) checks.push(check);
  } else {
    if (source.has('experiments', 'workspace', 'name'))
      checks.push(nameCheck(source, 'experiments', 'an experiment', 'experiments'));
    if (source.has('registered_models', 'workspace', 'name'))
      checks.push(nameCheck(source, 'registered_models', 'a registered model', 'registered models'));
  }
  if (source.has('experiments', 'experiment_id', 'name')) checks.push(defaultCheck(source));
  return checks;
}

/** Is there such a workspace? A release without workspaces has the one that later releases call `default`. */
function workspaceCheck(source: LayoutSource, workspace: string): LayoutCheck | null {
  const known = [
    ...(source.has('workspaces', 'name')
      ? [`select name::text as name from ${wholeRelation(source.schema, 'workspaces')}`]
      : []),
    ...['experiments', 'registered_models']
      .filter((table) => source.has(table, 'workspace'))
      .map((table) => `select workspace::text from ${wholeRelation(source.schema, table)}`),
  ];
  if (known.length === 0) {
    return {
      sql: 'select 1 as one',
      describe: () => (workspace === 'default' ? null : unknownWorkspace(workspace, ['default'])),
    };
  }
  return {
    sql: `select name from (${known.join(' union ')}) known (name) order by 1`,
    describe: (rows) => {
      const names = rows.map(({ name }) => String(name));
      return names.includes(workspace) ? null : unknownWorkspace(workspace, names);
    },
  };
}

function unknownWorkspace(workspace: string, known: readonly string[]): Problem {
  return {
    kind: 'config',
    message: `The source has no workspace ${workspace}`,
    hint: `Its workspaces are: ${listNames(known, MAX_LISTED)}`,
  };
}

/** Names that several workspaces have. */
function nameCheck(source: LayoutSource, table: string, one: string, many: string): LayoutCheck {
  return {
    sql:
      `select name::text as name, string_agg(workspace::text, ', ' order by workspace::text collate "C") as workspaces` +
      ` from ${source.relation(table)} n group by name having count(*) > 1 order by name::text collate "C"`,
    describe: (rows) => {
      if (rows.length === 0) return null;
      const collisions = rows.map(({ name, workspaces }) => `${String(name)} (${String(workspaces)})`);
      const subject = rows.length === 1 ? `name of ${one} is` : `names of ${many} are`;
      return {
        kind: 'config',
        message: `${rows.length} ${subject} in several workspaces, and the store plugin knows one namespace: ${listNames(collisions, MAX_LISTED)}`,
        hint: 'Migrate one workspace with --workspace NAME, each into a database of its own; or rename in MLflow, and start again',
      };
    },
  };
}

/** The plugin makes experiment 0 named `Default` where there is none, and fails where another has that name. */
function defaultCheck(source: LayoutSource): LayoutCheck {
  return {
    sql:
      `select e.experiment_id::text as id from ${source.relation('experiments')} e` +
      ` where e.name = ${quoteLiteral('Default')} and e.experiment_id <> 0 order by e.experiment_id`,
    describe: (rows) => {
      if (rows.length === 0) return null;
      const ids = rows.map(({ id }) => String(id));
      return {
        kind: 'source-unsupported',
        message: `Experiment ${listNames(ids, MAX_LISTED)} is named Default, which the store plugin keeps for experiment 0: it could not open the result`,
        hint: 'Rename that experiment in MLflow (mlflow experiments rename) and start again; there it can have its name back afterwards',
      };
    },
  };
}
