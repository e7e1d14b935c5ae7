import { expect, test } from 'vitest';
import { afterCutover, type CutOver } from '../../../src/report/afterCutover.ts';
import { fenceSql, unfenceSql } from '../../../src/report/fenceSql.ts';
import { renderHtml } from '../../../src/report/renderHtml.ts';
import { renderJson } from '../../../src/report/renderJson.ts';
import { renderText } from '../../../src/report/renderText.ts';
import { sampleReport } from './sampleReport.ts';

const made = (changes: Partial<CutOver> = {}) =>
  afterCutover({
    layout: 'mlflow',
    source: 'pg.internal:5432/mlflow',
    target: 'mongo.internal:27017/mlflow_migrated',
    isCharged: false,
    ...changes,
  });

test('MLflow with the plugin gets the target for tracking and registry, without a login', () => {
  expect(made().reader.slice(2)).toEqual([
    "export MLFLOW_BACKEND_STORE_URI='mongodb://mongo.internal:27017/mlflow_migrated'",
    'export MLFLOW_REGISTRY_STORE_URI="$MLFLOW_BACKEND_STORE_URI"',
    'mlflow server',
  ]);
});

test('hosts without a port are those of an SRV record, several hosts stay together, and nothing leaves the quotes', () => {
  const uri = (target: string) => made({ target }).reader[2];
  expect(uri('lab.mongodb.net/lab')).toContain("'mongodb+srv://lab.mongodb.net/lab'");
  expect(uri('a:1,b:2/lab')).toContain("'mongodb://a:1,b:2/lab'");
  expect(uri("a:1/it's")).toContain("'mongodb://a:1/it%27s'");
});

test('Genesis-Flow gets its own variables, and on request units no command for the plugin is given', () => {
  expect(made({ layout: 'tables' }).reader[1]).toContain('MLFLOW_TRACKING_URI');
  const charged = made({ isCharged: true }).reader;
  expect(charged.filter((line) => !line.startsWith('#'))).toEqual([]);
});

test('undoing the fence takes back what it set, as a session that it made read-only itself, and ends those that began under it', () => {
  const source = 'pg.internal:5432/it"s';
  const [set, ends] = fenceSql(source);
  expect(unfenceSql(source)).toEqual([
    'set default_transaction_read_only = off;',
    set?.replace('set default_transaction_read_only = on', 'reset default_transaction_read_only'),
    ends,
  ]);
  expect(set).toContain('"it""s"');
});

test('each rendering of a report has both', () => {
  const report = sampleReport({ afterCutover: made() });
  for (const rendered of [renderText(report), renderHtml(report), renderJson(report)]) {
    expect(rendered).toContain('MLFLOW_REGISTRY_STORE_URI');
    expect(rendered).toContain('reset default_transaction_read_only');
  }
  // As lines that can be pasted, and nothing more to bring over from a source that nobody writes to.
  const page = renderHtml(report);
  expect(page).toContain(`<pre class="mono">${report.afterCutover?.reader[0]?.replaceAll("'", '&#39;')}\n`);
  expect(page).not.toContain('u000a');
  expect(renderText(report)).not.toContain('--catch-up');
  expect(renderText(sampleReport())).toContain('--catch-up');
  expect(renderText(sampleReport())).not.toContain('CUT-OVER');
});
