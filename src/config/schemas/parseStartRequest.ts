import type { z } from 'zod';
import { sortedMappings } from '../../contract/artifactMap.ts';
import type { sourceFields, targetFields } from '../../contract/connectionFields.ts';
import { DEFAULT_LAYOUT, LAYOUT_NAMES, WORKSPACE_LAYOUTS } from '../../contract/layoutName.ts';
import type { MigrationRequest, SourceRef, TargetRef } from '../../contract/migrationRequest.ts';
import { DEFAULT_STALL_MINUTES, type MigrationSettings, validationOf } from '../../contract/migrationSettings.ts';
import { StartRequest } from '../../contract/startRequest.ts';
import { MigrationError } from '../../errors.ts';
import { describeFaults, showPath } from '../describeFaults.ts';
import { checkTargetDatabase, DEFAULT_DATABASE } from '../mongo/checkTargetDatabase.ts';

/** Name of the secret or setting that holds the source's URI where a request names neither a secret nor a server. */
export const DEFAULT_SOURCE_SECRET = 'POSTGRES_URI';
/** As {@link DEFAULT_SOURCE_SECRET}, for the target. */
export const DEFAULT_TARGET_SECRET = 'MONGODB_URI';
const DEFAULT_SOURCE_DATABASE = 'mlflow';

const CONNECTION_URI = /(?:postgres(?:ql)?(?:\+\w+)?|mongodb(?:\+srv)?):\/\//i;
const URI_KEYS = new Set(['connection_uri', 'recommended', 'password']);

const BY_NAME_HINT =
  'Store the URI as a Key Vault secret (or, locally, as a setting) and give its name as source.secret or destination.secret';

/** Paths of everything in the body that is, or is meant to hold, a connection URI or a password. */
function findUris(body: unknown): (readonly PropertyKey[])[] {
  const found: (readonly PropertyKey[])[] = [];
  const open: { readonly value: unknown; readonly path: readonly PropertyKey[] }[] = [{ value: body, path: [] }];
  // A list of open ends in place of recursion: 64 KiB of brackets would overflow the stack.
  for (let next = open.pop(); next !== undefined && found.length < 20; next = open.pop()) {
    const { value, path } = next;
    if (typeof value === 'string' && CONNECTION_URI.test(value)) found.push(path);
    if (typeof value !== 'object' || value === null || path.length > 20) continue;
    for (const [key, child] of Object.entries(value)) {
      const childPath = [...path, Array.isArray(value) ? Number(key) : key];
      if (!Array.isArray(value) && (URI_KEYS.has(key) || CONNECTION_URI.test(key))) found.push(childPath);
      else open.push({ value: child, path: childPath });
    }
  }
  return found;
}

/** The last part of the route that a start request came by: what comes by `analyses` is a dry run, whatever it says. */
export type StartRoute = 'migrations' | 'analyses';

/** Each wants something else of the documents that are there. */
const EXCLUSIVE = [
  ['catchUp', 'dropTarget'],
  ['adoptTarget', 'dropTarget'],
  ['catchUp', 'validateOnly'],
  ['dropTarget', 'validateOnly'],
  ['follow', 'validateOnly'],
] as const;

/** What a dry run says nothing of: asked for all the same, it would be left out without a word. */
const NOT_ANALYSED = {
  validateOnly: 'validateOnly by itself compares: POST /api/migrations takes it, and writes nothing',
  catchUp: 'leave it out; over a target that is filled already, a dry run says what would change',
  dropTarget: 'leave it out; a dry run counts what a migration into empty collections writes anyway',
  follow: 'leave it out; a dry run writes nothing that could be kept up to date',
} as const;

/** What the way back has no use for: it brings all that the target's record says is this database's. */
const NOT_BROUGHT_BACK = [
  ...(['tables', 'exclude', 'workspace', 'dropTarget', 'allowExisting', 'adoptTarget', 'catchUp', 'follow'] as const),
  ...(['validateOnly', 'artifacts'] as const),
] as const;

/** What a request for the way back says against itself, or says without being one. */
function returnFaults(flags: Readonly<Record<string, unknown>>): string[] {
  if (flags['direction'] !== 'back')
    return flags['agreedPlan'] === undefined ? [] : ['agreedPlan needs direction "back"'];
  return NOT_BROUGHT_BACK.flatMap((key) =>
    flags[key] === undefined || flags[key] === false ? [] : [`${key} and direction "back" cannot be used together`],
  );
}

/** What a choice of tables or of a workspace leaves nothing of, or cannot make; which tables there are, only the source tells. */
function choiceFaults(flags: Readonly<Record<string, unknown>>): string[] {
  const { tables, exclude, workspace, layout = DEFAULT_LAYOUT, direction } = flags;
  // The way back takes neither, and says so.
  if (direction === 'back') return [];
  const isEmpty =
    Array.isArray(tables) &&
    Array.isArray(exclude) &&
    tables.length > 0 &&
    tables.every((name) => exclude.includes(name));
  const chosen = LAYOUT_NAMES.find((name) => name === layout);
  const isWhole = workspace !== undefined && chosen !== undefined && !WORKSPACE_LAYOUTS.includes(chosen);
  const able = WORKSPACE_LAYOUTS.map((name) => `"${name}"`);
  return [
    ...(isEmpty ? ['tables and exclude leave nothing to carry: every table that is asked for is left out'] : []),
    ...(isWhole
      ? [
          `workspace and layout "${chosen}", which carries all workspaces, cannot be used together: leave workspace out, or choose layout ${able.join(' or ')}`,
        ]
      : []),
  ];
}

/** What only a migration does. */
const NOT_COMPARED = ['throughput', 'allow_throughput', 'allow_deletes'] as const;

function contradictions(body: unknown, route: StartRoute): string[] {
  const flags = (body ?? {}) as Readonly<Record<string, unknown>>;
  const settings = (flags['migration_settings'] ?? {}) as MigrationSettings;
  const isSet = (key: string) => flags[key] === true || typeof flags[key] === 'number';
  const contradicting = EXCLUSIVE.filter(([one, other]) => isSet(one) && isSet(other));
  const dryRun = route === 'analyses' ? 'an analysis' : 'migration_settings.dry_run';
  const isDryRun = route === 'analyses' || settings.dry_run === true;
  const validate = validationOf(settings);
  return [
    ...returnFaults(flags),
    ...choiceFaults(flags),
    ...contradicting.map(([one, other]) => `${one} and ${other} cannot be used together: leave one of them out`),
    ...Object.entries(NOT_ANALYSED).flatMap(([key, cure]) =>
      isDryRun && isSet(key) ? [`${key} and ${dryRun} cannot be used together: ${cure}`] : [],
    ),
    ...(route === 'analyses' && settings.dry_run === false
      ? ['migration_settings.dry_run is false, and an analysis is a dry run: POST /api/migrations is for migrations']
      : []),
    ...(isSet('validateOnly') && validate === 'none'
      ? ['A comparison (validateOnly) with validate "none" compares nothing: choose "counts" or "full"']
      : []),
    ...(isSet('catchUp') && validate !== 'full'
      ? [`catchUp with validate "${validate}" brings nothing up to date: choose "full", or leave validate out`]
      : []),
    ...(isSet('follow') && validate !== 'full'
      ? [`follow with validate "${validate}" has nothing to go on from: choose "full", or leave validate out`]
      : []),
    ...NOT_COMPARED.flatMap((key) =>
      isSet('validateOnly') && settings[key] !== undefined
        ? [`migration_settings.${key} is for a migration, and validateOnly writes nothing: leave one of them out`]
        : [],
    ),
  ];
}

function connectionFaults(body: unknown): string[] {
  const faults: string[] = [];
  const { source, destination } = (body ?? {}) as {
    source?: Partial<Record<keyof typeof sourceFields, unknown>> | null;
    destination?: Partial<Record<keyof typeof targetFields, unknown>> | null;
  };
  if (typeof source === 'object' && source !== null) {
    if (source.secret !== undefined && source.server !== undefined)
      faults.push('source takes secret or server, not both');
    if (source.server !== undefined && source.user === undefined)
      faults.push('source.user is missing: server needs it');
    const needServer = (['port', 'database', 'user', 'client_id'] as const).filter((key) => source[key] !== undefined);
    if (source.server === undefined) faults.push(...needServer.map((key) => `source.${key} needs source.server`));
  }
  if (typeof destination === 'object' && destination !== null) {
    const { secret, account, flavour } = destination;
    if (secret !== undefined && account !== undefined) faults.push('destination takes secret or account, not both');
    const ruOnly = (['resource_group', 'subscription'] as const).filter((key) => destination[key] !== undefined);
    if (flavour === 'vcore') faults.push(...ruOnly.map((key) => `destination.${key} is for flavour "ru" only`));
    const needAccount = (['flavour', 'client_id', ...(flavour === 'vcore' ? [] : ruOnly)] as const).filter(
      (key) => destination[key] !== undefined,
    );
    if (account === undefined) faults.push(...needAccount.map((key) => `destination.${key} needs destination.account`));
  }
  return faults;
}

/** What to do about a request that says nothing; the same for a body that is empty. */
export const SAYS_NOTHING_HINT =
  'Send a JSON object that says what to do, such as {"name": "first"}, or {"defaults": true} to use every default';

/** Is there no value at all in it, however many empty objects? */
export function saysNothing(value: unknown): boolean {
  return (
    value === undefined ||
    (typeof value === 'object' && value !== null && !Array.isArray(value) && Object.values(value).every(saysNothing))
  );
}

/**
 * Checks the body of a start request. Throws MigrationError('config') that lists all faults, and shows no values. What says
 * nothing is refused: a request that lost its content on the way must not start the migration that the defaults describe.
 */
export function parseStartRequest(body: unknown, route: StartRoute = 'migrations'): StartRequest {
  const uris = findUris(body);
  const parsed = StartRequest.safeParse(body);
  const uriFaults = uris.map(
    (path) => `${showPath(path) || 'The document'} holds a connection: connections go by name, never as a URI`,
  );
  const isUri = (path: readonly PropertyKey[]): boolean => uris.some((uri) => uri.join('\n') === path.join('\n'));
  const others = (parsed.error?.issues ?? []).flatMap((issue): z.core.$ZodIssue[] => {
    if (issue.code !== 'unrecognized_keys') return isUri(issue.path) ? [] : [issue];
    const keys = issue.keys.filter((key) => !isUri([...issue.path, key]));
    return keys.length === 0 ? [] : [{ ...issue, keys }];
  });
  const schemaFaults = describeFaults(others, StartRequest, body);
  const faults = [...uriFaults, ...schemaFaults, ...connectionFaults(body), ...contradictions(body, route)];
  if (faults.length > 0 || !parsed.success) {
    const hint = uris.length > 0 ? { hint: BY_NAME_HINT } : { hint: 'Correct the named keys and start again' };
    throw new MigrationError('config', faults.join('; '), hint);
  }
  if (saysNothing(parsed.data)) {
    throw new MigrationError('config', 'The request does not say what to do', { hint: SAYS_NOTHING_HINT });
  }
  const database = parsed.data.destination?.database;
  if (database !== undefined) checkTargetDatabase(database, 'destination.database');
  return parsed.data;
}

function sourceOf(source: NonNullable<StartRequest['source']>): SourceRef {
  const schema = source.schema ?? null;
  if (source.server === undefined) return { kind: 'secret', secret: source.secret ?? DEFAULT_SOURCE_SECRET, schema };
  return {
    kind: 'postgres-identity',
    server: source.server,
    port: source.port ?? 5432,
    database: source.database ?? DEFAULT_SOURCE_DATABASE,
    user: source.user ?? '',
    clientId: source.client_id ?? null,
    schema,
  };
}

function targetOf(target: NonNullable<StartRequest['destination']>): TargetRef {
  const { account, database } = target;
  const large = target.large_documents === true ? { largeDocuments: true as const } : {};
  if (account === undefined) {
    return { kind: 'secret', secret: target.secret ?? DEFAULT_TARGET_SECRET, database: database ?? null, ...large };
  }
  return {
    kind: 'cosmos-identity',
    account,
    flavour: target.flavour ?? 'ru',
    database: database ?? DEFAULT_DATABASE,
    resourceGroup: target.resource_group ?? null,
    subscription: target.subscription ?? null,
    clientId: target.client_id ?? null,
    ...large,
  };
}

/** Fills in every default of a checked start request, by the route that it came by. */
export function toMigrationRequest(request: StartRequest, route: StartRoute = 'migrations'): MigrationRequest {
  const settings = request.migration_settings ?? {};
  return {
    name: request.name ?? null,
    direction: request.direction ?? 'forth',
    agreedPlan: request.agreedPlan ?? null,
    source: sourceOf(request.source ?? {}),
    target: targetOf(request.destination ?? {}),
    layout: request.layout ?? DEFAULT_LAYOUT,
    tables: request.tables === undefined ? null : [...new Set(request.tables)],
    exclude: [...new Set(request.exclude)],
    workspace: request.workspace ?? null,
    experiments: request.experiments === undefined ? null : [...new Set(request.experiments)],
    artifacts: sortedMappings(request.artifacts ?? []),
    batchSize: settings.batch_size ?? 'auto',
    validate: validationOf(settings),
    parallel: settings.parallel ?? null,
    dryRun: route === 'analyses' || settings.dry_run === true,
    dropTarget: request.dropTarget ?? false,
    allowExisting: request.allowExisting ?? false,
    adoptTarget: request.adoptTarget ?? false,
    catchUp: request.catchUp ?? false,
    follow: request.follow ?? null,
    validateOnly: request.validateOnly ?? false,
    throughput:
      settings.throughput === undefined
        ? null
        : { during: settings.throughput.during, after: settings.throughput.after ?? null },
    allowThroughput: settings.allow_throughput ?? null,
    uniqueIndexes: settings.unique_indexes ?? 'auto',
    shardKeys: settings.shard_keys ?? {},
    stallMinutes: settings.stall_minutes ?? DEFAULT_STALL_MINUTES,
    allowDeletes: settings.allow_deletes ?? null,
  };
}
