import { readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { blobPaths } from '../../../src/work/blobPaths.ts';
import { codeSpans, ROOT, readText, tableRows } from './markdown.ts';

const page = readText('docs/architecture.md');

interface Import {
  readonly file: string;
  readonly from: string;
  readonly isTypeOnly: boolean;
}

/** The room of a file, or a file that stands in no room. */
function roomOf(path: string): string {
  const parts = path.split('/');
  return parts.length > 2 ? parts.slice(0, 2).join('/') : path;
}

/** A package without the path inside of it. */
function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** The TypeScript below a directory, without what was installed or built there. */
function filesBelow(directory: string): string[] {
  return readdirSync(join(ROOT, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/(?:^|\/)(?:node_modules|dist)\//.test(name))
    .map((name) => `${directory}/${name}`);
}

/** What the files of `src` import, Node's own modules and package.json left out. */
function imports(): Import[] {
  const files = filesBelow('src');
  const inRoom = (file: string, specifier: string): string =>
    specifier.startsWith('.') ? roomOf(normalize(join(dirname(file), specifier))) : packageOf(specifier);
  return files
    .flatMap((file): Import[] => {
      const text = readText(file);
      const fixed = [...text.matchAll(/^(?:import|export)( type)?\b[^;]*? from '([^']+)'/gm)];
      const lazy = [...text.matchAll(/import\('([^']+)'\)(?!\.[A-Z])/g)];
      return [
        ...fixed.map(([, type, from]) => ({
          file,
          from: inRoom(file, from as string),
          isTypeOnly: type !== undefined,
        })),
        ...lazy.map(([, from]) => ({ file, from: inRoom(file, from as string), isTypeOnly: false })),
      ];
    })
    .filter(({ file, from }) => !from.startsWith('node:') && from !== 'package.json' && from !== roomOf(file));
}

test('each room imports only what docs/architecture.md says, and the page names nothing that is not imported', () => {
  const found = imports();
  expect(found.length).toBeGreaterThan(100);
  const rooms = tableRows(page, 'Room').map((row) => {
    const [room, values, types, packages] = [0, 3, 4, 5].map((column) => codeSpans(row[column] ?? ''));
    return { name: room?.[0] ?? '', values: values ?? [], types: types ?? [], packages: packages ?? [] };
  });
  expect(rooms.map(({ name }) => name).sort()).toEqual(
    [...new Set(found.map(({ file }) => roomOf(file))), 'src/errors.ts'].sort(),
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
  const uses = imports().filter(({ from }) => from.startsWith('packages/') || from.startsWith('@mlflow-migrate/'));
  expect(new Set(uses.map(({ file, from }) => `${roomOf(file)} ${from}`))).toEqual(
    new Set(['src/cli @mlflow-migrate/dev-servers', 'src/cli @mlflow-migrate/functions-host']),
  );
});

test('docs/architecture.md lists the path of every blob', () => {
  const paths = Object.entries(blobPaths)
    // Prefixes of others.
    .filter(
      ([name]) => !['all', 'progress', 'findings', 'deleted', 'allDifferences', 'earlier', 'report'].includes(name),
    )
    .map(([, path]) => (path as (id: string, part: string) => string)('{id}', '{part}'));
  const listed = tableRows(page, 'Blob').map(([cell]) =>
    (cell ?? '').replace(/\{(?:process|step|finishedAt)\}/, '{part}'),
  );
  expect(listed.slice(0, -1).sort()).toEqual(paths.map((path) => `\`${path}\``).sort());
  for (const format of ['json', 'text', 'html'] as const) {
    expect(listed.at(-1)).toContain(blobPaths.report('{id}', format).replace('{id}/migration-report', ''));
  }
});
