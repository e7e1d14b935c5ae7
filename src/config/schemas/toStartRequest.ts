import type { MigrationRequest, SourceRef, TargetRef } from '../../contract/migrationRequest.ts';
import type { StartRequest } from '../../contract/startRequest.ts';

/**
 * The body of a start request that asks for the same again: the other way round of `toMigrationRequest`. What the target holds
 * stays: `dropTarget` is left out, as nobody who starts a migration again means to delete what it has copied.
 */
export function toStartRequest(request: MigrationRequest): StartRequest {
  const { name, source, target, layout, tables, exclude, workspace, dropTarget: _dropTarget, ...others } = request;
  const { artifacts, experiments, allowExisting, adoptTarget, catchUp, follow, validateOnly, ...more } = others;
  // What was agreed to was one plan: the next way back has its own.
  const { direction, agreedPlan: _agreedPlan, ...settings } = more;
  return {
    ...(name === null ? {} : { name }),
    source: sourceFieldsOf(source),
    destination: targetFieldsOf(target),
    layout,
    ...(direction === 'forth' ? {} : { direction }),
    ...(tables === null ? {} : { tables: [...tables] }),
    ...(exclude.length === 0 ? {} : { exclude: [...exclude] }),
    ...(workspace === null ? {} : { workspace }),
    ...(experiments === null ? {} : { experiments: [...experiments] }),
    ...(artifacts.length === 0 ? {} : { artifacts: [...artifacts] }),
    ...(allowExisting ? { allowExisting } : {}),
    ...(adoptTarget ? { adoptTarget } : {}),
    ...(catchUp ? { catchUp } : {}),
    ...(follow === null ? {} : { follow }),
    ...(validateOnly ? { validateOnly } : {}),
    migration_settings: settingsOf(settings satisfies Exactly<typeof settings>),
  };
}

type Settings = Pick<
  MigrationRequest,
  | 'batchSize'
  | 'validate'
  | 'parallel'
  | 'dryRun'
  | 'throughput'
  | 'allowThroughput'
  | 'uniqueIndexes'
  | 'shardKeys'
  | 'stallMinutes'
  | 'allowDeletes'
>;

/** The settings and nothing else: so that the compiler asks for a line here when a request gets another field. */
type Exactly<T> = Exclude<keyof T, keyof Settings> extends never ? Settings : never;

function settingsOf({ throughput, ...settings }: Settings): NonNullable<StartRequest['migration_settings']> {
  const { parallel, dryRun, allowThroughput, shardKeys, allowDeletes } = settings;
  return {
    batch_size: settings.batchSize,
    validate: settings.validate,
    unique_indexes: settings.uniqueIndexes,
    stall_minutes: settings.stallMinutes,
    ...(parallel === null ? {} : { parallel }),
    ...(dryRun ? { dry_run: true } : {}),
    ...(throughput === null
      ? {}
      : {
          throughput: { during: throughput.during, ...(throughput.after === null ? {} : { after: throughput.after }) },
        }),
    ...(allowThroughput === null ? {} : { allow_throughput: allowThroughput }),
    ...(Object.keys(shardKeys).length === 0 ? {} : { shard_keys: { ...shardKeys } }),
    ...(allowDeletes === null ? {} : { allow_deletes: allowDeletes }),
  };
}

function sourceFieldsOf(source: SourceRef): NonNullable<StartRequest['source']> {
  const schema = source.schema === null ? {} : { schema: source.schema };
  if (source.kind === 'secret') return { secret: source.secret, ...schema };
  const { server, port, database, user, clientId } = source;
  return { server, port, database, user, ...(clientId === null ? {} : { client_id: clientId }), ...schema };
}

function targetFieldsOf(target: TargetRef): NonNullable<StartRequest['destination']> {
  const large = target.largeDocuments === undefined ? {} : { large_documents: true };
  if (target.kind === 'secret') {
    return { secret: target.secret, ...(target.database === null ? {} : { database: target.database }), ...large };
  }
  const { account, flavour, database, resourceGroup, subscription, clientId } = target;
  return {
    account,
    flavour,
    database,
    ...(resourceGroup === null ? {} : { resource_group: resourceGroup }),
    ...(subscription === null ? {} : { subscription }),
    ...(clientId === null ? {} : { client_id: clientId }),
    ...large,
  };
}
