/** A name as a quoted SQL identifier. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text as an SQL literal. The E keeps a backslash one character whatever `standard_conforming_strings` says. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}

/**
 * The server option, as a part of a connection's `options`, that sets the search path to these schemas: the server splits
 * `options` at white space that no backslash escapes, and folds names that are not quoted.
 */
export function searchPathOption(schemas: readonly string[]): string {
  const names = schemas.map((name) =>
    /^[a-z_][a-z0-9_]*$/.test(name) ? name : quoteIdentifier(name).replaceAll(/[\\\s]/g, '\\$&'),
  );
  return `-csearch_path=${names.join(',')}`;
}
