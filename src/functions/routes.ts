/** One route of the HTTP interface: registered by `src/main.ts`, told by docs/reference/http.md and by the OpenAPI document. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Below `/api/`. */
  readonly path: string;
  /** Answers without a function key, as it knows nothing of any run. */
  readonly isOpen?: true;
  readonly does: string;
}

/** Every route, by the name of its function. */
export const ROUTES = {
  startMigration: {
    method: 'POST',
    path: 'migrations',
    does: "Starts a migration. 202 with `Location` and `{ id, status, statusUrl }`; 409 while one of that name runs, or while another one writes to the same target, with that one's id; 400 for a connection URI in the body. With `migration_settings.dry_run` or `validateOnly` the id is the name and `-analysis` or `-validate`, and the migration of that name keeps its report",
  },
  listMigrations: {
    method: 'GET',
    path: 'migrations',
    does: 'The latest 50 migrations, newest first, as `{ migrations, next }`: `next` is the address of the 50 before them, null where there are no more. The latest 500 are kept. `?search=` a part of an id; `?kind=` and `?status=` words with commas between them, such as `migration` and `pending,running`',
  },
  getMigration: {
    method: 'GET',
    path: 'migrations/{id}',
    does: 'Status: phase, progress of each table, rates, throttling, request units, percent, time left, last sign of life, failures, links. `suspending`, `resuming` and `cancelling` until what was asked for is so',
  },
  getReport: {
    method: 'GET',
    path: 'migrations/{id}/report',
    does: 'Report as JSON; `?format=text`, `?format=html`. 404 until it is written. `?earlier=1` to `10`: the runs of that name before, the latest first',
  },
  getSeries: {
    method: 'GET',
    path: 'migrations/{id}/series',
    does: 'The run over time, in at most 240 stretches of `stepSeconds`: rows, bytes and request units a second, refused requests, seconds behind the source; what happened when (phases, words, refusals, repairs); versions of both ends, and the RU/s that the target has',
  },
  getRequest: {
    method: 'GET',
    path: 'migrations/{id}/request',
    does: 'The body that starts it again, without `dropTarget`: with `catchUp` added it brings the target up to date, without `migration_settings.dry_run` it is the migration that a dry run spoke of',
  },
  getDifferences: {
    method: 'GET',
    path: 'migrations/{id}/differences',
    does: 'NDJSON, streamed: every document that was deleted as its row vanished, and the rows that findings name, by table, key, field, both types and kind; never a value',
  },
  cancelMigration: {
    method: 'POST',
    path: 'migrations/{id}/cancel',
    does: 'Ends it through its report; what was copied stays. No other word replaces it: 409',
  },
  suspendMigration: {
    method: 'POST',
    path: 'migrations/{id}/suspend',
    does: 'Stops after the writes in flight, and waits. Like the other words it stores what is wanted, in place of what was wanted before, and answers 202 with `{ id, action, asked, status, statusUrl }`: what is asked for (`run`, `suspend`, `cancel`, `cutover`), and what is so',
  },
  resumeMigration: {
    method: 'POST',
    path: 'migrations/{id}/resume',
    does: 'Lets a suspended migration go on',
  },
  cutOverMigration: {
    method: 'POST',
    path: 'migrations/{id}/cutover',
    does: 'Ends a migration that follows its source: a last pass and a proof',
  },
  startAnalysis: {
    method: 'POST',
    path: 'analyses',
    does: 'Dry run; the body is that of a migration, the id its name and `-analysis`',
  },
  listConnections: {
    method: 'GET',
    path: 'connections',
    does: 'Names of connections that a start request may give, as `{ sources, targets }` of `{ key, name }`: those on the lists of allowed ones, without lists the settings that hold a connection URI. Never what stands behind a name',
  },
  getMonitor: {
    method: 'GET',
    path: 'monitor',
    isOpen: true,
    does: 'Live page; anonymous, as it holds nothing: it asks for the key and sends it with its data calls',
  },
  getHealth: {
    method: 'GET',
    path: 'health',
    isOpen: true,
    does: 'Anonymous: `{ "status": "ok", "version": "…" }`',
  },
} as const satisfies Readonly<Record<string, Route>>;

/** Name of a function that answers HTTP. */
export type RouteName = keyof typeof ROUTES;
