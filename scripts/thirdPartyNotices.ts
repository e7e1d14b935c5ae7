import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Metafile } from 'esbuild';

/** `node_modules/@azure/identity` of the path of a file in it, also where it is below another package's. */
const PACKAGE = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/;

/** Names that a license goes by. */
const LICENSE = /^(?:licen[cs]e|copying)(?:[.-].*)?$/i;

/**
 * Name, version and license of every package that bundles hold parts of, as their licenses ask for where copies are handed on.
 * Throws where a package says nothing of a license.
 */
export function thirdPartyNotices(metafiles: readonly Metafile[]): string {
  const inputs = metafiles.flatMap((metafile) => Object.keys(metafile.inputs));
  const directories = new Set(inputs.flatMap((input) => PACKAGE.exec(input)?.[0] ?? []));
  const notices = [...directories].map(noticeOf).toSorted();
  const line = '-'.repeat(80);
  return `mlflow-migrate is made with parts of these packages.\n\n${notices.map((notice) => `${line}\n${notice}\n`).join('\n')}`;
}

function noticeOf(directory: string): string {
  const { name, version, license } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as {
    readonly name: string;
    readonly version: string;
    readonly license?: string;
  };
  const file = readdirSync(directory).find((entry) => LICENSE.test(entry));
  if (file === undefined && license === undefined) throw new Error(`${name} says nothing of its license`);
  const text = file === undefined ? '' : `\n\n${readFileSync(join(directory, file), 'utf8').trim()}`;
  return `${name} ${version} (${license ?? 'see below'})${text}`;
}
