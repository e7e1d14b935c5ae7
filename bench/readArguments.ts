import { parseArgs } from 'node:util';

/** The text of `--help`. */
export const USAGE = `npm run bench -- [--scale N] [--layout tables|mlflow] [--runs N] [--baseline|--no-baseline] [--note TEXT]
Fills a database with N times 170,817 MLflow records, migrates it, and measures what the servers alone could do and what a plain
Python loop takes. Prints the ratios and what they are made of on stderr, one line of JSON on stdout, and keeps it below bench/results.
  --scale     how much data, default 1
  --layout    default tables
  --runs      how often each is measured, default 3, from scale 10 on 1; figures are medians
  --baseline  end where the plain loop cannot run; without it the loop runs where it can. --no-baseline leaves it out
  --note      what a reader of the results should know, such as that the machine was shared`;

const SINGLE_RUN_FROM_SCALE = 10;

/** What is asked for. */
export interface BenchArguments {
  readonly scale: number;
  readonly layout: 'tables' | 'mlflow';
  readonly runs: number;
  /** Null runs the baseline where it can run. */
  readonly baseline: boolean | null;
  readonly note: string | null;
  readonly wantsHelp: boolean;
}

/** Throws an Error in words for people where an argument makes no sense. */
export function readArguments(args: readonly string[]): BenchArguments {
  const { values } = parseArgs({
    args: [...args],
    allowNegative: true,
    options: {
      scale: { type: 'string', default: '1' },
      layout: { type: 'string', default: 'tables' },
      runs: { type: 'string' },
      baseline: { type: 'boolean' },
      note: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const scale = Number(values.scale);
  const runs = Number(values.runs ?? (scale >= SINGLE_RUN_FROM_SCALE ? 1 : 3));
  const { layout } = values;
  if (layout !== 'tables' && layout !== 'mlflow') throw new Error(`There is no layout ${layout}`);
  for (const number of [scale, runs]) {
    if (!Number.isInteger(number) || number < 1) throw new Error('--scale and --runs take whole numbers from 1 on');
  }
  return {
    scale,
    layout,
    runs,
    baseline: values.baseline ?? null,
    note: values.note ?? null,
    wantsHelp: values.help,
  };
}
