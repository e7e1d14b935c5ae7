import type { MigrationStatus, TableProgress } from '../contract/migrationStatus.ts';
import { formatPlural } from '../report/formatUnits.ts';
import { groupTables } from '../report/tableGroups.ts';
import { byId, make, write } from './elements.ts';
import { share, tableWords } from './statusWords.ts';

interface Row {
  readonly item: HTMLLIElement;
  readonly copied: HTMLDivElement;
  readonly validated: HTMLDivElement;
  readonly numbers: HTMLSpanElement;
}

/** A bar for each table. Rows are kept from answer to answer, so that their bars grow instead of jumping. */
export class TableRows {
  readonly #rows = new Map<string, Row>();

  clear(): void {
    this.#rows.clear();
    byId('tables').replaceChildren();
    byId('tables-panel').hidden = true;
  }

  /** Shows the tables that hold something: those that everybody knows first, then the largest; the empty ones are folded. */
  render({ tables, kind }: Pick<MigrationStatus, 'tables' | 'kind'>): void {
    // A dry run moves nothing, of which there would be a share to show.
    const isMoved = kind !== 'analysis';
    byId('tables-key').hidden = !isMoved;
    const groups = groupTables(
      tables,
      ({ total }) => total,
      ({ errors }) => errors > 0,
    );
    const isFilled = ([, { total, errors }]: readonly [string, TableProgress]) => total > 0 || errors > 0;
    const filled = [...groups.core.filter(isFilled), ...groups.others];
    const empty = [...groups.core.filter((table) => !isFilled(table)).map(([name]) => name), ...groups.empty];
    byId('tables-panel').hidden = filled.length + empty.length === 0;
    this.#removeAllBut(new Set(filled.map(([name]) => name)));
    const list = byId('tables');
    for (const [index, [name, progress]] of filled.entries()) {
      const row = this.#rowOf(name);
      const there = list.children[index];
      if (there !== row.item) list.insertBefore(row.item, there ?? null);
      fillRow(row, progress, isMoved);
    }
    byId('empty').hidden = empty.length === 0;
    write(byId('empty-count'), `${empty.length} more ${empty.length === 1 ? 'table is' : 'tables are'} empty`);
    write(byId('empty-names'), empty.join(', '));
  }

  #removeAllBut(names: ReadonlySet<string>): void {
    for (const [name, { item }] of this.#rows) {
      if (names.has(name)) continue;
      item.remove();
      this.#rows.delete(name);
    }
  }

  #rowOf(name: string): Row {
    const known = this.#rows.get(name);
    if (known !== undefined) return known;
    const row = makeRow(name);
    this.#rows.set(name, row);
    return row;
  }
}

function makeRow(name: string): Row {
  const copied = make('div', 'copied');
  const validated = make('div', 'validated');
  const numbers = make('span', 'count');
  const bar = make('div', 'bar');
  bar.setAttribute('aria-hidden', 'true');
  bar.append(copied, validated);
  const item = make('li');
  item.append(make('span', 'mono', name), bar, numbers);
  return { item, copied, validated, numbers };
}

function fillRow(row: Row, progress: TableProgress, isMoved: boolean): void {
  row.copied.style.width = `${share(progress.copied, progress.total)}%`;
  row.validated.style.width = `${share(progress.validated, progress.total)}%`;
  row.item.className = progress.errors > 0 ? 'faulty' : '';
  row.copied.parentElement?.classList.toggle('unmoved', !isMoved);
  write(row.numbers, isMoved ? tableWords(progress) : formatPlural(progress.total, 'record'));
}
