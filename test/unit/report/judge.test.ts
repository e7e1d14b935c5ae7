import { expect, test } from 'vitest';
import { CHECKS, type CheckFact, type CheckName, type Facts } from '../../../src/contract/facts.ts';
import type { CardVerdict, Verdict } from '../../../src/contract/verdict.ts';
import type { Problem } from '../../../src/errors.ts';
import { judge } from '../../../src/report/judge.ts';
import { judgeUnreported } from '../../../src/report/judgeUnreported.ts';
import { renderHtml } from '../../../src/report/renderHtml.ts';
import { renderJson } from '../../../src/report/renderJson.ts';
import { renderText } from '../../../src/report/renderText.ts';
import { readText } from '../docs/markdown.ts';
import { sampleChecks, sampleFacts, sampleReport, tableTotals } from './sampleReport.ts';

type Result = CheckFact['result'];

const RESULTS: readonly Result[] = ['held', 'broken', 'incomplete', 'not-run'];
const AT = '2026-11-24T01:33:14.500Z';
const INSTANT = { at: AT, from: 'primary', openTransactions: [], preparedTransactions: [] } as const;
const COMPARED = { from: '2026-11-24T01:31:02.900Z', to: '2026-11-24T01:33:15.100Z' } as const;
const STANDBY = { at: AT, from: 'standby', openTransactions: ['731'], preparedTransactions: ['xa-1'] } as const;
const ALL = { tables: null, workspace: null };
const SUBSET = { tables: ['params', 'tags'], exclude: ['users'], workspace: 'team-a' };
const SCHEMA_FAULTS = [
  { changed: ['spans'], leftover: [] },
  { changed: [], leftover: ['log_1'] },
  { changed: ['spans'], leftover: ['log_1'] },
] as const;
const UNSEEN = 'params → runs';
const THROTTLED: Problem = { kind: 'target-throttled', message: 'No document was taken', hint: 'Raise the throughput' };

/** All 4,096 outcomes of the six checks. */
function* checkOutcomes(): Generator<Record<CheckName, CheckFact>> {
  for (let code = 0; code < RESULTS.length ** CHECKS.length; code += 1) {
    yield Object.fromEntries(
      CHECKS.map((name, place) => {
        const result = RESULTS[Math.floor(code / RESULTS.length ** place) % RESULTS.length] as Result;
        const isDone = result === 'held' || result === 'broken';
        return [name, { result, at: isDone ? AT : null, uncovered: result === 'incomplete' ? ['spans'] : [] }];
      }),
    ) as unknown as Record<CheckName, CheckFact>;
  }
}

/** Everything beside the checks, in every combination. */
function* circumstances(): Generator<Omit<Facts, 'checks'>> {
  for (const kind of ['migration', 'comparison', 'analysis'] as const)
    for (const ending of ['whole', 'cancelled', 'failed'] as const)
      for (const validate of ['none', 'counts', 'full'] as const)
        for (const migratedBy of [
          'compared',
          'acknowledged',
          'counted-in-target',
          'nothing-written',
          'not-counted',
        ] as const)
          for (const instant of [null, INSTANT, STANDBY])
            for (const { rows, errorFindings, carryFindings, failureFindings } of FAULTS)
              for (const sharedCollections of [[], ['webhooks']])
                for (const deleted of [{}, { tags: { count: 41, keys: ['a'] } }]) {
                  // A run that came to its end has counted.
                  if (migratedBy === 'not-counted' && (ending === 'whole' || kind !== 'migration')) continue;
                  // Who writes nothing deletes nothing.
                  if ('tags' in deleted && (kind !== 'migration' || migratedBy === 'nothing-written')) continue;
                  yield {
                    kind,
                    ending,
                    validate,
                    only: validate === 'full' && 'tags' in deleted ? SUBSET : ALL,
                    problems: ending === 'failed' ? [THROTTLED] : [],
                    cancelled: ending === 'cancelled' ? { at: AT, by: null } : null,
                    // Rows that nothing explains may be those that cannot be counted.
                    rows: {
                      ...rows,
                      migratedBy,
                      uncounted:
                        migratedBy === 'counted-in-target' && rows.migrated === 83
                          ? { tables: ['params'], rows: 7 }
                          : { tables: [], rows: 0 },
                    },
                    errorFindings,
                    carryFindings,
                    failureFindings,
                    // Both for runs that wrote no record.
                    mayHaveWritten:
                      kind === 'migration' && (migratedBy !== 'nothing-written' || sharedCollections.length > 0),
                    orphansAsInSource: errorFindings === 0 ? 1234 : 0,
                    unseenReferences: carryFindings === 0 && sharedCollections.length === 0 ? [UNSEEN] : [],
                    schema: SCHEMA_FAULTS[failureFindings % 3] ?? SCHEMA_FAULTS[0],
                    instant,
                    // A run of which it is not known when it compared.
                    compared:
                      instant === STANDBY && 'tags' in deleted
                        ? null
                        : { ...COMPARED, ...(errorFindings === 0 ? { byChecksum: 60 } : {}) },
                    provenBefore:
                      kind === 'migration' && ending !== 'whole' && validate === 'full' && instant === INSTANT
                        ? { at: AT, brought: rows.errors }
                        : null,
                    deleted,
                    sharedCollections,
                  };
                }
}

/** Nothing wrong; rows in error, of both sorts; a difference without a row; rows that nothing explains; what could not be looked at, alone and beside the others. */
const FAULTS = [
  { rows: { total: 90, migrated: 90, errors: 0 }, errorFindings: 0, carryFindings: 0, failureFindings: 0 },
  { rows: { total: 90, migrated: 87, errors: 3 }, errorFindings: 3, carryFindings: 3, failureFindings: 0 },
  { rows: { total: 90, migrated: 87, errors: 3 }, errorFindings: 3, carryFindings: 0, failureFindings: 0 },
  { rows: { total: 90, migrated: 90, errors: 0 }, errorFindings: 2, carryFindings: 0, failureFindings: 0 },
  { rows: { total: 90, migrated: 83, errors: 0 }, errorFindings: 0, carryFindings: 0, failureFindings: 0 },
  { rows: { total: 90, migrated: 90, errors: 0 }, errorFindings: 2, carryFindings: 0, failureFindings: 2 },
  { rows: { total: 90, migrated: 83, errors: 0 }, errorFindings: 3, carryFindings: 0, failureFindings: 2 },
  { rows: { total: 90, migrated: 87, errors: 3 }, errorFindings: 4, carryFindings: 3, failureFindings: 1 },
] as const;

const NO_ANALYSIS = { tables: {}, totalRows: 0, totalBytes: 0, estimatedSeconds: 0, requestUnits: null };
const CIRCUMSTANCES = [...circumstances()];

/** Did the run come to its end with this check held over everything? */
const hasHeld = (facts: Facts, ...names: readonly CheckName[]) =>
  facts.ending === 'whole' && facts.kind !== 'analysis' && names.every((name) => facts.checks[name].result === 'held');

const isBroken = ({ result }: CheckFact) => result === 'broken';

const isFaultless = ({ rows, errorFindings }: Facts) => rows.errors === 0 && errorFindings === 0;

/**
 * Sentences that may be printed, and what must be so where they are: the table of docs/reliability.md as code, written from
 * the facts and knowing nothing of how the verdict comes about.
 */
const NEEDS: readonly (readonly [sentence: RegExp, holds: (facts: Facts) => boolean])[] = [
  [
    /equals (the )?source/i,
    (facts) =>
      hasHeld(facts, ...CHECKS) &&
      isFaultless(facts) &&
      facts.validate === 'full' &&
      facts.instant !== null &&
      facts.compared !== null &&
      facts.sharedCollections.length === 0,
  ],
  [
    /every row of the source is in the target/i,
    (facts) => hasHeld(facts, ...CHECKS) && isFaultless(facts) && facts.sharedCollections.length > 0,
  ],
  [/its proof held/i, ({ ending, provenBefore }) => ending !== 'whole' && provenBefore != null],
  [/a standby was read/i, ({ instant }) => instant?.from === 'standby'],
  [
    /Under way at that instant: 1 (open transaction \(731\)|prepared transaction \(xa-1\))/,
    ({ instant }) => instant === STANDBY,
  ],
  [
    /each compared with (its row|what its row)/,
    (facts) => hasHeld(facts, 'content') && facts.rows.migratedBy === 'compared',
  ],
  [
    /every row could be carried|every row has its equal/,
    (facts) => hasHeld(facts, 'content') && facts.rows.migratedBy === 'compared' && facts.rows.errors === 0,
  ],
  [/Every row was compared with its document/, (facts) => hasHeld(facts, 'content')],
  [
    /completed successfully/i,
    (facts) =>
      facts.ending === 'whole' &&
      facts.kind !== 'comparison' &&
      facts.errorFindings === 0 &&
      (facts.kind === 'analysis' || facts.rows.errors === 0),
  ],
  [/found no difference/i, (facts) => facts.kind === 'comparison' && hasHeld(facts, 'counts') && isFaultless(facts)],
  [/comparison found no difference/i, (facts) => hasHeld(facts, 'counts', 'content')],
  [/checks without a difference/, isFaultless],
  [/Complete: /, (facts) => hasHeld(facts, 'content')],
  [
    /All counted/,
    ({ ending, kind, rows }) => (ending !== 'whole' || kind === 'analysis') && rows.migratedBy === 'counted-in-target',
  ],
  [/Counts were compared, contents were not/, (facts) => hasHeld(facts, 'counts') && !hasHeld(facts, 'content')],
  [/Source and target were not compared/i, ({ checks }) => checks.content.result === 'not-run'],
  [/(?<!not )counted in the target|counted there/i, ({ rows }) => rows.migratedBy === 'counted-in-target'],
  [/acknowledged (\d|by)/, ({ rows }) => rows.migratedBy === 'acknowledged'],
  [/figures are those that its work stored last/, ({ rows }) => rows.migratedBy === 'not-counted' && rows.total > 0],
  [/Nothing was written/, ({ deleted }) => Object.keys(deleted).length === 0],
  [/Nothing was written/, ({ kind, rows }) => kind !== 'migration' || rows.migratedBy === 'nothing-written'],
  [/Nothing was written/, ({ mayHaveWritten }) => !mayHaveWritten],
  [
    /No record of the source was written/,
    ({ rows, mayHaveWritten }) => rows.migratedBy === 'nothing-written' && mayHaveWritten,
  ],
  [
    /\b[1-9][\d,]* differences?\b|findings name what differs/i,
    ({ kind, rows, errorFindings, carryFindings, failureFindings }) =>
      errorFindings - failureFindings > (kind === 'comparison' ? 0 : carryFindings) ||
      (kind === 'comparison' && rows.errors > 0),
  ],
  [/could not be checked; the findings say why/, ({ failureFindings }) => failureFindings > 0],
  [
    /not as they were when the run was planned/,
    ({ checks, schema }) => isBroken(checks.schema) && schema.changed.length > 0,
  ],
  [
    /for which the source has no table now/,
    ({ checks, schema }) => isBroken(checks.schema) && schema.leftover.length > 0,
  ],
  [/41 documents/, ({ deleted }) => 'tags' in deleted],
  [/MIGRATION REPORT|Migration report/, ({ kind }) => kind !== 'comparison'],
  [/COMPARISON REPORT|Comparison report/, ({ kind }) => kind === 'comparison'],
];

/** Sentences that may not stand in one report, in either rendering. */
const CONTRADICTIONS: readonly (readonly [RegExp, RegExp])[] = [
  [/equals (the )?source/i, /❌|❔|\bfailed\b|\bincomplete\b|\bskipped\b|still differ|findings (name|say)/i],
  [/equals (the )?source/i, /not judged|not checked|in part only|was not counted|cancelled|With faults/i],
  [/completed successfully/i, /❌|❔|\bfailed\b|\bincomplete\b|With faults|in part only|though asked for|missing/i],
  [
    /found no difference/i,
    /❌|❔|\bfailed\b|\bincomplete\b|With faults|in part only|though asked for|compared nothing/i,
  ],
  [/each compared with (its row|what its row)/, /contents were not|were not compared|Not every row|not counted/i],
  [/each compared with (its row|what its row)|Every row was compared/, /Content +(failed|skipped|incomplete)/i],
  [
    /every row could be carried/,
    /could not be carried|not carried|still differ|was not counted|completed with \d+ error/i,
  ],
  [
    /Nothing was written/,
    /What was written stays|(was|were) deleted:|in the source\. deleted|The target acknowledged/i,
  ],
  [/(Migration|Comparison|Dry run) (cancelled|failed)/i, /VALIDATION \(|Every row was|each compared|equals source/],
  [/(Migration|Comparison|Dry run) (cancelled|failed)/i, /Complete:|[Ee]very row|[Ee]very check|\barrived\b/],
  [/Counts were compared, contents were not/, /Every row was compared|each compared/],
  [/checks without a difference/, /\bFailed\b|\bIncomplete\b|found something|incomplete/],
  [
    /COMPARISON REPORT/,
    /MIGRATION (SUMMARY|REPORT|COMPLETED)|was (written|copied|repaired) and|The target acknowledged/,
  ],
  [/Source and target were not compared/i, /findings name what differs|\b[1-9]\d* differences?\b|Comparison found/i],
  [/Records migrated/, /Comparison (found|failed|cancelled)/],
];

const tables = (facts: Facts) => {
  const { total, migrated, errors } = facts.rows;
  return { runs: tableTotals(total, { migrated, errors }) };
};

/** The text report, and the words that a reader of the page sees. */
function renderings(facts: Facts): { text: string; page: string } {
  const report = sampleReport({ tables: tables(facts), facts, analysis: NO_ANALYSIS });
  const page = renderHtml(report)
    .replace(/<style>[\s\S]*?<\/style>/, '')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&#39;', "'");
  return { text: renderText(report), page };
}

function faultsOf(facts: Facts): string[] {
  const faults: string[] = [];
  for (const [form, printed] of Object.entries(renderings(facts))) {
    for (const [sentence, holds] of NEEDS) {
      if (sentence.test(printed) && !holds(facts)) faults.push(`${form} says ${sentence}`);
    }
    for (const [sentence, opposite] of CONTRADICTIONS) {
      if (sentence.test(printed) && opposite.test(printed)) {
        faults.push(`${form} says ${sentence} and ${opposite}: ${opposite.exec(printed)?.[0]}`);
      }
    }
  }
  return faults;
}

/** What must agree in every verdict, whatever the facts are. */
function disagreements(facts: Facts, verdict: Verdict): string[] {
  const { status, exitCode, good, headline, equalUpTo, checks } = verdict;
  const results = Object.values(checks).map(({ result }) => result);
  const rules: Record<string, boolean> = {
    'good, status and exit code agree': good === (status === 'completed') && good === (exitCode === 0),
    'the headline agrees with the status': /completed successfully$|found no difference$/.test(headline) === good,
    'a run that was cut short says how': !/cancelled|failed/.test(headline) === (facts.ending === 'whole'),
    'the ending decides the status': facts.ending === 'whole' || status === facts.ending,
    'a failure has the code of its problem': status !== 'failed' || exitCode === 4,
    'a cancelled run has code 1': status !== 'cancelled' || exitCode === 1,
    'differences alone have code 3':
      exitCode !== 3 ||
      (facts.carryFindings === 0 &&
        facts.failureFindings === 0 &&
        (facts.errorFindings > 0 || results.includes('failed'))),
    'nothing incomplete is completed or 3': !results.includes('incomplete') || exitCode === 1 || exitCode === 4,
    'what was asked for and not done is not completed':
      !good || facts.kind === 'analysis' || facts.validate !== 'full' || results.every((result) => result === 'ok'),
    'errors are not completed': !good || facts.errorFindings === 0,
    'equality needs everything':
      equalUpTo === null ||
      (hasHeld(facts, ...CHECKS) &&
        isFaultless(facts) &&
        facts.validate === 'full' &&
        facts.sharedCollections.length === 0 &&
        equalUpTo === facts.instant?.at),
    'equality is said in words where it is claimed, and only there':
      (equalUpTo !== null) === verdict.instantLines.some((line) => /equals source/.test(line)),
    'equality never stands without when the documents were compared': verdict.instantLines
      .filter((line) => /equals source|Every row of the source is in the target/.test(line))
      .every((line) => line.includes(`documents were compared ${COMPARED_WORDS}`)),
    'equality of a part never stands without which part': verdict.instantLines
      .filter((line) => /equals source|Every row of the source is in the target/.test(line))
      .every(
        (line) =>
          line.includes('in the tables params, tags and the workspace team-a alone, without the table users') ===
          (facts.only === SUBSET),
      ),
    'a check is ok only where it held': CHECKS.every((name) => checks[name].result !== 'ok' || hasHeld(facts, name)),
    'references that nothing looked at are named wherever the others are judged':
      facts.unseenReferences.length === 0 ||
      checks.references.result === 'skipped' ||
      !verdict.speaksOfChecks ||
      checks.references.note?.includes(`not looked at: ${UNSEEN}`) === true,
    'sentences are sentences': verdict.details.every((sentence) => /^[A-Z\d].*[^.]\.$/.test(sentence)),
    'a comparison has moved nothing':
      facts.kind !== 'comparison' || !/migrat|copied|repair/i.test([headline, ...verdict.details].join(' ')),
  };
  return Object.entries(rules).flatMap(([rule, holds]) => (holds ? [] : [rule]));
}

/** The whole seconds that hold {@link COMPARED}. */
const COMPARED_WORDS = 'from 2026-11-24 01:31:02 UTC to 2026-11-24 01:33:16 UTC';

/** Outcomes of the checks that differ from the best or the worst by one check. */
const NOTABLE_OUTCOMES = RESULTS.flatMap((all) => [
  sampleChecks(all),
  ...CHECKS.flatMap((name) =>
    RESULTS.filter((result) => result !== all && (all === 'held' || all === 'not-run')).map((result) =>
      sampleChecks(all, { [name]: { result, uncovered: result === 'incomplete' ? ['spans'] : [] } }),
    ),
  ),
]);

/** The first few faults with the facts that they come from. */
function collect(given: Iterable<Facts>, look: (facts: Facts) => readonly string[]): string[] {
  const faults = new Map<string, string>();
  for (const facts of given) {
    for (const fault of look(facts)) {
      if (!faults.has(fault)) faults.set(fault, `${fault}: ${JSON.stringify(facts)}`);
    }
  }
  return [...faults.values()].slice(0, 5);
}

/** Each outcome with every `stride`th circumstance, from another one on for each. A stride that shares no factor with their number meets all values of each. */
function* combinations(outcomes: Iterable<Facts['checks']>, stride: number): Generator<Facts> {
  let start = 0;
  for (const checks of outcomes) {
    for (let at = start % stride; at < CIRCUMSTANCES.length; at += stride) {
      yield { ...(CIRCUMSTANCES[at] as Omit<Facts, 'checks'>), checks };
    }
    start += 1;
  }
}

test('status, exit code, headline and equality agree, whatever the six checks came to', () => {
  expect(collect(combinations(checkOutcomes(), 211), (facts) => disagreements(facts, judge(facts)))).toEqual([]);
  expect(collect(combinations(NOTABLE_OUTCOMES, 7), (facts) => disagreements(facts, judge(facts)))).toEqual([]);
});

test('no sentence of text or page stands without what it needs, or beside its contradiction', () => {
  expect(collect(combinations(NOTABLE_OUTCOMES, 41), faultsOf)).toEqual([]);
  expect(collect(combinations(checkOutcomes(), 3001), faultsOf)).toEqual([]);
});

/** The sentences of docs/reliability.md, `…` standing for anything. */
function documentedSentences(): RegExp[] {
  const section = /## 7\. [\s\S]*?\n\*\*Proof/.exec(readText('docs/reliability.md'))?.[0] ?? '';
  return [...section.matchAll(/^\| `([^`]+)` \|/gm)].map(([, sentence]) => {
    const parts = (sentence as string).split('…').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`);
  });
}

function sentencesOf({ headline, details, instantLines, checks, checksMeaning, cards }: Verdict): string[] {
  const notes = Object.values(checks).flatMap(({ note }) => (note === null ? [] : note.split('; ')));
  return [
    headline,
    ...details,
    ...instantLines,
    ...notes,
    checksMeaning,
    ...wordsOf(cards.errors),
    ...wordsOf(cards.validation),
  ];
}

/** What a card claims, without the numbers that it repeats. */
function wordsOf(card: CardVerdict | null): string[] {
  return card === null || card.bad || /not carried unchanged$/.test(card.beside) ? [] : [card.beside];
}

test('every sentence that is printed stands in docs/reliability.md with what it needs, and no other stands there', () => {
  const documented = documentedSentences();
  const printed = new Set<string>();
  for (const facts of combinations(
    [...NOTABLE_OUTCOMES, ...[...checkOutcomes()].filter((_, index) => index % 7 === 0)],
    37,
  )) {
    for (const sentence of sentencesOf(judge(facts))) printed.add(sentence);
  }
  const used = new Set<RegExp>();
  const missing = new Set<string>();
  for (const sentence of printed) {
    const patterns = documented.filter((pattern) => pattern.test(sentence));
    if (patterns.length === 0) missing.add(sentence);
    for (const pattern of patterns) used.add(pattern);
  }
  expect([...missing]).toEqual([]);
  expect(documented.filter((pattern) => !used.has(pattern))).toEqual([]);
});

const problem = (kind: Problem['kind']): Problem => ({ kind, message: 'm', hint: 'h' });
const broken = (name: CheckName) => sampleChecks('held', { [name]: { result: 'broken' } });
const lacking = (name: CheckName, ...uncovered: string[]) =>
  sampleChecks('held', { [name]: { result: 'incomplete', uncovered } });
const withErrors = { total: 9, migrated: 8, errors: 1, migratedBy: 'compared' } as const;

test.each<[name: string, facts: Partial<Facts>, exitCode: number, headline: string]>([
  ['all is well', {}, 0, 'Migration completed successfully'],
  [
    'a row that could not be carried',
    { rows: withErrors, carryFindings: 1, errorFindings: 1, checks: broken('content') },
    1,
    'Migration completed with 1 error',
  ],
  [
    'rows that stay different',
    { rows: withErrors, errorFindings: 1, checks: broken('content') },
    3,
    'Migration completed with 1 difference',
  ],
  [
    'an index that is missing',
    { errorFindings: 2, checks: broken('indexes') },
    3,
    'Migration completed with 2 differences',
  ],
  [
    'a source that changed its shape',
    { errorFindings: 1, checks: broken('schema') },
    3,
    'Migration completed with 1 difference',
  ],
  [
    'a check that left a table out',
    { checks: lacking('counts', 'runs') },
    1,
    'Migration completed, but not everything was checked',
  ],
  [
    'a check that was not done',
    { checks: sampleChecks('held', { schema: { result: 'not-run' } }) },
    1,
    'Migration completed, but not everything was checked',
  ],
  [
    'a check that says it held and left a table out',
    { checks: sampleChecks('held', { content: { uncovered: ['runs'] } }) },
    1,
    'Migration completed, but not everything was checked',
  ],
  [
    'differences beside a check that left a table out',
    { errorFindings: 2, checks: { ...lacking('counts', 'runs'), types: broken('types').types } },
    1,
    'Migration completed with 2 differences',
  ],
  [
    'rows that nobody saw, with validation off',
    {
      validate: 'none',
      checks: sampleChecks('not-run'),
      rows: { total: 9, migrated: 7, errors: 0, migratedBy: 'acknowledged' },
    },
    1,
    'Migration completed, but 2 records are missing',
  ],
  [
    'validation off',
    {
      validate: 'none',
      checks: sampleChecks('not-run'),
      rows: { total: 9, migrated: 9, errors: 0, migratedBy: 'acknowledged' },
    },
    0,
    'Migration completed successfully',
  ],
  [
    'tables that the target let nobody look at',
    {
      errorFindings: 64,
      failureFindings: 64,
      rows: { total: 9, migrated: 2, errors: 0, migratedBy: 'compared' },
      checks: { ...lacking('content', 'runs', 'tags'), counts: lacking('counts', 'runs', 'tags').counts },
    },
    1,
    'Migration completed, but not everything was checked',
  ],
  [
    'a difference beside a table that could not be looked at',
    { errorFindings: 2, failureFindings: 1, checks: broken('content') },
    1,
    'Migration completed with 1 difference',
  ],
  [
    'a comparison that was refused everything',
    { kind: 'comparison', errorFindings: 3, failureFindings: 3, checks: lacking('content', 'runs') },
    1,
    'Comparison was incomplete',
  ],
  ['a problem at the very end', { problems: [problem('target-refused')] }, 4, 'Migration failed'],
  [
    'configuration before an end that is away',
    { ending: 'failed', problems: [problem('source-unreachable'), problem('config')] },
    2,
    'Migration failed',
  ],
  [
    'an end that is away before a foreign target',
    { ending: 'failed', problems: [problem('target-not-empty'), problem('target-throttled')] },
    4,
    'Migration failed',
  ],
  [
    'deletions without consent',
    { ending: 'failed', problems: [problem('deletes-need-consent')] },
    1,
    'Migration failed',
  ],
  ['a failure without a word', { ending: 'failed' }, 1, 'Migration failed'],
  ['the operator', { ending: 'cancelled', problems: [problem('target-refused')] }, 1, 'Migration cancelled'],
  ['a comparison without a difference', { kind: 'comparison' }, 0, 'Comparison found no difference'],
  [
    'a comparison of counts',
    { kind: 'comparison', validate: 'counts', checks: sampleChecks('not-run', { counts: { result: 'held' } }) },
    0,
    'Comparison of counts found no difference',
  ],
  [
    'a comparison of nothing',
    { kind: 'comparison', validate: 'none', checks: sampleChecks('not-run', { schema: { result: 'held' } }) },
    1,
    'Comparison compared nothing',
  ],
  [
    'a comparison with differences',
    { kind: 'comparison', errorFindings: 12, checks: broken('content') },
    3,
    'Comparison found 12 differences',
  ],
  [
    'a comparison that left a table out',
    { kind: 'comparison', checks: lacking('content', 'spans') },
    1,
    'Comparison was incomplete',
  ],
  ['a dry run', { kind: 'analysis', checks: sampleChecks('not-run') }, 0, 'Dry run completed successfully'],
  ['a dry run that finds rows to write', { kind: 'analysis', rows: withErrors }, 0, 'Dry run completed successfully'],
])('exit code and headline: %s', (_name, facts, exitCode, headline) => {
  const verdict = judge(sampleFacts(facts));
  expect({ exitCode: verdict.exitCode, headline: verdict.headline }).toEqual({ exitCode, headline });
});

test('a run that was cancelled says what was counted in the target, and nothing of checks', () => {
  const rows = { total: 191_465, migrated: 136_245, errors: 0, migratedBy: 'counted-in-target' } as const;
  const verdict = judge(sampleFacts({ ending: 'cancelled', rows, instant: INSTANT }));
  expect(verdict.details).toEqual([
    'In the target, counted there after it ended: 136,245 of 191,465 records.',
    'What was written stays. Started again, the migration writes only what is missing.',
  ]);
  expect(verdict).toMatchObject({ speaksOfChecks: false, equalUpTo: null, instantLines: [], copiedRecords: null });
  expect(verdict.cards.errors.beside).toBe('none found before it ended');
  expect(verdict.cards.validation).toBeNull();
});

test('a rate of copying is taken over what the copy wrote, and over nothing that stood there or came later', () => {
  const rows = { total: 900, migrated: 900, errors: 0, migratedBy: 'compared', copied: 40 } as const;
  expect(judge(sampleFacts({ rows })).copiedRecords).toBe(40);
  expect(judge(sampleFacts({ rows, kind: 'comparison' })).copiedRecords).toBeNull();
});

test('where collections hold other data, rows are said to be there and documents are not judged', () => {
  const verdict = judge(sampleFacts({ instant: INSTANT, sharedCollections: ['runs', 'tags'] }));
  expect(verdict.good).toBe(true);
  expect(verdict.equalUpTo).toBeNull();
  expect(verdict.instantLines).toEqual([
    'Every row of the source is in the target, up to: 2026-11-24 01:33:14 UTC; their documents were compared from 2026-11-24 00:23:05 UTC to 2026-11-24 00:23:08 UTC. Other documents in runs, tags are not judged',
  ]);
});

test('a cut-over says from when to when nothing was written, and until when after its checks where that was seen', () => {
  const quiet = { ...INSTANT, quietSince: '2026-11-24T01:33:10.000Z' };
  const [, since] = judge(sampleFacts({ instant: quiet })).instantLines;
  expect(since).toBe(
    'Cut over: from 2026-11-24 01:33:10 UTC to that instant no row changed, and no session held a lock to write then',
  );
  const [, until] = judge(sampleFacts({ instant: { ...quiet, quietUntil: '2026-11-24T01:33:19.000Z' } })).instantLines;
  expect(until).toBe(`${since}; until 2026-11-24 01:33:19 UTC, after the checks, no transaction had ended`);
});

test('a source that changed and what earlier runs have left are told apart', () => {
  const said = (schema: Facts['schema']) =>
    judge(sampleFacts({ errorFindings: 1, checks: broken('schema'), schema })).details.filter((line) =>
      /not as they were|no table now/.test(line),
    );
  expect(said({ changed: [], leftover: ['log_1'] })).toEqual([
    'Collections of an earlier run for which the source has no table now: log_1.',
  ]);
  expect(said({ changed: ['params'], leftover: [] })).toEqual([
    'Tables of the source are not as they were when the run was planned: params.',
  ]);
  expect(said({ changed: ['params'], leftover: ['log_1'] })).toHaveLength(2);
});

test('orphans that the source has as well stand beside the references', () => {
  const { references } = judge(sampleFacts({ orphansAsInSource: 1234 })).checks;
  expect(references).toEqual({ result: 'ok', note: '1,234 values without a parent, as in the source' });
});

test('of long lists the first few are named, and the others counted', () => {
  const uncovered = Array.from({ length: 12 }, (_, index) => `t${index}`);
  const verdict = judge(sampleFacts({ checks: lacking('content', ...uncovered) }));
  expect(verdict.details.at(-1)).toBe('Checked in part only: content (without t0, t1, t2, t3, t4 and 7 more).');
});

test('of a run without a report nothing is said but how it ended', () => {
  const run = { kind: 'migration', isStarted: true, ending: 'failed', problems: [problem('config')] } as const;
  expect(judgeUnreported(run)).toMatchObject({ status: 'failed', exitCode: 2, equalUpTo: null, speaksOfChecks: false });
  expect(judgeUnreported(run).details[0]).toBe('What stands in the target was not counted.');
  expect(judgeUnreported({ ...run, isStarted: false }).details).toEqual(['Nothing was written to the target.']);
  expect(judgeUnreported({ ...run, kind: 'comparison' }).details).toEqual(['Nothing was written to the target.']);
  expect(judgeUnreported({ ...run, ending: 'cancelled' })).toMatchObject({ status: 'cancelled', exitCode: 1 });
});

test('where nobody knows what stands in the target, no figure and no sentence says that it is nothing', () => {
  const rows = { total: 0, migrated: 0, errors: 0, migratedBy: 'not-counted' } as const;
  const facts = { ending: 'failed', rows, mayHaveWritten: true } as const;
  const report = sampleReport({ facts, tables: {}, problems: [problem('internal')] });
  const words = ['What stands in the target was not counted.', 'What was written stays.'];
  for (const rendered of [renderText, renderHtml, renderJson])
    for (const word of words) expect(rendered(report)).toContain(word);
  expect(renderText(report)).not.toMatch(/No record|Nothing was/);
  expect(report.verdict.cards.migrated).toEqual({
    name: 'Records',
    figure: '–',
    beside: 'not counted in the target',
    bad: true,
  });
  const told = judge(sampleFacts({ ...facts, rows: { ...rows, total: 9, migrated: 4 } }));
  expect(told.details[0]).toBe(
    'What stands in the target was not counted; the figures are those that its work stored last.',
  );
  expect(told.cards.migrated).toMatchObject({ figure: '4', beside: 'not counted in the target', bad: true });
});

test('a run that was ended from outside says by whom, in text, page and JSON', () => {
  const said = { at: AT, by: 'lee <lee@example.org>' };
  const words = 'Cancelled by the operator at 2026-11-24 01:33:14 UTC (lee <lee@example.org>).';
  const byWord = sampleReport({ facts: { ending: 'cancelled', cancelled: said } });
  expect(byWord.verdict.details[0]).toBe(words);
  expect(renderText(byWord)).toContain(`\n${words}\n`);
  expect(renderHtml(byWord)).toContain('(lee &lt;lee@example.org&gt;).</p>');
  expect(judge(sampleFacts({ ending: 'cancelled', cancelled: { at: null, by: null } })).details[0]).toBe(
    'Cancelled by the operator.',
  );
  const message = 'The migration was terminated through the API of Durable Functions: enough of it';
  const problems = [{ kind: 'interrupted', message, hint: 'Start it again with --resume' }] as const;
  const byDurable = sampleReport({ problems, facts: { ending: 'cancelled' } });
  expect(byDurable.verdict).toMatchObject({ status: 'cancelled', exitCode: 1, headline: 'Migration cancelled' });
  expect(byDurable.verdict.details.join()).not.toContain('by the operator');
  for (const rendered of [renderText, renderHtml, renderJson]) expect(rendered(byDurable)).toContain(message);
});

test('counts in the target name the tables that they say nothing of, and rows of these are not taken for changed ones', () => {
  const uncounted = { tables: ['params', 'tags'], rows: 4 };
  const rows = { total: 10, migrated: 6, errors: 0, migratedBy: 'counted-in-target' as const, uncounted };
  const of = (changes: Partial<Facts>) => judge({ ...sampleFacts(), ...changes }).details;
  const compared = of({
    kind: 'comparison',
    validate: 'counts',
    rows,
    checks: sampleChecks('not-run', { counts: { result: 'held' } }),
  });
  expect(compared.slice(0, 2)).toEqual([
    'In the target, counted there: 6 of 10 records.',
    'Rows that share documents with others cannot be counted there; the figure includes none of them: params, tags.',
  ]);
  expect(compared.join(' ')).not.toContain('different moments');
  const cancelled = of({ ending: 'cancelled', rows });
  expect(cancelled.slice(0, 2)).toEqual([
    'In the target, counted there after it ended: 6 of 10 records.',
    'Rows that share documents with others cannot be counted there; the figure includes those of them that the target acknowledged: params, tags.',
  ]);
});

test('documents that go without a value of their row are told apart from those that equal it', () => {
  const facts = { errorFindings: 2, checks: broken('content') };
  const standing = (lossFindings: number | null) => judge(sampleFacts({ ...facts, lossFindings })).details.join(' ');
  expect(standing(2)).toContain(
    'found equal to their rows in the source, but for values that were left out of 2 documents.',
  );
  expect(standing(null)).toContain('but for values that were left out of some documents.');
  expect(standing(0)).toContain('found equal to their rows in the source.');
});

test('what is proven under a map of artifact locations is said to be', () => {
  const lines = (isMapped: boolean) =>
    judge(sampleFacts({ only: { ...ALL, isMapped }, instant: INSTANT, compared: COMPARED })).instantLines.join(' ');
  expect(lines(true)).toMatch(/up to: [^;]* UTC, with the locations of artifacts mapped;/);
  expect(lines(false)).not.toContain('mapped');
});

test('a run that followed its source tells its proof, whatever ended it', () => {
  const told = (brought: number, ending: Facts['ending']) =>
    judge(sampleFacts({ ending, problems: [problem('deletes-need-consent')], provenBefore: { at: AT, brought } }))
      .details;
  expect(told(5_000, 'failed')).toContain(
    'Its proof held for the source as of 2026-11-24 01:33:14 UTC, with all rows compared; 5,000 changes brought over since are not part of it.',
  );
  expect(told(0, 'cancelled').join()).toContain('with all rows compared; nothing was brought over since.');
});

test('documents that were compared by checksum are told, with what makes that as good as their rows', () => {
  const details = (byChecksum: number) =>
    judge(sampleFacts({ compared: { ...COMPARED, byChecksum } })).details.join(' ');
  expect(details(1_885_741)).toContain(
    '1,885,741 documents were compared with the SHA-256 of what their rows made when they were read, as no transaction of the source had ended since.',
  );
  expect(details(0)).not.toContain('SHA-256');
});
