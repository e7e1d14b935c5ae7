import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { quoteIdentifier, quoteLiteral, searchPathOption } from '../../src/quoteSql.ts';
import { ROOT } from './docs/markdown.ts';

describe('quoting for SQL', () => {
  test('doubles the quotes of names', () => {
    expect(quoteIdentifier('a "b" c')).toBe('"a ""b"" c"');
  });

  test('doubles the quotes and backslashes of texts', () => {
    expect(quoteLiteral("it's")).toBe("'it''s'");
    expect(quoteLiteral("c:\\'")).toBe("E'c:\\\\'''");
  });

  test('sets a search path of names that hold quotes, white space and backslashes', () => {
    expect(searchPathOption(['mlflow', 'My "own"\tone', 'a\\b'])).toBe(
      '-csearch_path=mlflow,"My\\ ""own""\\\tone","a\\\\b"',
    );
  });

  test('stands in one file', () => {
    const byHand =
      /\bescape(?:Literal|Identifier)\b|\.replace(?:All)?\((?:'"'|\/"\/g), '""'\)|\.replace(?:All)?\((?:"'"|\/'\/g), "''"\)/;
    // Lists of names double their quotes as well, and are no SQL.
    const others = [join('src', 'quoteSql.ts'), join('src', 'contract', 'parseNames.ts')];
    const files = globSync('src/**/*.ts', { cwd: ROOT }).filter((file) => !others.includes(file));
    expect(files.length).toBeGreaterThan(100);
    expect(files.filter((file) => byHand.test(readFileSync(join(ROOT, file), 'utf8')))).toEqual([]);
  });
});
