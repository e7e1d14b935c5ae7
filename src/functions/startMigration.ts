import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import { type AllowedConnections, checkAllowed } from '../config/allowedConnections.ts';
import { parseStartRequest, type StartRoute, toMigrationRequest } from '../config/schemas/parseStartRequest.ts';
import { ORCHESTRATORS } from '../contract/functionNames.ts';
import { MESSAGE_VERSION } from '../contract/messageVersion.ts';
import type { MigrateInput } from '../contract/migration.ts';
import type { ConnectionRef, MigrationRequest } from '../contract/migrationRequest.ts';
import { type RunKind, runKindOf } from '../contract/runKind.ts';
import { toProblem } from '../errors.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { keepEarlierReport } from '../runtime/earlierReports.ts';
import type { RunBlobStore } from '../runtime/hubBlobs.ts';
import { recordStart } from '../runtime/startIndex.ts';
import { HttpError, jsonAnswer } from './answerHttp.ts';
import { concludeRun, untilConcluded } from './concludeRun.ts';
import { findMigration, isUnderWay } from './findMigration.ts';
import { isStartedByOther } from './isStartedByOther.ts';
import { liftSuspension } from './liftSuspension.ts';
import { readJsonBody } from './readJsonBody.ts';
import { refuseIfTargetInUse } from './refuseIfTargetInUse.ts';
import { refuseQueryKeys } from './refuseQueryKeys.ts';
import { runIdOf } from './runIdOf.ts';
import { takeTurn } from './takeTurn.ts';
import { statusUrlOf } from './urls.ts';

/** The end of a run that Durable ended is recorded within seconds, and its target counted within a minute. */
const CONCLUSION_MS = 60_000;

/** `POST /api/migrations` and `POST /api/analyses`: starts a run by the names of its connections, where it may name them. */
export function startMigration(
  blobs: RunBlobStore,
  allowed: AllowedConnections,
  requireSecret: (ref: ConnectionRef) => Promise<void>,
  route: StartRoute,
) {
  return async (httpRequest: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    refuseQueryKeys(httpRequest, [], 'What a run should do goes in the body; docs/reference/http.md lists its keys');
    const asked = toMigrationRequest(parseStartRequest(await readJsonBody(httpRequest), route), route);
    checkAllowed(asked.source, allowed);
    checkAllowed(asked.target, allowed);
    await requireSecrets(asked, requireSecret);
    const id = runIdOf(asked);
    await startRun(df.getClient(context), blobs, id, { ...asked, name: id });
    const statusUrl = statusUrlOf(id);
    return jsonAnswer(202, { id, status: 'pending', statusUrl }, { location: statusUrl });
  };
}

/** A vault that is slow is no reason to keep a start waiting: preflight asks it again, and says what is wrong. */
const VAULT_MS = 5_000;

/** A name that stands for nothing is told to whoever gave it, before there is a run that fails of it. */
async function requireSecrets(
  { source, target }: MigrationRequest,
  requireSecret: (ref: ConnectionRef) => Promise<void>,
): Promise<void> {
  try {
    await Promise.race([
      Promise.all([requireSecret(source), requireSecret(target)]),
      delay(VAULT_MS, null, { ref: false }),
    ]);
  } catch (error) {
    const { kind, message, hint } = toProblem(error);
    // A vault that does not answer, or not to this app, is no fault of the name; preflight tells of it.
    if (kind === 'config') throw new HttpError(kind, message, hint, { status: 422 });
  }
}

async function startRun(
  client: df.DurableClient,
  blobs: RunBlobStore,
  id: string,
  request: MigrationRequest,
): Promise<void> {
  // The run before may be one that Durable ended and nobody has asked for since: its lanes end with it.
  await concludeBefore(client, blobs, id);
  await untilConcluded(client, id, CONCLUSION_MS);
  const turn = await takeTurn(blobs, blobPaths.startTurn());
  try {
    await refuseIfTaken(client, id, runKindOf(request));
    // It may have been ended since it was looked at.
    await concludeBefore(client, blobs, id);
    if (!(await untilConcluded(client, id, 0))) throw isConcluding(id);
    await refuseIfTargetInUse(client, blobs, id, request);
    await blobs.begin(id, (await findMigration(client, id)) !== null);
    // These tell themselves what they are of: a target that was proven by checksums may be compared by them again.
    const known = [...(await blobs.list(blobPaths.allChecksums(id))), blobPaths.planned(id)];
    const kept = [...(await keepEarlierReport(blobs, id)), ...known];
    // What else an earlier migration of this name left would be taken for this one's.
    await blobs.clear(blobPaths.all(id), { except: kept, check: () => turn.renew() });
    await turn.renew();
    // Before it is: a run that is not listed would be worse than an entry without a run.
    await recordStart(blobs, { id, at: Date.now(), kind: runKindOf(request) });
    const input: MigrateInput = { version: MESSAGE_VERSION, id, request, start: randomUUID(), state: null };
    try {
      await client.startNew(ORCHESTRATORS[request.direction === 'back' ? 'migrateBack' : 'migrate'], {
        instanceId: id,
        input,
      });
    } catch (error) {
      // The answer may have been lost, and the run be under way.
      await refuseIfTaken(client, id, runKindOf(request));
      throw error;
    }
    if (await isStartedByOther(client, input)) throw isTaken(id);
  } finally {
    // A turn that cannot be given back ends by itself: the start has its result all the same.
    await turn.release().catch(() => undefined);
  }
}

async function concludeBefore(client: df.DurableClient, blobs: RunBlobStore, id: string): Promise<void> {
  const before = await findMigration(client, id);
  if (before === null) return;
  await liftSuspension(client, blobs, before);
  await concludeRun(client, blobs, before);
}

async function refuseIfTaken(client: df.DurableClient, id: string, kind: RunKind): Promise<void> {
  const existing = await findMigration(client, id);
  if (existing === null) return;
  const statusUrl = statusUrlOf(id);
  if (isUnderWay(existing)) throw isTaken(id);
  const input = existing.input as Partial<MigrateInput> | null;
  if (input?.request === undefined || runKindOf(input.request) === kind) return;
  throw new HttpError(
    'conflict',
    `${id} is ${NOUN[runKindOf(input.request)]}, whose report and state ${NOUN[kind]} would replace`,
    'Choose another name',
    { fields: { id, statusUrl } },
  );
}

function isTaken(id: string): HttpError {
  const statusUrl = statusUrlOf(id);
  return new HttpError(
    'conflict',
    `Migration ${id} is under way already`,
    `Look at ${statusUrl}; wait for it, resume it, cancel it, or choose another name`,
    { fields: { id, statusUrl } },
  );
}

function isConcluding(id: string): HttpError {
  const statusUrl = statusUrlOf(id);
  return new HttpError(
    'conflict',
    `The end of the previous run of ${id} is still being recorded: nothing was started`,
    'Start it again in a minute',
    { fields: { id, statusUrl } },
  );
}

const NOUN: Readonly<Record<RunKind, string>> = {
  migration: 'a migration',
  analysis: 'an analysis',
  comparison: 'a comparison',
  return: 'a way back',
};
