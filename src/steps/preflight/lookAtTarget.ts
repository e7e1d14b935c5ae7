import { setTimeout as sleep } from 'node:timers/promises';
import { findOwner } from '../../contract/ownership.ts';
import type { PreflightInput } from '../../contract/steps/preflight.ts';
import { type MigrationError, toProblem } from '../../errors.ts';
import type { Services } from '../../runtime/services.ts';
import { inspectTarget, type TargetInspection } from '../../target/inspectTarget.ts';
import type { TargetDatabase } from '../../target/targetDatabase.ts';
import { noServerFound, targetError } from '../../target/targetError.ts';
import { claimRequest } from '../shared/claimRequest.ts';
import { add, type Found, nothing, PATIENCE_MS, TRY_AGAIN_MS } from './found.ts';
import type { SourceLook } from './lookAtSource.ts';
import { lookAtThroughput } from './lookAtThroughput.ts';
import { mapNote } from './mapNote.ts';
import { pluginNote } from './pluginNote.ts';

/** Looks at the target: what stands there, whose it is, and whether it can be written to. What is wrong goes into `found`. */
export async function lookAtTarget(
  services: Services,
  input: PreflightInput,
  source: SourceLook | null,
  found: Found,
  signal: AbortSignal,
): Promise<Pick<TargetInspection, 'isOurs' | 'isTakingOver' | 'ownership'>> {
  let seen = nothing();
  try {
    return await services.connections.useTarget(input.request.target, async (target) => {
      seen = nothing();
      return await readTarget(target, input, source, seen, signal);
    });
  } catch (error) {
    signal.throwIfAborted();
    seen.problems.push(toProblem(targetError(error, 'named by the request')));
    return { isOurs: false, isTakingOver: false, ownership: null };
  } finally {
    add(found, seen);
  }
}

/** What an inspection of a target finds that gave no answer. */
function unseen({ kind, message, hint }: MigrationError): TargetInspection {
  return { traits: null, problems: [{ kind, message, hint }], isOurs: false, isTakingOver: false, ownership: null };
}

async function readTarget(
  target: TargetDatabase,
  { id, run, request }: PreflightInput,
  source: SourceLook | null,
  { problems, findings }: Found,
  signal: AbortSignal,
): Promise<TargetInspection> {
  if (target.overridden.length > 0) {
    const message = `The target URI asks for ${target.overridden.join(', ')}: overridden, as the proof rests on acknowledged writes and on reading from the primary what a majority has`;
    findings.push({ severity: 'note', check: 'schema', table: 'the target', message });
  }
  const claim =
    source === null
      ? null
      : claimRequest(
          { id, run, request },
          {
            identity: source.identity,
            versions: source.versions,
            label: source.display,
            reached: source.reached,
            experiments: source.experiments,
          },
          source.layout.collections,
        );
  const begun = performance.now();
  const { refusal, notes, unreachable } = await lookAtThroughput(
    target,
    request,
    source?.layout.collections ?? [],
    signal,
  );
  const needsConsent = refusal !== null;
  findings.push(...notes);
  const inspect = () =>
    inspectTarget(
      target,
      {
        claim,
        definitions: source?.layout.collections ?? [],
        // The probe would make a collection, too.
        isReadOnly: request.dryRun || request.validateOnly || needsConsent,
        isComparison: request.validateOnly,
        mustBeOurs: request.catchUp || request.validateOnly,
        laterWrites: source?.layout.laterWrites ?? [],
        newest: source?.newest ?? [],
      },
      signal,
    );
  // What holds an inspection up is one of the problems that it tells: nothing is thrown that `retry` could look at.
  let inspection = unreachable === null ? await inspect() : unseen(unreachable);
  while (
    inspection.problems.some(({ kind }) => kind === 'target-unreachable' || kind === 'target-throttled') &&
    performance.now() - begun < PATIENCE_MS
  ) {
    await sleep(TRY_AGAIN_MS, undefined, { signal });
    inspection = await inspect();
  }
  // Is it only this client that finds no server? Then another one does.
  const isUnreachable = inspection.problems.some(({ kind }) => kind === 'target-unreachable');
  if (isUnreachable && (await target.lookWhetherStuck())) throw noServerFound(target.display);
  const reader = request.layout === 'mlflow' && inspection.traits !== null ? pluginNote(inspection.traits) : null;
  if (reader !== null) findings.push(reader);
  const owner = source === null ? undefined : findOwner(inspection.ownership, source.identity, request.layout);
  const otherMap = mapNote(request, owner);
  if (otherMap !== null) findings.push(otherMap);
  problems.push(...inspection.problems, ...(refusal === null ? [] : [refusal]));
  return inspection;
}
