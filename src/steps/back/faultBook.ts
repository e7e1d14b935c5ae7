import type { BackFault, BackFaultCount } from '../../contract/backReport.ts';

/** Faults that are listed by key; all are counted. */
const MAX_LISTED = 1_000;

/** What cannot be expressed, as it is found. */
export class FaultBook {
  readonly listed: BackFault[] = [];
  readonly #counts = new Map<
    string,
    { readonly table: string; readonly field: string; readonly reason: string; documents: number }
  >();

  add(fault: BackFault): void {
    const { table, field, reason } = fault;
    if (this.listed.length < MAX_LISTED) this.listed.push(fault);
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
