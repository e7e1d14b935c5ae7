/** Keeps texts that are dear to fetch: Key Vault and listConnectionStrings are limited. */
export interface SecretCache {
  /** The text of a key, loaded where it is not known, or not of late. A load that fails is not kept. */
  readonly get: (key: string, load: () => Promise<string>) => Promise<string>;
  readonly forget: () => void;
}

/** A rotated key is noticed after this time, or at once with `forget`. */
const CACHE_MS = 5 * 60_000;

/**
 * A cache of its own for each resolver. Who asks for a key while it is being loaded waits for that load, also for its
 * failure.
 */
export function createSecretCache(): SecretCache {
  const known = new Map<string, { readonly until: number; readonly value: Promise<string> }>();
  return {
    get: (key, load) => {
      const entry = known.get(key);
      if (entry !== undefined && entry.until > performance.now()) return entry.value;
      const value = load();
      known.set(key, { until: performance.now() + CACHE_MS, value });
      value.catch(() => known.delete(key));
      return value;
    },
    forget: () => known.clear(),
  };
}
