import { afterAll, beforeAll, expect, test } from 'vitest';
import type { LookPosition } from '../../src/contract/steps/findVanished.ts';
import { documentAt, idKey } from '../../src/encoding/documentBatch.ts';
import type { CollectionDefinition } from '../../src/mlflow/layouts/layout.ts';
import { readDocuments } from '../../src/source/readDocuments.ts';
import { findVanished } from '../../src/steps/findVanished.ts';
import { removeVanished } from '../../src/steps/removeVanished.ts';
import { type Ends, useEnds } from '../../src/steps/shared/useEnds.ts';
import { validateUnit } from '../../src/steps/validateUnit.ts';
import { scanCollection } from '../../src/target/scanCollection.ts';
import { isKeyed, keyProjection, rowlessDocuments } from '../../src/validation/rowlessDocuments.ts';
import { type CopiedPair, openCopiedPair } from '../support/copiedPair.ts';
import { runSql } from '../support/runMigration.ts';

const NEVER = new AbortController().signal;
let copied: CopiedPair;

beforeAll(async () => {
  copied = await openCopiedPair(
    '3.17.2',
    'mlflow',
    // Three pages of points, a tenth of them of a model; points that several models share; and what else a point's key can hold. What
    // the planner knows is from before they came, as where a source is written to.
    `analyze;
     create view run as select min(run_uuid) as id, 1 as experiment from runs;
     create view model as select model_id as id, row_number() over (order by model_id) as place from logged_models;
     insert into metrics (run_uuid, key, value, timestamp, step, is_nan)
       select id, 'many', n / 7.0, n, n, false from run, generate_series(1, 25000) n union all
       select id, k, v, 5, 6, n from run, (values ('shared', 0.5, false), ('two', 1, false), ('two again', 1, false),
         ('nan or 0', 0, false), ('nan or 0', 0, true), ('only nan', 0, true), ('minus', '-0'::float8, false), ('infinite', 'Infinity', false)) p (k, v, n);
     insert into logged_model_metrics (model_id, metric_name, metric_timestamp_ms, metric_step, metric_value, experiment_id, run_id)
       select m.id, 'many', n, n, n / 7.0, run.experiment, run.id from run, model m, generate_series(10, 25000, 10) n where m.place = 1 union all
       select m.id, k, 5, 6, v, run.experiment, run.id from run, model m, (values ('shared', 0.5, 3), ('two', 1, 2), ('two again', 1, 2),
         ('nan or 0', 0, 1), ('only nan', 0, 1), ('minus', 0, 1), ('lost', 7, 1), ('unknown', null, 1)) p (k, v, models) where m.place <= p.models;`,
  );
});
afterAll(() => copied.connections.close());

/** `_id`s that the source makes, and those of the target. */
async function ids({ source, access }: Ends, definition: CollectionDefinition): Promise<[string[], string[]]> {
  const [made, there]: [string[], string[]] = [[], []];
  const limits = { maxRows: 5_000, maxBytes: 1_000_000, maxDocumentBytes: 1_000_000 };
  for await (const batch of readDocuments(source, definition, { lower: null, upper: null }, limits)) {
    batch.ends.forEach((_end, index) => void made.push(idKey(documentAt(batch, index))));
  }
  for await (const page of scanCollection(access(definition), { _id: 1 })) there.push(...page.map(idKey));
  return [made.sort(), there.sort()];
}

/** Hands the ends and the collections to the test. */
async function onBothEnds(
  work: (ends: Ends, collections: readonly CollectionDefinition[]) => Promise<void>,
): Promise<void> {
  const { run } = copied;
  const services = copied.services();
  const { plan, layout } = await services.planned(run.id, run.planStamp);
  await useEnds(services, { ...run, notBefore: null }, plan, NEVER, (ends) => work(ends, layout.collections));
}

test('by what documents hold the row of each is found, in every collection of the layout', async () => {
  await onBothEnds(async (ends, collections) => {
    for (const definition of collections) {
      if (!isKeyed(definition)) continue;
      for await (const page of scanCollection(ends.access(definition), keyProjection(definition))) {
        expect(await rowlessDocuments(ends.source, definition, page), definition.collection).toEqual([]);
      }
    }
    const others = collections.filter((definition) => !isKeyed(definition)).map(({ collection }) => collection);
    // Models are told by names that documents of versions do not hold, and of which workspaces have the same.
    expect(others).toEqual(['registered_models', 'model_versions', 'sql_trace_rollup_rebuild_queue']);
  });
});

test('documents of vanished points, models and rows are found, and no others', async () => {
  const { pair, run } = copied;
  await runSql(
    pair.postgresUri,
    `create view first as select id from model where place = 1;
     delete from metrics where key = 'many' and step % 3 = 0;
     delete from metrics where (key, is_nan) in (('nan or 0', false), ('only nan', true), ('infinite', false));
     delete from logged_model_metrics where metric_name in ('lost', 'unknown', 'two again') and model_id in (select id from first);
     delete from logged_model_metrics where metric_name = 'shared' and model_id in (select id from model where place > 1);
     delete from assessments where assessment_id in (select assessment_id from assessments limit 3);
     delete from spans where (trace_id, span_id) in (select trace_id, span_id from spans order by span_id limit 7);
     delete from model_version_tags where version = 1;
     delete from model_versions where version = 1;`,
  );
  const vanished: Record<string, number> = {};
  await onBothEnds(async (ends, collections) => {
    for (const definition of collections) {
      const [made, there] = await ids(ends, definition);
      const rows = new Set(made);
      vanished[definition.table] = (vanished[definition.table] ?? 0) + there.filter((key) => !rows.has(key)).length;
    }
  });
  expect(vanished).toMatchObject({ metrics: 8_341, assessments: 3, spans: 7 });
  // A pass brings over what has changed before it looks: models whose points have vanished have documents of their own then.
  const services = copied.services(0);
  const { plan } = await services.planned(run.id, run.planStamp);
  for (const unit of plan.units.keys()) {
    await validateUnit(copied.services(), { ...run, notBefore: null, unit, only: null, skip: [], since: null }, NEVER);
  }
  const looks: number[] = [];
  const found: Record<string, number> = {};
  let after: LookPosition | undefined;
  do {
    const input = { ...run, notBefore: null, since: '0', incomplete: [], isLast: false, skip: [], from: 0, to: 1_000 };
    const look = await findVanished(services, after === undefined ? input : { ...input, after }, NEVER);
    expect(look.failures).toEqual([]);
    for (const [table, count] of Object.entries(look.found)) found[table] = (found[table] ?? 0) + count.vanished;
    looks.push(after?.looks ?? 0);
    after = look.next;
  } while (after !== undefined);
  expect(found).toEqual(Object.fromEntries(Object.entries(vanished).filter(([, count]) => count > 0)));
  for (const look of looks) {
    const gone = await removeVanished(services, { ...run, step: 1, from: 0, look }, NEVER);
    expect(gone.failures).toEqual([]);
  }
  await onBothEnds(async (ends, collections) => {
    for (const definition of collections) {
      const [made, there] = await ids(ends, definition);
      expect(there, definition.collection).toEqual(made);
    }
  });
});
