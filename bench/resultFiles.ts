import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BenchResult } from './benchResult.ts';

const RESULTS = join(import.meta.dirname, 'results');

/** A result and the name of its file. */
export interface KeptResult {
  readonly file: string;
  readonly result: BenchResult;
}

/** `DATE-scale-N-LAYOUT.json`, with a number behind it where the day has one of that name already. */
export function resultFileName(
  { date, scale, layout }: Pick<BenchResult, 'date' | 'scale' | 'layout'>,
  taken: readonly string[],
): string {
  const name = `${date.slice(0, 10)}-scale-${scale}-${layout}`;
  for (let number = 1; ; number++) {
    const file = `${name}${number === 1 ? '' : `-${number}`}.json`;
    if (!taken.includes(file)) return file;
  }
}

/** Writes a result into a file of its own and returns that file's name. */
export function keepResult(result: BenchResult): string {
  const file = resultFileName(result, readdirSync(RESULTS));
  writeFileSync(join(RESULTS, file), resultText(result));
  return file;
}

/** As Biome wants it, which checks what is kept: a short list stands on one line. */
export function resultText(result: BenchResult): string {
  const text = JSON.stringify(result, null, 2).replaceAll(/\[\s+([^[\]{}]*?)\s+\]/g, (_all, items: string) => {
    return `[${items.split(/,\s+/).join(', ')}]`;
  });
  return `${text}\n`;
}

/** The latest kept result that is `wanted`, of those that have the figures of today; null where there is none. */
export function latestResult(wanted: (result: BenchResult) => boolean): KeptResult | null {
  const kept = readdirSync(RESULTS)
    .filter((file) => file.endsWith('.json'))
    .map((file) => ({ file, result: JSON.parse(readFileSync(join(RESULTS, file), 'utf8')) as Partial<BenchResult> }))
    .filter((each): each is KeptResult => each.result.rerunSeconds !== undefined)
    .filter(({ result }) => wanted(result))
    .sort((a, b) => a.result.date.localeCompare(b.result.date));
  return kept.at(-1) ?? null;
}
