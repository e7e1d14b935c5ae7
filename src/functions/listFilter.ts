import type { HttpRequest } from '@azure/functions';
import { type MigrationStatus, STATUSES } from '../contract/migrationStatus.ts';
import { RUN_KINDS, type RunKind } from '../contract/runKind.ts';
import { MigrationError } from '../errors.ts';
import { type ListedStart, START_CURSOR } from '../runtime/startIndex.ts';
import { refuseQueryKeys } from './refuseQueryKeys.ts';

type Query = HttpRequest['query'];

/** Which migrations a list is asked for. */
export interface ListFilter {
  /** The place after which it begins, null for the latest. */
  readonly after: string | null;
  /** Part of an id, in small letters; empty for all. */
  readonly search: string;
  /** Null for all. */
  readonly kinds: readonly RunKind[] | null;
  readonly statuses: readonly MigrationStatus['status'][] | null;
}

const KEYS = ['after', 'search', 'kind', 'status'] as const;
const HINT =
  'The keys of the list are after, with what the previous list has in next; search, with a part of an id; kind and status, with words separated by commas';

/** Reads the query keys of a list. Throws MigrationError('usage') for what it cannot act on. */
export function readListFilter(request: HttpRequest): ListFilter {
  refuseQueryKeys(request, KEYS, HINT);
  const { query } = request;
  const after = query.get('after');
  if (after !== null && !START_CURSOR.test(after)) {
    throw new MigrationError('usage', 'after takes what the previous list has in next', {
      hint: 'Leave it out for the latest migrations',
    });
  }
  return {
    after,
    search: (query.get('search') ?? '').trim().toLowerCase(),
    kinds: wordsOf(query, 'kind', RUN_KINDS),
    statuses: wordsOf(query, 'status', STATUSES),
  };
}

/** Is it one that its start alone tells to be left out? */
export function mayMatch({ id, kind, cursor }: ListedStart, { after, search, kinds }: ListFilter): boolean {
  return (
    (after === null || cursor > after) &&
    (kinds === null || kinds.includes(kind)) &&
    (search === '' || id.toLowerCase().includes(search))
  );
}

/** The query of the list after this one. */
export function nextQuery({ search, kinds, statuses }: ListFilter, after: string): string {
  const query = new URLSearchParams({ after });
  if (search !== '') query.set('search', search);
  if (kinds !== null) query.set('kind', kinds.join(','));
  if (statuses !== null) query.set('status', statuses.join(','));
  return query.toString();
}

function wordsOf<Word extends string>(query: Query, key: string, known: readonly Word[]): readonly Word[] | null {
  const given = query.get(key);
  if (given === null) return null;
  const words = given.split(',').map((word) => word.trim());
  const found = known.filter((word) => words.includes(word));
  if (found.length === new Set(words).size) return found;
  throw new MigrationError('usage', `${key} takes ${known.join(', ')}, separated by commas`, {
    hint: 'Leave it out for all',
  });
}
