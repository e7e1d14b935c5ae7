/** Value of the server option `search_path` in the text of `options`, whose parts are split at spaces that no backslash escapes; null where none is set. */
export function searchPathIn(options: string): string | null {
  const parts = options.match(/(?:\\.|[^\s\\])+/g) ?? [];
  const settings = parts.flatMap((part, index) => {
    if (part === '-c') return [parts[index + 1] ?? ''];
    return part.startsWith('-c') || part.startsWith('--') ? [part.slice(2)] : [];
  });
  // As for the server, the last one of several counts.
  const found = settings.findLast((setting) => /^search[_-]path=/i.test(setting));
  return found === undefined ? null : found.slice(found.indexOf('=') + 1).replaceAll(/\\(.)/g, '$1');
}

/**
 * Schemas of a search path, in their order. The server folds names that are not quoted to lower case; a URI's own
 * `search_path` is taken as it is written.
 */
export function schemasIn(path: string, { folds }: { readonly folds: boolean }): string[] {
  const parts = path.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? [];
  return parts
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const quoted = /^"((?:[^"]|"")*)"$/.exec(part)?.[1];
      if (quoted !== undefined) return quoted.replaceAll('""', '"');
      return folds ? part.toLowerCase() : part;
    });
}
