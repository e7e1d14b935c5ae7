import type { Finding } from '../contract/migrationReport.ts';
import type { ExtrasNamed, NameExtrasInput } from '../contract/steps/nameExtras.ts';
import { EXTRA_SEARCH } from '../contract/storedExtraSearch.ts';
import { FINDINGS } from '../contract/storedFindings.ts';
import { showKey } from '../encoding/documentBatch.ts';
import type { CollectionDefinition } from '../mlflow/layouts/layout.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { DifferenceFile } from '../runtime/differenceFile.ts';
import { getRecord, putRecord } from '../runtime/records.ts';
import type { Services } from '../runtime/services.ts';
import { MARKER_COLLECTION } from '../target/ownership.ts';
import { ExtraSearch, KEPT_SEARCH } from '../validation/extraSearch.ts';
import { batchLimits } from './shared/batchLimits.ts';
import { useEnds } from './shared/useEnds.ts';

const MAX_LISTED = 20;

/**
 * Searches a collection for documents that no row has, from where the step before stopped: all of them are differences, and once it
 * has come to the end the first are findings, beside the plan. Throws what reading both ends and storage throw.
 */
export async function nameExtras(
  services: Services,
  input: NameExtrasInput,
  signal: AbortSignal,
): Promise<ExtrasNamed> {
  const { plan, layout } = await services.planned(input.id, input.planStamp);
  const isOver = services.shift.begin();
  const definition = layout.collections[input.collection] as CollectionDefinition;
  const ranges = plan.collections[input.collection]?.ranges ?? [];
  const place = blobPaths.extras(input.id, input.collection);
  const step = `extras-${input.collection}`;
  return await useEnds(services, input, plan, signal, async ({ source, traits, lease, access }) => {
    const stored = await getRecord(services.blobs, place, EXTRA_SEARCH);
    const limits = batchLimits(input.request.batchSize, traits);
    const isBegun = stored?.search === input.search;
    // An earlier search may have come to more groups.
    if (!isBegun) await services.blobs.clear(`${blobPaths.found(input.id)}${step}-group-`);
    const onExtras = async (ids: Iterable<string>, group: number) => {
      const differences = new DifferenceFile(services.blobs, input.id, `${step}-group-${group}`);
      for (const id of ids) {
        differences.add({ table: definition.table, key: showKey(id), kind: 'extra' });
        await differences.settle();
      }
      differences.close(true);
      await differences.finish();
    };
    const search = new ExtraSearch(
      { source, access: access(definition), definition, limits, ranges, onExtras },
      { ...KEPT_SEARCH, documents: input.documents, maxKept: MAX_LISTED },
      isBegun ? stored : undefined,
    );
    const isWhole = await search.goOn(() => !isOver());
    // What was seen is said of the run's own collections only.
    if (lease !== null) await access({ collection: MARKER_COLLECTION }).command(1, () => lease.confirm());
    await putRecord(services.blobs, place, EXTRA_SEARCH, search.toStored(input.search));
    if (!isWhole) return { isLeft: true, found: 0, unlisted: 0 };
    const findings = search.extras.map((key): Finding => {
      return {
        severity: 'error',
        check: 'counts',
        table: definition.table,
        key: showKey(key),
        message: 'The document has no row',
      };
    });
    await putRecord(services.blobs, blobPaths.finding(input.id, step), FINDINGS, { findings });
    return { isLeft: false, found: search.found, unlisted: search.found - findings.length };
  });
}
