import type { BackFault, BackFaultCount } from '../../contract/backReport.ts';

/** Faults that are listed by key; all are counted. */
const MAX_LISTED = 1_000;

/** What cannot be expressed, as it is found. */
export class FaultBook {
  readonly listed: BackFault[] = [];
  /** Of those that are listed. */
  readonly #places = new Set<string>();
  readonly #counts = new Map<
    string,
    { readonly table: string; readonly field: string; readonly reason: string; documents: number }
  >();

  /** The first reason that is found for a field of a document: what follows from it, such as that the row has no value then, is none of its own. */
  add(fault: BackFault): void {
    const { table, field, reason } = fault;
    const place = JSON.stringify([table, fault.key, field]);
    if (field !== '' && this.#places.has(place)) return;
    if (this.listed.length < MAX_LISTED) {
      this.listed.push(fault);
      this.#places.add(place);
    }
    const key = JSON.stringify([table, field, reason]);
    const count = this.#counts.get(key);
    if (count === undefined) this.#counts.set(key, { table, field, reason, documents: 1 });
    else count.documents++;
  }

  get isEmpty(): boolean {
    return this.#counts.size === 0;
  }

  get counts(): readonly BackFaultCount[] {
    return [...this.#counts.values()];
  }
}
