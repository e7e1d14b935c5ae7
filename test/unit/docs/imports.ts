import { readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { ROOT, readText } from './markdown.ts';

/** One import of one file. */
export interface Import {
  readonly file: string;
  /** Path of a file of the repository, or the name of a package without the path inside of it. */
  readonly to: string;
  readonly isTypeOnly: boolean;
}

/** The room of a file: its first folder, or the file itself where it stands in no room. A package is its own. */
export function roomOf(path: string): string {
  const parts = path.split('/');
  return parts[0] === 'src' && parts.length === 2 ? path : parts.slice(0, 2).join('/');
}

/** What the files of `src` import, Node's own modules and package.json left out. */
export function importsOfSource(): Import[] {
  const files = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  return files.flatMap((name) => importsIn(`src/${name}`, readText(`src/${name}`)));
}

/** What a file with that text imports: by statements, at run time, and as the type of something. */
export function importsIn(file: string, text: string): Import[] {
  const code = text.replace(/^\s*(?:\/\*\*|\*|\/\/).*$/gm, '');
  const fixed = [...code.matchAll(/^(?:import|export)( type)?\b[^;]*? from '([^']+)'/gm)];
  const inner = [...code.matchAll(/import\('([^']+)'\)(\.[A-Z])?/g)];
  const found = [
    ...fixed.map(([, type, from]) => ({ from: from as string, isTypeOnly: type !== undefined })),
    ...inner.map(([, from, type]) => ({ from: from as string, isTypeOnly: type !== undefined })),
  ];
  return found
    .filter(({ from }) => !from.startsWith('node:') && !from.endsWith('package.json'))
    .map(({ from, isTypeOnly }) => ({ file, to: targetOf(file, from), isTypeOnly }));
}

function targetOf(file: string, specifier: string): string {
  if (specifier.startsWith('.')) return normalize(join(dirname(file), specifier));
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Circles of arrows, each as the way from a node back to itself, such as `a → b → a`. One for each arrow that closes one. */
export function circlesIn(arrows: readonly (readonly [from: string, to: string])[]): string[] {
  const next = Map.groupBy(arrows, ([from]) => from);
  const isDone = new Set<string>();
  const circles: string[] = [];
  const walk = (node: string, way: readonly string[]): void => {
    const begin = way.indexOf(node);
    if (begin >= 0) circles.push([...way.slice(begin), node].join(' → '));
    if (begin >= 0 || isDone.has(node)) return;
    for (const to of new Set(next.get(node)?.map(([, target]) => target))) walk(to, [...way, node]);
    isDone.add(node);
  };
  for (const node of next.keys()) walk(node, []);
  return circles;
}
