/** Characters that a row of history takes beside its payload: keys, times, ids and names of its columns, as the emulator shows them. */
const ROW_CHARACTERS = 400;

/** How much one generation of an orchestration has in its history. Payloads are those that the real orchestrators send and get. */
export class HistorySize {
  #events = 0;
  #bytes = 0;
  #largestMessage = 0;

  get events(): number {
    return this.#events;
  }

  /** Of the rows' JSON, in UTF-8. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of its inputs and results, in UTF-8. */
  get largestMessage(): number {
    return this.#largestMessage;
  }

  add(payload: string | null): void {
    const bytes = payload === null ? 0 : Buffer.byteLength(payload);
    this.#events++;
    this.#bytes += ROW_CHARACTERS + bytes;
    this.#largestMessage = Math.max(this.#largestMessage, bytes);
  }
}
