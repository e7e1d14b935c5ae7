import { expect, test } from 'vitest';
import { evidenceFiles } from '../../../src/contract/reportFiles.ts';
import { renderText } from '../../../src/report/renderText.ts';
import {
  dryRunReport,
  failedReport,
  faultyReport,
  sampleAnalysis,
  sampleChecks,
  sampleReport,
  tableTotals,
} from './sampleReport.ts';

/** The tables and counts of the original guide. */
const GUIDE_ROWS = {
  experiments: 284,
  runs: 6013,
  metrics: 57350,
  params: 71003,
  tags: 34791,
  registered_models: 212,
  model_versions: 1164,
};

const lines = (text: string) => text.split('\n');

test('title, head and summary have the layout of the original tool, line by line', () => {
  const report = sampleReport(
    { settings: { batchSize: 1000, validate: 'full', parallel: 4, tables: null, workspace: null } },
    GUIDE_ROWS,
  );
  expect(lines(renderText(report)).slice(0, 20)).toEqual([
    '============================================================',
    'MLFLOW POSTGRESQL TO MONGODB MIGRATION REPORT',
    '============================================================',
    'Migration Date: 2026-11-24 00:23:03 UTC',
    'Source: pg.internal:5432/mlflow',
    'Destination: mongo.internal:27017/mlflow_migrated',
    'Batch Size: 1000',
    'Dry Run: False',
    '',
    'MIGRATION SUMMARY:',
    '----------------------------------------',
    '✅ EXPERIMENTS          Total:      284 | Migrated:      284 | Errors:     0',
    '✅ RUNS                 Total:    6,013 | Migrated:    6,013 | Errors:     0',
    '✅ METRICS              Total:   57,350 | Migrated:   57,350 | Errors:     0',
    '✅ PARAMS               Total:   71,003 | Migrated:   71,003 | Errors:     0',
    '✅ TAGS                 Total:   34,791 | Migrated:   34,791 | Errors:     0',
    '✅ REGISTERED_MODELS    Total:      212 | Migrated:      212 | Errors:     0',
    '✅ MODEL_VERSIONS       Total:    1,164 | Migrated:    1,164 | Errors:     0',
    '----------------------------------------',
    'TOTAL RECORDS:          Total:  170,817 | Migrated:  170,817 | Errors:     0',
  ]);
});

test('the last line tells how it ended', () => {
  const last = (changes: Parameters<typeof sampleReport>[0]) => lines(renderText(sampleReport(changes))).at(-2);
  expect(last({})).toBe('🎉 MIGRATION COMPLETED SUCCESSFULLY!');
  expect(last({ facts: { ending: 'failed' } })).toBe('❌ MIGRATION FAILED');
  expect(last({ facts: { ending: 'cancelled' } })).toBe('❌ MIGRATION CANCELLED');
  expect(last({ tables: { runs: tableTotals(9, { migrated: 8, errors: 1 }) }, facts: { carryFindings: 1 } })).toBe(
    '❌ MIGRATION COMPLETED WITH 1 ERROR',
  );
  expect(last({ facts: { kind: 'analysis' } })).toBe('🎉 DRY RUN COMPLETED SUCCESSFULLY!');
  expect(last({ facts: { kind: 'comparison' } })).toBe('🎉 COMPARISON FOUND NO DIFFERENCE!');
  const broken = sampleChecks('held', { indexes: { result: 'broken' } });
  expect(last({ facts: { kind: 'comparison', checks: broken, errorFindings: 12 } })).toBe(
    '❌ COMPARISON FOUND 12 DIFFERENCES',
  );
});

test('differences without errors of rows are counted in the closing line, those not listed too', () => {
  const checks = sampleChecks('held', { content: { result: 'broken' } });
  const text = renderText(sampleReport({ facts: { checks, errorFindings: 147 }, findingsOmitted: 147 }));
  expect(text).toContain('❌ MIGRATION COMPLETED WITH 147 DIFFERENCES');
});

test('a table with errors, or with fewer rows in the target, bears the other mark', () => {
  const text = renderText(
    sampleReport({
      tables: {
        spans: tableTotals(96311, { migrated: 96301, errors: 10 }),
        tags: tableTotals(12, { migrated: 11 }),
        runs: tableTotals(3),
      },
      facts: { checks: sampleChecks('held', { counts: { result: 'broken' } }) },
    }),
  );
  expect(text).toContain('\n❌ SPANS                Total:   96,311 | Migrated:   96,301 | Errors:    10\n');
  expect(text).toContain('\n❌ TAGS                 Total:       12 | Migrated:       11 | Errors:     0\n');
  expect(text).toContain('\n✅ RUNS                 Total:        3 | Migrated:        3 | Errors:     0\n');
});

test('a table that an error was found of bears no mark of success, though all its rows are there', () => {
  const finding = { check: 'counts', message: 'runs has 99 documents, and the source 98 rows' } as const;
  const text = renderText(
    sampleReport({
      kind: 'comparison',
      tables: { runs: tableTotals(98), tags: tableTotals(3), jobs: tableTotals(0) },
      facts: { kind: 'comparison', checks: sampleChecks('held', { counts: { result: 'broken' } }), errorFindings: 2 },
      findings: [
        { ...finding, severity: 'error', table: 'runs' },
        { ...finding, severity: 'error', table: 'jobs' },
        { ...finding, severity: 'note', table: 'tags' },
      ],
    }),
  );
  expect(text).toMatch(/\n❌ RUNS +Total: +98 \| Migrated: +98 /);
  expect(text).toMatch(/\n❌ JOBS /);
  expect(text).toMatch(/\n✅ TAGS /);
});

test('long names and huge counts shift their line and lose nothing', () => {
  const text = renderText(sampleReport({ tables: { registered_model_aliases: tableTotals(Number.MAX_SAFE_INTEGER) } }));
  expect(text).toContain(
    '✅ REGISTERED_MODEL_ALIASES Total: 9,007,199,254,740,991 | Migrated: 9,007,199,254,740,991 | Errors:     0\n',
  );
});

test('every check stands there with its result', () => {
  const text = renderText(faultyReport());
  expect(text).toContain(
    [
      'VALIDATION (full):',
      '----------------------------------------',
      '❌ Counts               failed',
      '❌ Types                failed',
      '✅ Indexes              ok',
      '❌ References           failed (1,234 values without a parent, as in the source)',
      '❌ Content              failed (not checked: trace_tags)',
      '❔ Schema               incomplete (not checked: trace_tags)',
    ].join('\n'),
  );
});

test('a finding says table, key, field, types and message; what it has not is left out', () => {
  const text = renderText(
    sampleReport({
      findings: [
        {
          severity: 'error',
          check: 'content',
          table: 'metrics',
          key: 'abc:loss:1',
          field: 'value',
          sourceType: 'float8',
          targetType: 'int32',
          message: 'Value differs',
        },
        { severity: 'note', check: 'schema', table: 'spans', message: 'Kept as text' },
      ],
      findingsOmitted: 1200,
    }),
  );
  expect(text).toContain(
    [
      'FINDINGS (1,202):',
      '----------------------------------------',
      '❌ [content] metrics | key: abc:loss:1 | field: value | types: float8 -> int32',
      '   Value differs',
      '💡 [schema] spans',
      '   Kept as text',
      '... and 1,200 more, counted but not listed',
    ].join('\n'),
  );
});

test('times, throttling, request units, revision, instant and problems are told', () => {
  const text = renderText(failedReport());
  for (const line of [
    'Copy:                   1 h 05 min',
    'Throttled:              4,312 requests refused by the target and sent again',
    'Request units:          1,812,346 RU',
    'Schema revision:        dc11669786a5 (MLflow 3.17)',
    'In the target before: 40,000 records, left unchanged',
    'Repaired by validation: 17 records',
    '❌ [source-unreachable] Connection to pg.internal:5432 was closed by the server (57P01)',
    '   Check host, port, firewall and that PostgreSQL is running',
  ]) {
    expect(lines(text)).toContain(line);
  }
});

test('the instant up to which both are equal stands with the checks, a standby and open transactions with it', () => {
  const instant = {
    at: '2026-11-24T01:33:14.500Z',
    from: 'standby',
    openTransactions: ['731', '732'],
    preparedTransactions: ['xa\u001b1'],
  } as const;
  expect(lines(renderText(sampleReport({ facts: { instant: { ...instant, from: 'primary' } } })))).toContain(
    'Target equals source up to: 2026-11-24 01:33:14 UTC; its documents were compared from 2026-11-24 00:23:05 UTC to 2026-11-24 00:23:08 UTC',
  );
  const text = lines(renderText(sampleReport({ facts: { instant } })));
  expect(text).toContain(
    'Target equals source up to: 2026-11-24 01:33:14 UTC (a standby was read: the last commit that it had replayed); its documents were compared from 2026-11-24 00:23:05 UTC to 2026-11-24 00:23:08 UTC',
  );
  expect(text).toContain(
    'Under way at that instant: 2 open transactions (731, 732). What they write is not covered here; --catch-up brings it over once they are committed',
  );
  expect(text.find((line) => line.includes('1 prepared transaction (xa\\u001b1)'))).toBeDefined();
});

test('deleted documents are listed by table, with the keys that are kept', () => {
  const text = renderText(faultyReport());
  expect(text).toContain(
    ['🧹 tags: 60 documents', '   a:1', '   a:2', '   ... and 58 more, not listed', '🧹 runs: 1 document', '   r'].join(
      '\n',
    ),
  );
  expect(text).toContain('61 documents without a row in the source were deleted: tags 60, runs 1.');
});

test('a dry run over a filled target says what would change there', () => {
  const wouldChange = {
    runs: { inserted: 1, replaced: 12, deleted: 1 },
    tags: { inserted: 0, replaced: 0, deleted: 0 },
    spans: { inserted: 0, replaced: null, deleted: 3 },
    params: { inserted: 211, replaced: 0, deleted: 0 },
  };
  const text = renderText({ ...dryRunReport(), wouldChange });
  expect(text).toContain(
    '  runs: 1 document inserted, 12 documents replaced, 1 document deleted\n' +
      '  spans: 0 documents inserted, not counted how many replaced, 3 documents deleted\n' +
      '  params: 211 documents inserted, 0 documents replaced, 0 documents deleted\n',
  );
  expect(text).not.toContain('  tags: 0');
  expect(renderText({ ...dryRunReport(), wouldChange: {} })).toContain(
    'No document would be inserted, replaced or deleted.',
  );
});

test('a comparison has its own title, keeps the lines of the tables, and speaks of no copying', () => {
  const text = renderText(sampleReport({ facts: { kind: 'comparison' } }, GUIDE_ROWS));
  expect(lines(text)[1]).toBe('MLFLOW POSTGRESQL TO MONGODB COMPARISON REPORT');
  expect(text).toContain('✅ RUNS                 Total:    6,013 | Migrated:    6,013 | Errors:     0');
  const words = text.replaceAll('Migrated:', '').replaceAll('mlflow_migrated', '');
  expect(words).not.toMatch(/migrated|migration report|copied|copying|repaired/i);
});

test('a dry run says what a migration would copy and claims nothing else', () => {
  const text = renderText(dryRunReport());
  expect(lines(text)).toContain('Dry Run: True');
  expect(text).toMatch(/^ {2}runs: +6,013 records +1\.1 MB$/m);
  expect(lines(text)).toContain('Total records to migrate: 398,555');
  expect(text).not.toMatch(/VALIDATION|PERFORMANCE|Migrated:/);
});

test('a dry run that ended before its plan counted nothing, and says no number', () => {
  const text = renderText({ ...dryRunReport(), analysis: sampleAnalysis({}) });
  expect(lines(text)).toContain('Nothing was written, and nothing was counted.');
  expect(text).not.toMatch(/would copy|Total records|Total size|Estimated time/);
});

test('a run that ended before its plan says so in place of its tables', () => {
  const text = lines(renderText(sampleReport({ tables: {}, facts: { ending: 'failed' } })));
  const at = text.indexOf('MIGRATION SUMMARY:');
  expect(text.slice(at + 1, at + 5)).toEqual([
    '-'.repeat(40),
    'No table was counted.',
    '-'.repeat(40),
    'TOTAL RECORDS:          Total:        0 | Migrated:        0 | Errors:     0',
  ]);
  expect(renderText(sampleReport())).not.toContain('No table was counted');
});

test('digests stand below each other on 80 columns, and a name too long for that shifts its own line alone', () => {
  const value = 'a'.repeat(32);
  const digestsOf = (documents: Readonly<Record<string, number>>): string[] => {
    const digests = Object.fromEntries(
      Object.entries(documents).map(([table, count]) => [
        table,
        { table, documents: count, source: value, target: value, unknown: null },
      ]),
    );
    const text = lines(renderText(sampleReport({ digests })));
    return text.slice(text.indexOf('DIGESTS:') + 2).slice(0, Object.keys(documents).length);
  };
  expect(digestsOf({ runs: 3, registered_model_permissions: 12 })).toEqual([
    `runs                         ${value} (3 documents)`,
    `registered_model_permissions ${value} (12 documents)`,
  ]);
  const [short, long] = digestsOf({ runs: 3, ['n'.repeat(60)]: 12 });
  expect(short).toBe(`runs                 ${value} (3 documents)`);
  expect(long).toBe(`${'n'.repeat(60)} ${value} (12 documents)`);
});

test('a migration without rows or time divides by nothing', () => {
  const text = renderText(
    sampleReport(
      { seconds: { total: 0, copy: 0, indexes: 0, validate: 0 }, bytes: 0, analysis: sampleAnalysis({}) },
      { runs: 0 },
    ),
  );
  expect(lines(text)).toContain('Rate:                   -');
  expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
});

test('control characters in names and messages cannot break lines or steer the terminal', () => {
  const text = renderText(
    sampleReport({
      tables: { 'evil\u001b[31m\nTOTAL RECORDS: 0': tableTotals(1) },
      problems: [{ kind: 'internal', message: 'a\r\nb\u202ec', hint: 'h\u0007' }],
    }),
  );
  expect(text).toContain('✅ EVIL\\u001b[31M\\u000aTOTAL RECORDS: 0 Total: 1 | Migrated: 1 |');
  expect(text).toContain('a\\u000d\\u000ab\\u202ec');
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
});

test('empty tables are one line, and those with something to tell are not among them', () => {
  const text = renderText(
    sampleReport({
      tables: {
        runs: tableTotals(0),
        spans: tableTotals(0),
        jobs: tableTotals(0),
        locks: tableTotals(0, { errors: 1 }),
      },
    }),
  );
  expect(lines(text)).toContain('✅ RUNS                 Total:        0 | Migrated:        0 | Errors:     0');
  expect(lines(text)).toContain('❌ LOCKS                Total:        0 | Migrated:        0 | Errors:     1');
  expect(lines(text)).toContain('➖ 2 empty tables: jobs, spans');
});

test('each file is named once, the page just before the end', () => {
  const report = sampleReport();
  const text = renderText(report);
  const { json, text: own, html } = evidenceFiles(report.id);
  for (const file of [json, own, html]) expect(text.split(file)).toHaveLength(2);
  expect(lines(text).at(-3)).toContain(html);
});

test('a run that came to its end says who reads the layout, and what comes next; one that failed does not', () => {
  expect(renderText(sampleReport({ layout: 'mlflow' }))).toMatch(
    /^mlflow: MLflow itself reads it[\s\S]*^Next: Start MLflow/m,
  );
  expect(renderText(dryRunReport())).toMatch(/^tables: [\s\S]*^mlflow: [\s\S]*^Next: Migrate: /m);
  const { environment } = sampleReport();
  const charged = sampleReport({ layout: 'mlflow', environment: { ...environment, flavour: 'cosmos-ru' } });
  expect(renderText(charged)).toContain('Next: Nothing reads this layout on request units');
  expect(renderText(failedReport())).not.toContain('Next:');
});

test('what was compared until an end has not been compared after it', () => {
  const report = sampleReport({
    finishedAt: '2026-11-24T00:23:07.400Z',
    facts: {
      instant: { at: '2026-11-24T00:23:05.000Z', from: 'primary', openTransactions: [], preparedTransactions: [] },
      compared: { from: '2026-11-24T00:23:05.300Z', to: '2026-11-24T00:23:07.100Z' },
    },
  });
  const text = renderText(report);
  expect(text).toContain('to 2026-11-24 00:23:08 UTC');
  expect(text).toMatch(/Finished:? +2026-11-24 00:23:08 UTC/);
});
