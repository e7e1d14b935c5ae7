/** One route of the HTTP interface: registered by `src/main.ts`, told by docs/reference/http.md and by the OpenAPI document. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Below `/api/`. */
  readonly path: string;
  /** Answers without a function key, as it knows nothing of any run. */
  readonly isOpen?: true;
  readonly does: string;
  /** Keys of the address, and what each takes. Any other is refused. */
  readonly query?: Readonly<Record<string, string>>;
  readonly takesStartRequest?: true;
  /** Status of the answer where nothing is wrong, and the types that it comes in. */
  readonly answer: { readonly status: 200 | 202; readonly types: readonly string[] };
}

const JSON_ANSWER = ['application/json'];

/** Every route, by the name of its function. */
export const ROUTES = {
  startMigration: {
    method: 'POST',
    path: 'migrations',
    does: "Starts a migration. 202 with `Location` and `{ id, status, statusUrl }`; 409 while one of that name runs, or while another one writes to the same target, with that one's id; 400 for a connection URI in the body. With `migration_settings.dry_run` or `validateOnly` the id is the name and `-analysis` or `-validate`, and the migration of that name keeps its report",
    takesStartRequest: true,
    answer: { status: 202, types: JSON_ANSWER },
  },
  listMigrations: {
    method: 'GET',
    path: 'migrations',
    does: 'The latest 50 migrations, newest first, as `{ migrations, next }`: `next` is the address of the 50 before them, null where there are no more. `?search=` part of an id, `?kind=` and `?status=` words with commas between them. The latest 500 are kept',
    query: {
      after: 'What the list before has in `next`',
      search: 'Part of an id',
      kind: '`migration`, `analysis`, `comparison`, `return` (a way back), with commas between them',
      status: 'Statuses with commas between them, such as `pending,running`',
    },
    answer: { status: 200, types: JSON_ANSWER },
  },
  getMigration: {
    method: 'GET',
    path: 'migrations/{id}',
    does: 'Status: phase, progress of each table, rates, throttling, request units, percent, time left, last sign of life, failures, links. `suspending`, `resuming` and `cancelling` until what was asked for is so',
    answer: { status: 200, types: JSON_ANSWER },
  },
  getReport: {
    method: 'GET',
    path: 'migrations/{id}/report',
    does: 'Report as JSON; `?format=text`, `?format=html`; `?format=plan` and `?format=manifest`: the plan, and the signed manifest of all of them. 404 until it is written. `?earlier=1` to `10`: the runs of that name before, the latest first',
    query: {
      format: '`json` (the default), `text`, `html`, `plan` or `manifest`',
      earlier: '`1` to `10`: the run of that name before, and so on',
    },
    answer: { status: 200, types: ['application/json', 'text/plain', 'text/html'] },
  },
  getSeries: {
    method: 'GET',
    path: 'migrations/{id}/series',
    does: 'The run over time, in at most 240 stretches of `stepSeconds`: rows, bytes and request units a second, refused requests, seconds behind the source; what happened when (phases, words, refusals, repairs); versions of both ends, and the RU/s that the target has',
    answer: { status: 200, types: JSON_ANSWER },
  },
  getRequest: {
    method: 'GET',
    path: 'migrations/{id}/request',
    does: 'The body that starts it again, without `dropTarget`: with `catchUp` added it brings the target up to date, without `migration_settings.dry_run` it is the migration that a dry run spoke of',
    answer: { status: 200, types: JSON_ANSWER },
  },
  getDifferences: {
    method: 'GET',
    path: 'migrations/{id}/differences',
    does: 'NDJSON, streamed: every document that was deleted as its row vanished, and every row and document that differs, by table, key, field, both types and kind; never a value. `repaired` tells what was written again and is equal now',
    answer: { status: 200, types: ['application/x-ndjson'] },
  },
  cancelMigration: {
    method: 'POST',
    path: 'migrations/{id}/cancel',
    does: 'Ends it through its report; what was copied stays. No other word replaces it: 409',
    answer: { status: 202, types: JSON_ANSWER },
  },
  suspendMigration: {
    method: 'POST',
    path: 'migrations/{id}/suspend',
    does: 'Stops after the writes in flight, and waits. Like the other words it stores what is wanted, in place of what was wanted before, and answers 202 with `{ id, action, asked, status, statusUrl }`: what is asked for (`run`, `suspend`, `cancel`, `cutover`), and what is so',
    answer: { status: 202, types: JSON_ANSWER },
  },
  resumeMigration: {
    method: 'POST',
    path: 'migrations/{id}/resume',
    does: 'Lets a suspended migration go on',
    answer: { status: 202, types: JSON_ANSWER },
  },
  cutOverMigration: {
    method: 'POST',
    path: 'migrations/{id}/cutover',
    does: 'Ends a migration that follows its source: a last pass and a proof',
    answer: { status: 202, types: JSON_ANSWER },
  },
  startAnalysis: {
    method: 'POST',
    path: 'analyses',
    does: 'Dry run; the body is that of a migration, the id its name and `-analysis`',
    takesStartRequest: true,
    answer: { status: 202, types: JSON_ANSWER },
  },
  listConnections: {
    method: 'GET',
    path: 'connections',
    does: 'Names of connections that a start request may give, as `{ sources, targets }` of `{ key, name }`: those on the lists of allowed ones, without lists the settings that hold a connection URI. Never what stands behind a name',
    answer: { status: 200, types: JSON_ANSWER },
  },
  getMonitor: {
    method: 'GET',
    path: 'monitor',
    isOpen: true,
    does: 'Live page; anonymous, as it holds nothing: it asks for the key and sends it with its data calls',
    answer: { status: 200, types: ['text/html'] },
  },
  getOpenApi: {
    method: 'GET',
    path: 'openapi.json',
    isOpen: true,
    does: 'This interface as an OpenAPI 3.1 document; anonymous',
    answer: { status: 200, types: JSON_ANSWER },
  },
  getHealth: {
    method: 'GET',
    path: 'health',
    isOpen: true,
    does: 'Anonymous: `{ "status": "ok", "version": "…" }`',
    answer: { status: 200, types: JSON_ANSWER },
  },
} as const satisfies Readonly<Record<string, Route>>;

/** Name of a function that answers HTTP. */
export type RouteName = keyof typeof ROUTES;

/** Every method that a path may be asked by. */
export const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'] as const;

/** A path with the methods that it takes, and those that it does not: the Functions host would answer these with 404. */
export interface PathMethods {
  readonly path: string;
  readonly allowed: readonly Route['method'][];
  readonly refused: readonly (typeof METHODS)[number][];
}

/** Every path of the interface once. */
export function pathMethods(): PathMethods[] {
  const routes: readonly Route[] = Object.values(ROUTES);
  return [...Map.groupBy(routes, ({ path }) => path)].map(([path, ofPath]) => {
    const allowed = ofPath.map(({ method }) => method);
    return { path, allowed, refused: METHODS.filter((method) => !allowed.some((one) => one === method)) };
  });
}

/**
 * Name of the function of all other paths below `/api/`. It stands behind those of {@link ROUTES} and of methods in the alphabet,
 * and is registered after them: the Functions host asks its functions in the order of their names, whatever their routes are.
 */
export const OTHER_PATHS = 'unknownPath';
