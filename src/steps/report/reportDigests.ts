import { type DigestGap, gapOf, settledDigest, sidesOf } from '../../contract/collectionDigest.ts';
import type { ReportedDigest } from '../../contract/migrationReport.ts';
import { formatCount } from '../../formatCount.ts';
import type { PlannedWork } from '../../runtime/services.ts';
import type { ReportedRun } from './recallWork.ts';

const WHY: Readonly<Record<DigestGap, string>> = {
  refused: 'a row cannot become a document',
  interrupted: 'an attempt that wrote documents ended without telling which',
  displaced: 'a document gave a unique value up to another one while rows were compared',
  passes: 'rows that differed have changed since',
};

/** The digest of each collection as the run leaves it; nothing of a run that did not compare all its rows to the end. */
export function reportDigests(
  { request, state }: ReportedRun,
  planned: PlannedWork | null,
): Readonly<Record<string, ReportedDigest>> {
  const isWhole = state.problems.length === 0 && !state.isCancelled && state.checks.at !== null;
  if (planned === null || !isWhole || request.validate !== 'full' || request.dryRun) return {};
  const failed = new Set([...state.copied.failures, ...state.validated.failures].map(({ table }) => table));
  for (const table of state.shapeChanged) failed.add(table);
  const digests: Record<string, ReportedDigest> = {};
  for (const { collection, table } of planned.layout.collections) {
    const unknown = (reason: string): ReportedDigest => ({
      table,
      documents: null,
      source: null,
      target: null,
      unknown: reason,
    });
    digests[collection] = failed.has(table) ? unknown('its rows were not all compared') : digestOf(collection, unknown);
  }
  return digests;

  function digestOf(collection: string, unknown: (reason: string) => ReportedDigest): ReportedDigest {
    const stored = state.validated.digests?.[collection];
    if (stored === undefined) return unknown('an earlier release has compared its rows');
    const counted = state.counted?.[collection];
    if (counted === undefined) return unknown('it holds other data too');
    const gone = state.goneAtFirst?.[collection];
    const settled = gone !== undefined && state.checks.counts ? null : settledDigest(stored, gone, counted);
    if (settled === null) {
      const [documents] = stored;
      return unknown(`it holds ${formatCount(counted)} documents, of which ${formatCount(documents)} were compared`);
    }
    const { source, target } = sidesOf(settled);
    const gap = gapOf(target) ?? gapOf(source);
    return {
      ...unknown(''),
      documents: settled[0],
      target: gapOf(target) === null ? target : null,
      source: gapOf(source) === null ? source : null,
      unknown: gap === null ? null : WHY[gap],
    };
  }
}
