import { expect, test } from 'vitest';
import { readText } from './markdown.ts';

/** A sentence of a page, with `#` for each figure; and for each of them the constant that it tells, and what one unit of it is there. */
type Figure = readonly [
  page: string,
  sentence: string,
  ...constants: (readonly [file: string, name: string, unit?: number])[],
];

const MIB = 1024 * 1024;

/** The number that a constant of a file stands for: digits, or a product of some. */
function constant(file: string, name: string): number {
  const written = new RegExp(`\\b${name}(?: =|:) ([\\d_ *]+)`).exec(readText(file))?.[1];
  if (written === undefined) throw new Error(`${file} has no number ${name}`);
  return written.split('*').reduce((product, factor) => product * Number(factor.replaceAll('_', '')), 1);
}

const FIGURES: readonly Figure[] = [
  [
    'docs/architecture.md',
    'ranges of at most about # rows or # MiB',
    ['src/plan/rangeLimits.ts', 'maxRows'],
    ['src/plan/rangeLimits.ts', 'maxBytes', MIB],
  ],
  [
    'docs/architecture.md',
    'indexes of collections of up to # rows',
    ['src/steps/prepareTarget.ts', 'SMALL_COLLECTION_ROWS'],
  ],
  ['docs/architecture.md', 'A lane does up to # units', ['src/orchestrators/dealUnits.ts', 'UNITS_PER_LANE']],
  [
    'docs/architecture.md',
    "at which the window's # s are over (# minutes on request units)",
    ['src/orchestrators/runWindow.ts', 'WINDOW_MS', 1_000],
    ['src/orchestrators/runWindow.ts', 'WINDOW_RU_MS', 60_000],
  ],
  [
    'docs/architecture.md',
    'batches of at most # rows or # MiB',
    ['src/steps/shared/batchLimits.ts', 'AUTO_BATCH_ROWS'],
    ['src/steps/shared/batchLimits.ts', 'MAX_BATCH_BYTES', MIB],
  ],
  [
    'docs/architecture.md',
    'empty history after # pieces of work',
    ['src/orchestrators/generation.ts', 'PIECES_PER_GENERATION'],
  ],
  ['docs/architecture.md', 'answer with what is left, within # s', ['src/runtime/untilTimeIsUp.ts', 'LAST_MS', 1_000]],
  [
    'docs/architecture.md',
    'One that was silent for # seconds counts as dead',
    ['src/target/writers.ts', 'DEAD_AFTER_MS', 1_000],
  ],
  ['docs/architecture.md', 'All work looks every # seconds', ['src/runtime/stopWatcher.ts', 'LOOK_FOR_RUN_MS', 1_000]],
  ['docs/architecture.md', 'A run over # rows or more', ['src/steps/planning/earlierProof.ts', 'WORTHWHILE_ROWS']],
  [
    'docs/architecture.md',
    'reports of the last # runs of this id',
    ['src/runtime/earlierReports.ts', 'MAX_EARLIER_REPORTS'],
  ],
];

test.each(FIGURES.map((figure) => [figure[0], figure[1], figure] as const))(
  '%s says of the code: %s',
  (_page, _sentence, figure) => {
    const [page, sentence, ...constants] = figure;
    let told = sentence;
    for (const [file, name, unit = 1] of constants)
      told = told.replace('#', (constant(file, name) / unit).toLocaleString('en-US'));
    expect(readText(page).replaceAll('last ten', 'last 10')).toContain(told);
  },
);
