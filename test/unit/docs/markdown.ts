import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Root of the repository. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** Text of a file of the repository. */
export function readText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Every document: those in the root, in `docs`, in `bench` and of the packages, as paths from the root. */
export function documents(): string[] {
  return ['', 'docs', 'docs/reference', 'bench', 'packages/dev-servers', 'packages/functions-host'].flatMap(
    (directory) =>
      readdirSync(join(ROOT, directory))
        .filter((name) => name.endsWith('.md'))
        .map((name) => join(directory, name)),
  );
}

/** The text without its fenced code blocks, whose lines are no Markdown. */
export function withoutCode(text: string): string {
  return text.replace(/^ *```[\s\S]*?^ *```$/gm, '');
}

/**
 * Rows of the table whose first heading is `heading`, as the texts of their cells; the two lines of its head are left out.
 * Throws where there is none.
 */
export function tableRows(text: string, heading: string): string[][] {
  const lines = text.split('\n');
  const head = lines.findIndex((line) => line.startsWith(`| ${heading} |`));
  if (head < 0) throw new Error(`There is no table that begins with ${heading}`);
  const end = lines.findIndex((line, index) => index > head && !line.startsWith('|'));
  return lines.slice(head + 2, end < 0 ? undefined : end).map(cells);
}

function cells(line: string): string[] {
  return line
    .replace(/^\| ?| ?\|$/g, '')
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll('\\|', '|'));
}

/** Texts in backticks. */
export function codeSpans(text: string): string[] {
  return [...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] as string);
}
