import type { MigrationStatus, TableProgress } from '../contract/migrationStatus.ts';
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
  }

  /** Shows the tables that hold something, the largest first, and how many are empty. */
  render(tables: MigrationStatus['tables']): void {
    const all = Object.entries(tables);
    const filled = all.filter(([, { total, errors }]) => total > 0 || errors > 0).sort(byTotalThenName);
    this.#removeAllBut(new Set(filled.map(([name]) => name)));
    const list = byId('tables');
    for (const [index, [name, progress]] of filled.entries()) {
      const row = this.#rowOf(name);
      const there = list.children[index];
      if (there !== row.item) list.insertBefore(row.item, there ?? null);
      fillRow(row, progress);
    }
    const empty = all.length - filled.length;
    write(byId('empty'), empty === 0 ? '' : `${empty} more ${empty === 1 ? 'table is' : 'tables are'} empty.`);
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

function byTotalThenName(left: readonly [string, TableProgress], right: readonly [string, TableProgress]): number {
  return right[1].total - left[1].total || (left[0] < right[0] ? -1 : 1);
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

function fillRow(row: Row, progress: TableProgress): void {
  row.copied.style.width = `${share(progress.copied, progress.total)}%`;
  row.validated.style.width = `${share(progress.validated, progress.total)}%`;
  row.item.className = progress.errors > 0 ? 'faulty' : '';
  write(row.numbers, tableWords(progress));
}
