import type { MigrationList, MigrationStatus } from '../contract/migrationStatus.ts';
import type { Api } from './api.ts';

/** What the choice of a status asks the list for. */
const STATUSES_OF: Readonly<Record<string, string>> = {
  'under-way': 'pending,running,suspending,suspended,resuming,cancelling,interrupted',
  completed: 'completed',
  wrong: 'completed-with-errors,failed,interrupted',
  cancelled: 'cancelled',
};

/** What is shown beside a migration. */
export interface Listing {
  /** Those under way, dry runs too, wherever they stand in the list. */
  readonly underWay: readonly MigrationStatus[];
  /** Migrations, comparisons and ways back of the page that is shown. */
  readonly page: MigrationList;
  /** Null while nobody has unfolded them. */
  readonly dryRuns: MigrationList | null;
}

/** Which part of the list is shown: a search, a status, a page of fifty, and whether dry runs are unfolded. */
export class ListState {
  search = '';
  status = '';
  showsDryRuns = false;
  /** Where each page begins that was left behind; the last is the one that is shown. */
  #places: readonly (string | null)[] = [null];
  #next: string | null = null;

  /** Begins at the first page, as something else is asked for. */
  reset(): void {
    this.#places = [null];
    this.#next = null;
  }

  get hasNewer(): boolean {
    return this.#places.length > 1;
  }

  get hasOlder(): boolean {
    return this.#next !== null;
  }

  /** True where not all that there is may be on the page. */
  get isPart(): boolean {
    return this.search !== '' || this.status !== '' || this.hasNewer;
  }

  newer(): void {
    if (this.hasNewer) this.#places = this.#places.slice(0, -1);
  }

  older(): void {
    if (this.#next !== null) this.#places = [...this.#places, this.#next];
  }

  /** Asks for all that is shown. Throws what {@link Api} throws. */
  async load(api: Pick<Api, 'list'>): Promise<Listing> {
    const search: Record<string, string> = this.search === '' ? {} : { search: this.search };
    const statuses = STATUSES_OF[this.status];
    const status: Record<string, string> = statuses === undefined ? {} : { status: statuses };
    const after = this.#places.at(-1) ?? null;
    const place: Record<string, string> = after === null ? {} : { after };
    const [underWay, page, dryRuns] = await Promise.all([
      api.list({ status: STATUSES_OF['under-way'] ?? '' }),
      api.list({ kind: 'migration,comparison,return', ...search, ...status, ...place }),
      this.showsDryRuns ? api.list({ kind: 'analysis', ...search, ...status }) : null,
    ]);
    this.#next = page.next === null ? null : new URL(page.next, 'http://list').searchParams.get('after');
    return { underWay: underWay.migrations, page, dryRuns };
  }
}
