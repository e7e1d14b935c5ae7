import { existsSync, globSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';
import manifest from '../../../package.json' with { type: 'json' };
import { codeSpans, documents, ROOT, readText, withoutCode } from './markdown.ts';

/** What a build or a run makes. */
const MADE = /^(?:dist|node_modules)\//;

/** The anchor that a heading gets. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .trim()
    .replaceAll(' ', '-');
}

function anchors(path: string): string[] {
  return [...withoutCode(readText(path)).matchAll(/^#+ (.+)$/gm)].map(([, heading]) => anchor(heading as string));
}

describe.each(documents())('%s', (document) => {
  const text = readText(document);

  test('links to files and headings that are there', () => {
    const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link]) => link as string);
    const broken = links
      .filter((link) => !/^[a-z]+:/.test(link))
      .filter((link) => {
        const [file = '', heading] = link.split('#');
        const path = file === '' ? document : normalize(join(dirname(document), file));
        if (!existsSync(join(ROOT, path))) return true;
        return heading !== undefined && !anchors(path).includes(heading);
      });
    expect(broken).toEqual([]);
  });

  test('names only files and scripts that are there', () => {
    const spans = codeSpans(withoutCode(text));
    // A package's own page names what is in the package.
    const base = document.startsWith('packages/') ? dirname(document) : '';
    const files = spans.filter((span) =>
      /^(?:src|packages|sample|test|bench|docs|scripts|infra|\.ci)\/[\w./-]*\w$/.test(span),
    );
    expect(files.filter((file) => !MADE.test(file) && !existsSync(join(ROOT, base, file)))).toEqual([]);
    const scripts = [...text.matchAll(/\bnpm run (?:--silent )?([a-z][a-z:]*)/g)].map(([, name]) => name as string);
    expect(scripts.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
  });
});

/** Comments of a source file; of Bicep also what describes a parameter. */
function comments(text: string): string {
  const found = text.matchAll(/\/\*[\s\S]*?\*\/|(?<=^|\s)\/\/.*$|^(?:@description|metadata description).*$/gm);
  return [...found].map(([comment]) => comment).join('\n');
}

test('comments of the code and of the template name only files that are there', () => {
  const sources = globSync(['src/**/*.{ts,css,html}', 'infra/**/*.bicep', 'packages/*/src/**/*.ts'], { cwd: ROOT });
  expect(sources.length).toBeGreaterThan(300);
  const missing = sources.flatMap((source) => {
    const named = comments(readText(source)).matchAll(
      /(?<![\w/.@-])(?:file:\/\/)?((?:\.{1,2}\/|[\w-]+\/)*[\w-]+\.(?:ts|md|bicep))\b/g,
    );
    // As from the root, from the file itself, from `src` or from where the documents stand.
    const places = ['', dirname(source), 'src', 'docs', 'docs/reference'];
    const files = [...named].map(([, file]) => file as string);
    return files.flatMap((file) =>
      places.some((place) => existsSync(join(ROOT, place, file))) ? [] : [`${source}: ${file}`],
    );
  });
  expect(missing).toEqual([]);
});

test('CONTRIBUTING.md lists every script', () => {
  const text = readText('CONTRIBUTING.md');
  const missing = Object.keys(manifest.scripts).filter(
    (name) => !text.includes(`\`npm run ${name}\``) && !text.includes(`\`npm ${name}\``),
  );
  expect(missing).toEqual([]);
});
