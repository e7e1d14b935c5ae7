import fc from 'fast-check';
import { expect, test } from 'vitest';
import { blobDirectories, blobFile, blobPath } from '../../../src/storage/blobFile.ts';

test.each([
  ['id/state/plan.json', ['id~', 'state~', 'plan.json']],
  [
    'id/earlier/2026-11-28T03:12:10Z/migration-report.txt',
    ['id~', 'earlier~', '2026-11-28~5403~3a12~3a10~5a~', 'migration-report.txt'],
  ],
  ['../../etc/passwd', ['~2e~2e~', '~2e~2e~', 'etc~', 'passwd']],
  ['/./a.', ['~~~', '~2e~', 'a~2e']],
  ['con.txt', ['~63on.txt']],
  ['a\\b~c', ['a~5cb~7ec']],
])('%s stands in %j', (path, names) => {
  expect(blobFile(path)).toEqual(names);
  expect(blobPath(names)).toBe(path);
});

test('a blob and a blob below its name are two files', () => {
  expect(blobFile('a')[0]).not.toBe(blobFile('a/b')[0]);
});

const paths = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 400 }),
  fc.string({ unit: fc.constantFrom('/', '.', '~', '+', 'a', 'A', 'é', '\\', ' '), maxLength: 1024 }),
);

test('any path has names that every file system takes and tells apart, and is read from them again', () => {
  fc.assert(
    fc.property(paths, (path) => {
      const names = blobFile(path);
      for (const name of names) {
        expect(name).toMatch(/^[a-z0-9_.~+-]{1,202}$/);
        expect(name).not.toMatch(/^\.|\.$/);
      }
      expect(blobPath(names)).toBe(path);
    }),
  );
});

test('no file is where another path has a directory, and a directory holds what begins with its path', () => {
  fc.assert(
    fc.property(paths, paths, (path, other) => {
      const [names, others] = [blobFile(path), blobFile(other)];
      const isBelow = others.length > names.length && names.every((name, at) => others[at] === name);
      expect(isBelow).toBe(false);
      const above = blobDirectories(path.split('/').slice(0, -1));
      expect(names.slice(0, above.length)).toEqual(above);
    }),
  );
});
