import type { BsonWriter } from './bsonWriter.ts';

/** The fields of one object, in the order in which they were written. */
export class ObjectFields {
  readonly #starts: number[] = [];
  /** Place of the last field of each key. */
  readonly #last = new Map<string, number>();
  /** Places of the fields that a later one of the same key stands for; null as long as there are none, as in nearly all objects. */
  #replaced: Set<number> | null = null;

  /** Notes that a field is written at `position` from now on; says whether it replaces an earlier one. */
  add(key: string, position: number): boolean {
    const place = this.#starts.push(position) - 1;
    const earlier = this.#last.get(key);
    this.#last.set(key, place);
    if (earlier === undefined) return false;
    this.#replaced ??= new Set();
    this.#replaced.add(earlier);
    return true;
  }

  /** Takes the replaced fields out of what was written. All in one go: one by one, each would move all that follows it. */
  dropReplaced(out: BsonWriter): void {
    if (this.#replaced === null) return;
    let end = this.#starts[0] as number;
    for (const [place, start] of this.#starts.entries()) {
      if (this.#replaced.has(place)) continue;
      const next = this.#starts[place + 1] ?? out.position;
      out.buffer.copyWithin(end, start, next);
      end += next - start;
    }
    out.position = end;
  }
}
