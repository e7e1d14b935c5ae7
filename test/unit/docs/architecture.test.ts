import { readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { blobPaths } from '../../../src/runtime/blobPaths.ts';
import { circlesIn, type Import, importsIn, importsOfSource, roomOf } from './imports.ts';
import { codeSpans, ROOT, readText, tableRows } from './markdown.ts';

const page = readText('docs/architecture.md');

/** The TypeScript below a directory, without what was installed or built there. */
function filesBelow(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/(?:^|\/)(?:node_modules|dist)\//.test(name))
    .map((name) => `${directory}/${name}`);
}

test('each room imports only what docs/architecture.md says, and the page names nothing that is not imported', () => {
  const found = importsOfSource()
    .map(({ file, to, isTypeOnly }) => ({
      file,
      from: to.includes('/') && !to.startsWith('@') ? roomOf(to) : to,
      isTypeOnly,
    }))
    .filter(({ file, from }) => from !== roomOf(file));
  expect(found.length).toBeGreaterThan(100);
  const rooms = tableRows(page, 'Room').map((row) => {
    const [room, values, types, packages] = [0, 3, 4, 5].map((column) => codeSpans(row[column] ?? ''));
    return { name: room?.[0] ?? '', values: values ?? [], types: types ?? [], packages: packages ?? [] };
  });
  const filesOfNoRoom = readdirSync(join(ROOT, 'src')).flatMap((name) => (name.endsWith('.ts') ? [`src/${name}`] : []));
  expect(rooms.map(({ name }) => name).sort()).toEqual(
    [...new Set([...found.map(({ file }) => roomOf(file)), ...filesOfNoRoom])].sort(),
  );
  const faults: string[] = [];
  for (const { name, values, types, packages } of rooms) {
    const own = found.filter(({ file }) => roomOf(file) === name);
    for (const { file, from, isTypeOnly } of own) {
      const allowed = [...values, ...packages, ...(isTypeOnly ? types : [])];
      if (!allowed.includes(from)) faults.push(`${file} imports ${isTypeOnly ? 'types' : 'code'} of ${from}`);
    }
    for (const listed of [...values, ...types, ...packages]) {
      if (!own.some(({ from }) => from === listed))
        faults.push(`The page says that ${name} uses ${listed}: it does not`);
    }
  }
  expect(faults).toEqual([]);
});

const ROOMS = tableRows(page, 'Room').map((row) => codeSpans(row[0] ?? '')[0] ?? '');

/** Imports of a room that does not stand below the importing one in the table. */
function upward(imports: readonly Import[]): string[] {
  return imports
    .map(({ file, to }) => ({ file, to, from: ROOMS.indexOf(roomOf(file)), at: ROOMS.indexOf(roomOf(to)) }))
    .filter(({ to, from, at }) => to.startsWith('src/') && at < from)
    .map(({ file, to }) => `${file} → ${to}`);
}

/** Arrows between files, or between rooms; types count like code. */
function arrows(imports: readonly Import[], nameOf: (path: string) => string): [string, string][] {
  return imports
    .filter(({ to }) => to.startsWith('src/'))
    .map(({ file, to }): [string, string] => [nameOf(file), nameOf(to)])
    .filter(([from, to]) => from !== to);
}

const fileOf = (path: string): string => path;

test('no file and no room leads back to itself, and each room imports only from rooms below it, types too', () => {
  const imports = importsOfSource();
  expect(circlesIn(arrows(imports, fileOf))).toEqual([]);
  expect(circlesIn(arrows(imports, roomOf))).toEqual([]);
  expect(upward(imports)).toEqual([]);
});

test.each([
  ['a circle of files', 'src/contract/unanswered.ts', "import type { UnitInput } from './unit.ts';"],
  ['an arrow up', 'src/contract/unanswered.ts', "import type { A } from '../steps/copyUnit.ts';"],
  [
    'an arrow up inside of a type',
    'src/plan/cutRanges.ts',
    "const a: import('../runtime/heartbeat.ts').Heartbeat = b;",
  ],
  ['an arrow up at run time', 'src/storage/blobStore.ts', "const a = await import('../source/sourceDatabase.ts');"],
])('%s would be found', (_what, file, line) => {
  const imports = [...importsOfSource(), ...importsIn(file, `${line}\n`)];
  const found = [...circlesIn(arrows(imports, fileOf)), ...upward(imports)];
  expect(found.join('\n')).toContain(file);
});

test('a circle of rooms would be found, though none of its files leads back to itself', () => {
  const planted: [string, string][] = [
    ['src/source/a.ts', 'src/target/a.ts'],
    ['src/target/b.ts', 'src/source/b.ts'],
  ];
  expect(circlesIn(planted)).toEqual([]);
  expect(circlesIn(planted.map(([from, to]): [string, string] => [roomOf(from), roomOf(to)]))).toEqual([
    'src/source → src/target → src/source',
  ]);
});

test('no package imports anything of the app or of another package by path', () => {
  const outside = filesBelow('packages').flatMap((file) => {
    const own = `${file.split('/').slice(0, 2).join('/')}/`;
    const paths = [...readText(file).matchAll(/(?:from |import\(|^import )'(\.[^']+)'/gm)].map(([, path]) =>
      normalize(join(dirname(file), path as string)),
    );
    return paths.filter((path) => !path.startsWith(own)).map((path) => `${file} imports ${path}`);
  });
  expect(outside).toEqual([]);
});

test('src uses packages by their names, from src/cli only', () => {
  const uses = importsOfSource().filter(({ to }) => /^(?:packages|@mlflow-migrate)\//.test(to));
  expect(new Set(uses.map(({ file, to }) => `${roomOf(file)} ${to}`))).toEqual(
    new Set(['src/cli @mlflow-migrate/dev-servers', 'src/cli @mlflow-migrate/functions-host']),
  );
});

test('docs/architecture.md lists the path of every blob', () => {
  const paths = Object.entries(blobPaths)
    // Prefixes of others.
    .filter(
      ([name]) =>
        ![
          'all',
          'progress',
          'findings',
          'found',
          'deleted',
          'allDifferences',
          'allRepairs',
          'allChecksums',
          'earlier',
          'report',
        ].includes(name),
    )
    .map(([, path]) => (path as (id: string, part: string) => string)('{id}', '{part}'));
  const listed = tableRows(page, 'Blob').map(([cell]) =>
    (cell ?? '').replace(/\{(?:process|step|collection|unit|finishedAt)\}/, '{part}'),
  );
  expect(listed.slice(0, -1).sort()).toEqual(paths.map((path) => `\`${path}\``).sort());
  for (const format of ['json', 'text', 'html'] as const) {
    expect(listed.at(-1)).toContain(blobPaths.report('{id}', format).replace('{id}/migration-report', ''));
  }
});
