import { BACK_REPORT_VERSION, type BackReport, type BackTable, NOTHING_BACK } from '../contract/backReport.ts';
import type { BackInput, BackResult } from '../contract/steps/bringBack.ts';
import { BACK_WRITTEN, type BackWritten } from '../contract/storedBack.ts';
import { isPermanent, MigrationError, toProblem } from '../errors.ts';
import { formatCount } from '../formatCount.ts';
import { renderBackText } from '../report/renderBackText.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import type { Clients } from '../runtime/connections.ts';
import { REPORT_TYPES } from '../runtime/earlierReports.ts';
import { getRecord, putRecord } from '../runtime/records.ts';
import type { Services } from '../runtime/services.ts';
import { DocumentAccess } from '../target/documentAccess.ts';
import { assertTimeEnough } from './back/assertTimeEnough.ts';
import { lookAtBoth } from './back/lookAtBoth.ts';
import { renewProof } from './back/renewProof.ts';
import { writeBack } from './back/writeBack.ts';

/** Experiments that are listed with their number; all are counted. */
const MAX_LISTED = 1_000;

/** The parts of a report that the work itself says. */
type Found = Omit<BackReport, 'schemaVersion' | 'id' | 'kind' | 'dryRun' | 'startedAt' | 'finishedAt'>;

/**
 * Brings the documents of a target back into PostgreSQL, in one transaction that is kept once every document was compared with its row
 * and equal to it; a dry run does all of it and keeps nothing. Stores the report, also of what may not be done. Safe to repeat:
 * a process that dies leaves nothing, and what was kept is found equal.
 */
export async function bringBack(services: Services, input: BackInput, signal: AbortSignal): Promise<BackResult> {
  const { id, run, request } = input;
  let found: Found;
  let ends: Pick<Found, 'from' | 'to'> = { from: null, to: null };
  try {
    found = await services.connections.use(request, null, (clients) => {
      ends = { from: clients.target.display, to: clients.source.display };
      return bring(services, clients, input, signal);
    });
  } catch (error) {
    signal.throwIfAborted();
    if (!isPermanent(error)) throw error;
    found = { ...NOTHING_BACK, ...ends, problems: [toProblem(error)] };
  }
  const report: BackReport = {
    schemaVersion: BACK_REPORT_VERSION,
    id,
    kind: 'return',
    dryRun: request.dryRun,
    ...found,
    startedAt: run,
    finishedAt: new Date().toISOString(),
  };
  await services.blobs.put(blobPaths.report(id, 'json'), `${JSON.stringify(report, null, 2)}\n`, REPORT_TYPES.json);
  await services.blobs.put(blobPaths.report(id, 'text'), renderBackText(report), REPORT_TYPES.text);
  const { status, from, to, problems, finishedAt } = report;
  return { status, from, to, problems, finishedAt };
}

async function bring(services: Services, clients: Clients, input: BackInput, signal: AbortSignal): Promise<Found> {
  const { id, run, request } = input;
  const { target } = clients;
  const source = clients.source.until(signal);
  const traits = await target.traits();
  const limiter = services.connections.limiter(target, { traits, requestUnitsPerSecond: null });
  const basis = await lookAtBoth({ source, target }, request.layout);
  await assertTimeEnough(target, basis, services.shift.limitMs);
  const comparedFrom = new Date().toISOString();
  const ends = { from: target.display, to: source.display, layout: basis.owner.layout, into: basis.into };
  const written = await source.expecting(basis.identity).write(async (client) => {
    const kept = await writeBack(client, {
      basis,
      display: source.display,
      access: (collection) =>
        new DocumentAccess(target, traits, limiter, { collection }, { signal, stallMs: request.stallMinutes * 60_000 }),
      isKept: !request.dryRun,
      agreedPlan: request.agreedPlan,
    });
    // Should the answer of this delivery get lost, the next one finds nothing left to do, and here what was done.
    if (kept.isKept)
      await putRecord(services.blobs, blobPaths.back(id), BACK_WRITTEN, { run, tables: kept.result.tables });
    return kept;
  });
  const { faults, plan, provenAt, held, rows, writable, renumbered } = written;
  const earlier = provenAt === null || written.isWritten ? null : await earlierDelivery(services, input);
  const isWritten = written.isWritten || earlier !== null;
  const tables = earlier?.tables ?? written.tables;
  const notes: string[] = [];
  if (provenAt !== null && !request.dryRun && basis.proof !== null) {
    const proven = { held, rows, comparedFrom, comparedTo: provenAt };
    if (!(await renewProof({ source, target }, basis, writable, proven)))
      notes.push(
        'The record of the target could not be renewed, as the database was written to at the same time: a later way back will refuse',
      );
  }
  const count = faults.counts.reduce((sum, { documents }) => sum + documents, 0);
  const refusal = new MigrationError(
    'unsupported-value',
    `${formatCount(count)} documents, or fields of them, cannot be brought back as they are: nothing was written`,
    { hint: 'The report lists each with table, key and reason: mend them in the target' },
  );
  return {
    ...ends,
    status: faults.isEmpty ? 'completed' : 'failed',
    tables,
    totals: totalsOf(tables),
    experiments: { count: renumbered.length, listed: renumbered.slice(0, MAX_LISTED) },
    faultCounts: faults.counts,
    faults: faults.listed,
    plan,
    isWritten,
    provenAt,
    notes,
    problems: faults.isEmpty ? [] : [toProblem(refusal)],
  };
}

/** What a delivery of the same run has written before, null where none has. */
async function earlierDelivery(services: Services, { id, run, request }: BackInput): Promise<BackWritten | null> {
  if (request.dryRun) return null;
  const stored = await getRecord(services.blobs, blobPaths.back(id), BACK_WRITTEN);
  return stored?.run === run ? stored : null;
}

function totalsOf(tables: Readonly<Record<string, BackTable>>): BackTable {
  const sum = (of: keyof BackTable) => Object.values(tables).reduce((total, table) => total + table[of], 0);
  return {
    documents: sum('documents'),
    equal: sum('equal'),
    inserted: sum('inserted'),
    changed: sum('changed'),
    deleted: sum('deleted'),
  };
}
