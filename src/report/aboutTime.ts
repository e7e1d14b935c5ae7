/** Sizes of a unit in seconds, the step that is rounded to, and up to which time they are used. */
const STEPS: readonly (readonly [unit: number, step: number, name: string, upTo: number])[] = [
  [1, 10, 's', 55],
  [60, 1, 'min', 9.5 * 60],
  [60, 5, 'min', 87.5 * 60],
  [3_600, 1, 'h', 47.5 * 3_600],
  [86_400, 1, 'days', Number.POSITIVE_INFINITY],
];

/** Seconds as coarsely as they are known: `about 20 s`, `about 4 min`, `about 20 min`, `about 3 h`. */
export function aboutTime(seconds: number): string {
  if (seconds < 8) return 'a few seconds';
  const found = STEPS.find(([, , , upTo]) => seconds < upTo);
  if (found === undefined) return 'unknown';
  const [unit, step, name] = found;
  return `about ${Math.max(step, Math.round(seconds / unit / step) * step)} ${name}`;
}
