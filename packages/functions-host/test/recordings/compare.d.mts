/** The differences of one case, as [path, expected, actual]; with several recorded runs, those to the nearest one. */
export function compareCase(
  recorded: { readonly runs: readonly object[] },
  actual: { readonly runs: readonly object[] },
  options?: { readonly turns?: boolean; readonly skip?: readonly string[] },
): [path: string, expected: unknown, actual: unknown][];
