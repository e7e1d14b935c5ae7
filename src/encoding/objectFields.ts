import type { BsonWriter } from './bsonWriter.ts';

/** Where the fields of one object stand that is being written. */
export class ObjectFields {
  /** Start of the last field of each key. */
  readonly #last = new Map<string, number>();
  /** Starts of the fields that a later one of the same key stands for; null as long as there are none, as in nearly all objects. */
  #replaced: number[] | null = null;

  /** Notes that a field is written at `position` from now on; says whether it replaces an earlier one. */
  add(key: string, position: number): boolean {
    const earlier = this.#last.get(key);
    this.#last.set(key, position);
    if (earlier === undefined) return false;
    this.#replaced ??= [];
    this.#replaced.push(earlier);
    return true;
  }

  /** Takes the replaced fields out of what was written. All in one go: one by one, each would move all that follows it. */
  dropReplaced(out: BsonWriter): void {
    if (this.#replaced === null) return;
    const replaced = new Set(this.#replaced);
    const starts = [...this.#last.values(), ...replaced].sort((one, other) => one - other);
    let end = starts[0] as number;
    for (const [place, start] of starts.entries()) {
      if (replaced.has(start)) continue;
      const next = starts[place + 1] ?? out.position;
      out.buffer.copyWithin(end, start, next);
      end += next - start;
    }
    out.position = end;
  }
}
