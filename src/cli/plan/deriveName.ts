import { createHash } from 'node:crypto';
import type { PostgresEndpoint } from '../../config/postgres/postgresEndpoint.ts';
import { searchPathIn } from '../../config/postgres/searchPath.ts';

/** What a derived name is made of. No address is in it: another port, a pooler or another host of a list lead to the same state. */
export interface NameParts {
  /** Database of the source, or what stands for it where only a Key Vault knows it. */
  readonly source: string;
  /** Schema that was asked for; null for that of the login. */
  readonly schema: string | null;
  readonly target: string;
  /** The target is the MongoDB in the state directory. */
  readonly isOwnTarget: boolean;
  readonly layout: string;
  readonly workspace: string | null;
}

/** The same pair, layout and workspace find their own state again. Other servers with databases of the same names do so too, and need a --name. */
export function deriveName(parts: NameParts): string {
  const { source, schema, target, isOwnTarget, layout, workspace } = parts;
  const text = JSON.stringify([source, schema, target, isOwnTarget, layout, workspace]);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const words = `${source}-to-${target}`.replace(/[^A-Za-z0-9_-]+/g, '-');
  return `${words.slice(0, 40)}-${hash}`;
}

/** The schema that a source asks for, in any of the ways that are understood; null where it leaves that to the login. */
export function schemaOf({ schema, params }: PostgresEndpoint): string | null {
  return schema ?? searchPathIn(params.get('options') ?? '');
}
