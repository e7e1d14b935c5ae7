import type { UnitInput, UnitResult } from '../contract/unit.ts';
import { type PoisonRow, showKey } from '../encoding/documentBatch.ts';
import type { Workplace } from '../runtime/workplace.ts';
import { DocumentAccess } from '../target/documentAccess.ts';
import { addFinding, type FindingList } from '../validation/findingList.ts';
import { lossFindings } from '../validation/lossFindings.ts';
import { copyRange } from './copyRange.ts';
import { accessOptions, forEachRange } from './unitRanges.ts';

/** Copies the ranges of one unit. Throws nothing: see {@link forEachRange}. */
export async function copyUnit(workplace: Workplace, input: UnitInput, signal: AbortSignal): Promise<UnitResult> {
  const pulse = workplace.pulse(input.id, input.plan);
  return await forEachRange(workplace, input, `copy-${input.unit}`, signal, async (work) => {
    const { definition, tally } = work;
    const isRequestUnits = work.traits.flavour === 'cosmos-ru';
    const losses: FindingList = { findings: [], unlisted: [0, 0, 0] };
    const refused: FindingList = { findings: [], unlisted: [0, 0, 0] };
    const told = new Set<string>();
    const access = new DocumentAccess(work.target, work.traits, work.pace, definition, accessOptions(work));
    let throttled = 0;
    const totals = await copyRange(
      work.source,
      access,
      definition,
      work.range,
      work.limits,
      {
        admit: (batch) => workplace.budget.admitBatch(batch),
        onProgress: (documents, bytes) => work.progress.add('copied', definition.table, documents, bytes),
        // Counted as it comes: a range that is interrupted or fails has cost what it has cost.
        onLoad: (refused, cost) => {
          const spent = isRequestUnits ? cost : 0;
          throttled += refused;
          tally.requestUnits += spent;
          tally.requests++;
          pulse.addLoad(refused, spent);
        },
        // Where rows are compared, the comparison tells it.
        onBatch: (batch) => {
          if (input.request.validate === 'full') return;
          for (const finding of lossFindings(definition.table, batch, 'copy', told)) addFinding(losses, finding);
        },
      },
      work.signal,
      // Whoever had to give a unique value up gets its row's own ones by the comparison only.
      input.request.validate === 'full' && !work.shared.has(definition.collection),
    ).finally(() => {
      tally.throttled += access.throttled;
      // Beside those of the inserts, which are counted already.
      pulse.addLoad(access.throttled - throttled, 0);
    });
    const arrived = totals.inserted + totals.unchanged + totals.replaced;
    tally.add(definition.table, arrived, totals.unchanged, totals.poison.length, 0);
    definition.children.forEach((child, index) => {
      if (!child.isCounted) return;
      const lost = totals.poison.reduce((sum, row) => sum + (row.childRows[index] ?? 0), 0);
      const rows = totals.childRows[index] ?? 0;
      tally.add(child.table, rows, totals.childUnchanged[index] ?? 0, lost, 0);
      work.progress.add('copied', child.table, rows);
    });
    if (totals.poison.length > 0) work.progress.add('errors', definition.table, totals.poison.length);
    tally.bytes += totals.bytes;
    for (const row of totals.poison) addFinding(refused, poisonFinding(definition.table, row));
    tally.addFindings(definition.table, refused);
    tally.addFindings(definition.table, losses);
  });
}

function poisonFinding(table: string, row: PoisonRow) {
  return {
    severity: 'error',
    check: 'copy',
    table,
    ...(row.key === null ? {} : { key: showKey(row.key) }),
    message: row.reason,
  } as const;
}
