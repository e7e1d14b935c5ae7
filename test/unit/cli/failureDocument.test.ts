import { expect, test } from 'vitest';
import { exitCodeWithoutReport } from '../../../src/cli/exitCode.ts';
import { failureDocument } from '../../../src/cli/failureDocument.ts';
import type { Problem } from '../../../src/errors.ts';
import { sampleReport } from '../report/sampleReport.ts';

const problem = (kind: Problem['kind']): Problem => ({ kind, message: 'm', hint: 'h' });
const run = {
  id: 'migration-lab',
  layout: 'tables',
  dryRun: false,
  source: null,
  target: null,
  problems: [problem('source-unreachable')],
} as const;

test('the document of a failed run has every field of the contract, and claims nothing', () => {
  const document = failureDocument({ ...run, status: 'failed' });
  const contract = Object.keys(sampleReport()).slice(0, 12);
  expect(Object.keys(document)).toEqual(expect.arrayContaining(contract.filter((name) => name !== 'kind')));
  expect(document).toMatchObject({
    status: 'failed',
    totals: { total: 0, migrated: 0, errors: 0 },
    consistentAt: null,
    verdict: { exitCode: 4, headline: 'Migration failed', equalUpTo: null },
  });
  const { findings, ...checks } = document['validation'] as Record<string, unknown>;
  expect(findings).toEqual([]);
  expect(new Set(Object.values(checks))).toEqual(new Set(['skipped']));
});

test('the exit code is that of the verdict', () => {
  for (const kinds of [['source-unreachable', 'config'], ['internal', 'target-throttled'], ['conflict'], []] as const) {
    const problems = kinds.map(problem);
    const { verdict } = failureDocument({ ...run, status: 'failed', problems }) as { verdict: { exitCode: number } };
    expect(exitCodeWithoutReport(problems)).toBe(verdict.exitCode);
  }
});
