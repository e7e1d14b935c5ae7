import { setTimeout as sleep } from 'node:timers/promises';
import type { MigrationRequest } from '../config/schemas/startRequest.ts';
import { MigrationError, type Problem, toProblem } from '../errors.ts';
import { buildLayout } from '../mlflow/layouts/buildLayout.ts';
import type { CollectionDefinition, LaterWrites } from '../mlflow/layouts/layout.ts';
import { introspect } from '../source/introspect.ts';
import { targetError } from '../target/errors.ts';
import { inspectTarget } from '../target/inspect.ts';
import { MARKER_COLLECTION } from '../target/marker.ts';
import { isThroughputRaised } from './throughput.ts';
import type { Workplace } from './workplace.ts';

/** A server that restarts is no reason to end before the beginning; a host that is not there is told soon. */
const PATIENCE_MS = 6_000;
const TRY_AGAIN_MS = 400;

/** What preflight found; nothing is written where there are problems. */
export interface PreflightResult {
  readonly problems: readonly Problem[];
  /** Has an earlier migration of this name left the target's throughput raised? */
  readonly isThroughputRaised: boolean;
}

/** Looks at both ends before anything is moved and tells all problems at once, each with its cure. */
export async function preflight(
  workplace: Workplace,
  id: string,
  request: MigrationRequest,
  signal: AbortSignal,
): Promise<PreflightResult> {
  const problems: Problem[] = [];
  // Whoever starts again after correcting a secret means what stands there now.
  workplace.connections.refresh();
  const source = await lookAtSource(workplace, request, problems, signal);
  signal.throwIfAborted();
  await lookAtTarget(workplace, request, source, problems);
  signal.throwIfAborted();
  return { problems, isThroughputRaised: await isThroughputRaised(workplace, id) };
}

/** Does it again where a connection was lost. */
async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      const isLost = error instanceof MigrationError && error.kind === 'source-unreachable';
      if (!isLost || performance.now() - begun > PATIENCE_MS) throw error;
      await sleep(TRY_AGAIN_MS);
    }
  }
}

interface SourceLook {
  readonly display: string;
  readonly collections: readonly CollectionDefinition[];
  readonly laterWrites: readonly LaterWrites[];
}

async function lookAtSource(
  workplace: Workplace,
  request: MigrationRequest,
  problems: Problem[],
  signal: AbortSignal,
): Promise<SourceLook | null> {
  try {
    const source = (await workplace.connections.source(request.source)).until(signal);
    const introspection = await patiently(() => source.read((client) => introspect(client, source.schema)));
    if (introspection.unreadable.length > 0) {
      throw new MigrationError(
        'source-refused',
        `The user may not SELECT from ${introspection.unreadable.length === 1 ? 'table' : 'tables'} ${introspection.unreadable.join(', ')} of ${source.display}`,
        { hint: `GRANT SELECT ON ALL TABLES IN SCHEMA "${introspection.schema.schema}" TO the user of the source URI` },
      );
    }
    if (introspection.encoding !== 'UTF8') {
      throw new MigrationError('source-unsupported', `The source database has the encoding ${introspection.encoding}`, {
        hint: 'Only UTF8 is carried without change: dump the database and restore it into one of encoding UTF8',
      });
    }
    const layout = buildLayout(introspection.schema, {
      layout: request.layout,
      tables: request.tables,
      workspace: request.workspace,
      shardKeys: request.shardKeys,
    });
    for (const { sql, describe } of layout.checks) {
      const { rows } = await patiently(() =>
        source.read((client) => client.query<Readonly<Record<string, unknown>>>(sql)),
      );
      const problem = describe(rows);
      if (problem !== null) problems.push(problem);
    }
    return { display: source.display, collections: layout.collections, laterWrites: layout.laterWrites };
  } catch (error) {
    problems.push(toProblem(error));
    return null;
  }
}

async function lookAtTarget(
  workplace: Workplace,
  request: MigrationRequest,
  source: SourceLook | null,
  problems: Problem[],
): Promise<void> {
  try {
    const target = await workplace.connections.target(request.destination);
    const inspect = () =>
      inspectTarget(target, {
        collections: [...(source?.collections ?? []).map(({ collection }) => collection), MARKER_COLLECTION],
        definitions: source?.collections ?? [],
        source: source?.display ?? '',
        layout: request.layout,
        allowExisting: request.allowExisting || source === null,
        dropTarget: request.dropTarget,
        dryRun: request.dryRun || request.validateOnly,
        laterWrites: source?.laterWrites ?? [],
        mustBeOurs: source !== null && (request.catchUp || request.validateOnly),
      });
    const begun = performance.now();
    let inspection = await inspect();
    while (
      inspection.problems.some(({ kind }) => kind === 'target-unreachable' || kind === 'target-throttled') &&
      performance.now() - begun < PATIENCE_MS
    ) {
      await sleep(TRY_AGAIN_MS);
      inspection = await inspect();
    }
    problems.push(...inspection.problems);
  } catch (error) {
    problems.push(toProblem(targetError(error, 'named by the request')));
  }
}
