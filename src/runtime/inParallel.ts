import { asError } from '../errors.ts';

/** Does `work` for each item, at most `width` at once. Throws the first failure after the running ones have ended. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const waiting = items[Symbol.iterator]();
  const failures: Error[] = [];
  const lane = async () => {
    for (const item of waiting) {
      if (failures.length > 0) return;
      try {
        await work(item);
      } catch (error) {
        failures.push(asError(error));
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
  const [failure] = failures;
  if (failure !== undefined) throw failure;
}
