import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Finding, MigrationReport } from '../../../src/contract/migrationReport.ts';
import { renderHtml } from '../../../src/report/renderHtml.ts';
import { FIND_FAINT_TEXT, launchBrowser, visibleText, watchComplaints } from '../../support/browser.ts';
import {
  dryRunReport,
  failedReport,
  faultyReport,
  sampleAnalysis,
  sampleChecks,
  sampleReport,
  tableTotals,
} from './sampleReport.ts';

const HOSTILE = `<script>document.title='owned'</script>"'><img src=x onerror="document.title='owned'">&amp;\u0000\u202e</style></svg>`;

/** A report with hostile text wherever text can stand. */
function hostileReport(): MigrationReport {
  const finding: Finding = {
    severity: 'error',
    check: 'content',
    table: HOSTILE,
    key: HOSTILE,
    field: HOSTILE,
    sourceType: HOSTILE,
    targetType: HOSTILE,
    message: HOSTILE,
  };
  const base = sampleReport({
    tables: { [HOSTILE]: tableTotals(5), [`${HOSTILE}2`]: tableTotals(0) },
    facts: {
      instant: { at: HOSTILE, from: 'primary', openTransactions: [HOSTILE], preparedTransactions: [HOSTILE] },
      deleted: { [HOSTILE]: { count: 2, keys: [HOSTILE] } },
      sharedCollections: [HOSTILE],
    },
    wouldChange: { [HOSTILE]: { inserted: 1, replaced: 1, deleted: 1 } },
  });
  const requestUnits = { total: 1, provisioned: null, seconds: null, meaning: HOSTILE };
  return {
    ...base,
    id: HOSTILE,
    source: HOSTILE,
    target: HOSTILE,
    validation: { ...base.validation, findings: [finding] },
    reports: { json: HOSTILE, text: HOSTILE, html: HOSTILE },
    startedAt: HOSTILE,
    finishedAt: HOSTILE,
    environment: {
      program: HOSTILE,
      node: HOSTILE,
      postgres: HOSTILE,
      target: HOSTILE,
      flavour: 'mongodb',
      schema: HOSTILE,
      revision: HOSTILE,
      mlflowRelease: HOSTILE,
    },
    settings: { ...base.settings, tables: [HOSTILE], workspace: HOSTILE },
    analysis: sampleAnalysis(
      {},
      { tables: { [HOSTILE]: { rows: 5, bytes: 5, collection: `${HOSTILE}c` } }, totalRows: 5, requestUnits },
    ),
    problems: [{ kind: 'internal', message: HOSTILE, hint: HOSTILE }],
  };
}

/** Counts as large as they get, names without a place to break, nothing at all. */
function extremeReports(): Record<string, MigrationReport> {
  const huge = Number.MAX_SAFE_INTEGER;
  return {
    huge: sampleReport({
      tables: {
        ['n'.repeat(63)]: tableTotals(huge, { unchanged: huge, repaired: huge, errors: huge }),
        'a.b': tableTotals(1),
      },
      seconds: { total: 1e9, copy: 1e9, indexes: 1e8, validate: 1e8 },
      source: `${'h'.repeat(200)}:5432/${'d'.repeat(63)}`,
      requestUnits: 1e15,
      throttled: 1e9,
    }),
    empty: sampleReport(
      { seconds: { total: 0, copy: 0, indexes: 0, validate: 0 }, bytes: 0, analysis: sampleAnalysis({}) },
      {},
    ),
    zero: sampleReport({}, { runs: 0, tags: 0 }),
    one: sampleReport({}, { runs: 1 }),
    equal: sampleReport({}, { runs: 7, tags: 7, params: 6 }),
  };
}

let browser: Browser;

beforeAll(async () => {
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser?.close();
});

async function open(report: MigrationReport): Promise<{ page: Page; complaints: string[] }> {
  const page = await browser.newPage({ viewport: { width: 1200, height: 800 } });
  const complaints = watchComplaints(page);
  // As a file, not as content of a running page: its own security policy applies.
  await page.route('http://report.test/', (route) =>
    route.fulfill({ contentType: 'text/html', body: renderHtml(report) }),
  );
  await page.goto('http://report.test/');
  return { page, complaints };
}

const everyReport = (): Record<string, MigrationReport> => ({
  completed: sampleReport(),
  failed: failedReport(),
  faulty: faultyReport(),
  dryRun: dryRunReport(),
  changing: { ...dryRunReport(), wouldChange: { runs: { inserted: 2, replaced: 12, deleted: null } } },
  comparison: sampleReport({ facts: { kind: 'comparison' } }),
  cancelled: sampleReport({ facts: { ending: 'cancelled' } }),
  hostile: hostileReport(),
  partial: sampleReport({
    facts: { checks: sampleChecks('held', { content: { result: 'incomplete', uncovered: [HOSTILE] } }) },
  }),
  cutOver: sampleReport({
    afterCutover: {
      reader: [
        "export MLFLOW_TRACKING_URI='mongodb://127.0.0.1:44591/readme'",
        'export MLFLOW_REGISTRY_URI="$MLFLOW_TRACKING_URI"',
      ],
      undo: [
        `alter database "${'d'.repeat(63)}" reset default_transaction_read_only;`,
        `select ${'f(x), '.repeat(60)}1;`,
      ],
    },
  }),
  ...extremeReports(),
});

test('a run that ended before its plan shows no count', () => {
  for (const report of [dryRunReport(), failedReport()]) {
    const markup = renderHtml({ ...report, tables: {}, analysis: sampleAnalysis({}) });
    expect(markup).not.toMatch(/Records to migrate|Rows per table|All tables|0 tables/);
  }
});

test('text of a report stays text, wherever it stands', async () => {
  const report = hostileReport();
  const markup = renderHtml(report);
  expect(markup).not.toContain('<script');
  expect(markup).not.toContain('<img');
  expect(markup.match(/<\/style>/g)).toHaveLength(1);
  const { page, complaints } = await open(report);
  expect(await page.locator('script, img').count()).toBe(0);
  expect(await page.title()).toContain('<script>');
  expect(await visibleText(page.locator('.findings .message'))).toContain(
    `<script>document.title='owned'</script>"'><img`,
  );
  expect(await visibleText(page.locator('body'))).not.toMatch(/[\p{Cs}\u202e]/u);
  expect(complaints).toEqual([]);
  await page.close();
});

test('every report is well-formed: an XML parser accepts it', async () => {
  const page = await browser.newPage();
  for (const [name, report] of Object.entries(everyReport())) {
    const fault = await page.evaluate((markup) => {
      const { DOMParser: Parser } = globalThis as unknown as {
        DOMParser: new () => {
          parseFromString(m: string, t: string): { querySelector(s: string): { textContent: string } | null };
        };
      };
      const parsed = new Parser().parseFromString(markup, 'application/xml');
      return parsed.querySelector('parsererror')?.textContent ?? null;
    }, renderHtml(report));
    expect(fault, name).toBeNull();
  }
  await page.close();
});

test('from 1200 down to 360 pixels nothing overflows and the browser complains of nothing', async () => {
  for (const [name, report] of Object.entries(everyReport())) {
    const { page, complaints } = await open(report);
    for (const width of [1200, 760, 360]) {
      await page.setViewportSize({ width, height: 800 });
      const widest = await page.evaluate('document.documentElement.scrollWidth');
      expect(widest, `${name} at ${width}`).toBe(width);
    }
    expect(complaints, name).toEqual([]);
    await page.close();
  }
});

test('the page asks for nothing from anywhere and runs no script', async () => {
  const page = await browser.newPage();
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.route('http://report.test/', (route) =>
    route.fulfill({ contentType: 'text/html', body: renderHtml(sampleReport()) }),
  );
  await page.goto('http://report.test/');
  expect(asked).toEqual(['http://report.test/']);
  expect(renderHtml(sampleReport())).not.toMatch(/<script|<link|javascript:|\son\w+=|url\(|@import|https?:\/\//);
  await page.close();
});

test('all 64 tables stand in the page: those with rows in the table, the largest first, empty ones in the list', async () => {
  const { page } = await open(sampleReport());
  const rows = await page.locator('.rows tbody tr th').allInnerTexts();
  const empties = await page.locator('.empties li').allInnerTexts();
  expect(rows.length + empties.length).toBe(64);
  expect(rows.slice(0, 2).map((row) => row.replace(/^Complete:\s*/, ''))).toEqual(['spans', 'params']);
  expect(empties).toContain('webhook_events');
  expect(await visibleText(page.locator('.rows tfoot'))).toMatch(/All tables\s+398,555\s+398,555\s+0/);
  await page.close();
});

test('tables with faults come first, in words and not in colour only', async () => {
  const { page } = await open(faultyReport());
  const rows = await page.locator('.rows tbody tr th').allInnerTexts();
  expect(rows.slice(0, 5).map((row) => row.replace(/\s+/g, ' '))).toEqual([
    'With faults: spans',
    'With faults: params',
    'With faults: metrics',
    'With faults: trace_tags',
    'No fault found: trace_request_metadata',
  ]);
  await page.close();
});

test('very different counts get a logarithmic scale that says so, similar ones a linear one', async () => {
  const shares = async (rows: Record<string, number>) => {
    const { page } = await open(sampleReport({}, rows));
    const widths = await page
      .locator('.bars rect.whole')
      .evaluateAll((bars) => bars.map((bar) => Number.parseFloat(bar.getAttribute('width') ?? '')));
    const words = await visibleText(page.locator('section[aria-labelledby=rows] p').first());
    await page.close();
    return { widths, words };
  };
  const skewed = await shares({ metrics: 10_000_000, runs: 1000, webhooks: 1, spans: 0 });
  expect(skewed.words).toContain('Logarithmic');
  expect(skewed.widths[0]).toBe(100);
  expect(skewed.widths[1]).toBeCloseTo(42.86, 0);
  expect(skewed.widths[2]).toBeGreaterThan(3);
  expect(skewed.widths).toHaveLength(3);
  const even = await shares({ metrics: 200, runs: 50 });
  expect(even).toMatchObject({ words: 'Linear scale.', widths: [100, 25] });
});

test('the filled share of a bar is the share of rows that arrived, on every scale', async () => {
  const tables = { spans: tableTotals(1_000_000, { migrated: 250_000 }), runs: tableTotals(10) };
  const { page } = await open(sampleReport({ facts: { ending: 'failed' }, tables }));
  const done = await page
    .locator('.bars rect.done')
    .evaluateAll((bars) => bars.map((bar) => bar.getAttribute('width')));
  expect(done[0]).toBe('25.00%');
  expect(await visibleText(page.locator('.bars li').first())).toMatch(/spans\s+250,000 of 1,000,000/);
  await page.close();
});

test('the phases fill their bar and say their shares', async () => {
  const { page } = await open(sampleReport());
  expect(await visibleText(page.locator('.legend tbody'))).toMatch(
    /Copy\s+2\.9 s\s+69 %\s+Indexes\s+0\.4 s\s+10 %\s+Validation\s+0\.8 s\s+19 %\s+Preflight, plan, report, waiting\s+0\.1 s\s+2 %\s+Total\s+4\.2 s/,
  );
  await page.close();
});

test('phases that ran at the same time do not leave the bar', async () => {
  const { page } = await open(sampleReport({ seconds: { total: 10, copy: 9, indexes: 3, validate: 8 } }));
  const ends = await page
    .locator('.stacked rect:not(.gap)')
    .evaluateAll((parts) =>
      parts.map(
        (part) => Number.parseFloat(part.getAttribute('x') ?? '') + Number.parseFloat(part.getAttribute('width') ?? ''),
      ),
    );
  expect(Math.max(...ends)).toBeCloseTo(100, 1);
  await page.close();
});

test('findings, omitted ones and problems with their cure are told', async () => {
  const { page } = await open(failedReport());
  expect(await page.locator('.findings tbody tr').count()).toBe(30);
  const text = await visibleText(page.locator('main'));
  expect(text).toContain('148 findings. They hold no values of rows. 118 more were counted, but are not listed.');
  expect(text).toContain('Raise the throughput of the target, then go on with --resume');
  expect(text).toContain('float8 → int32');
  expect(await page.locator('.cures li').count()).toBe(3);
  await page.close();
});

test('who signs finds what is signed and room for it; a dry run is nothing to sign', async () => {
  const report = sampleReport();
  const { page } = await open(report);
  const signed = await visibleText(page.locator('section[aria-labelledby=sign]'));
  for (const part of [report.verdict.headline, report.id, report.source, report.target]) expect(signed).toContain(part);
  expect(await page.locator('.signature .blank').count()).toBe(4);
  expect(await visibleText(page.locator('section[aria-labelledby=next]'))).toContain('Genesis-Flow reads it');
  await page.close();
  const { page: dry } = await open(dryRunReport());
  expect(await dry.locator('.signature').count()).toBe(0);
  expect(await visibleText(dry.locator('section[aria-labelledby=next]'))).toContain('without --dry-run');
  await dry.close();
});

test('a dry run shows what there is, and nothing that did not happen', async () => {
  const { page } = await open(dryRunReport());
  const text = await visibleText(page.locator('main'));
  expect(text).toContain('Nothing was written to the target.');
  expect(text).toContain('At 400 RU/s the copy takes about 1 h 16 min');
  expect(text).not.toMatch(/Migrated|Where the time went/);
  expect(await page.locator('.checks').count()).toBe(0);
  await page.close();
});

test.each(['light', 'dark'] as const)(
  'in the %s scheme all text has a contrast of at least 4.5',
  async (colorScheme) => {
    const page = await browser.newPage({ colorScheme });
    await page.setContent(renderHtml(faultyReport()));
    const faint = await page.evaluate(FIND_FAINT_TEXT);
    expect(faint).toEqual([]);
    await page.close();
  },
);
