/**
 * Names as one line writes them, each once: commas between them, and around one that has a comma itself double quotes, of which
 * two stand for one. Null where it is no such list, or one of an empty name.
 */
export function parseNames(line: string): readonly string[] | null {
  const items = [...line.matchAll(/\s*(?:"((?:[^"]|"")*)"|([^",][^,]*)|)\s*(,|$)/gy)];
  const names = items.map(([, quoted, bare]) => quoted?.replaceAll('""', '"') ?? bare?.trim() ?? '');
  const read = items.reduce((length, [all]) => length + all.length, 0);
  // The empty text after the last item matches once more.
  if (items.at(-1)?.[0] === '' && items.at(-2)?.[3] !== ',') names.pop();
  return read === line.length && !names.includes('') ? [...new Set(names)] : null;
}

/** Names as one line, of which {@link parseNames} makes the same names. */
export function writeNames(names: readonly string[]): string {
  return names.map((name) => (/[",]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name)).join(',');
}
