import type { InstanceRow } from '../store/rows.ts';
import type { Store } from '../store/store.ts';
import { BEGINNING, type HistoryEvent, isReplayed } from './events.ts';

/** Histories kept ready for the next turn; further ones are read from the store again. */
const KEPT_INSTANCES = 256;

/** The history of one generation as the SDK gets it: the JSON text of every event it reads, marked as played. */
interface ReplayHistory {
  readonly executionId: string;
  readonly texts: string[];
}

/** Keeps the text of past events, so that a turn neither reads nor encodes them again. Least recently used ones go first. */
export class ReplayCache {
  readonly #store: Store;
  readonly #histories = new Map<string, ReplayHistory>();

  constructor(store: Store) {
    this.#store = store;
  }

  /** The past of an instance, to be read only; {@link add} makes it longer. */
  past(instance: InstanceRow): readonly string[] {
    const known = this.#histories.get(instance.id);
    if (known?.executionId === instance.executionId) {
      this.#histories.delete(instance.id);
      this.#histories.set(instance.id, known);
      return known.texts;
    }
    const rows = this.#store.history(instance.id).filter((row) => isReplayed(row.type));
    const texts = rows.map((row) => playedText(row.type, row.event));
    this.#histories.set(instance.id, { executionId: instance.executionId, texts });
    if (this.#histories.size > KEPT_INSTANCES) {
      const [oldest] = this.#histories.keys();
      if (oldest !== undefined) this.#histories.delete(oldest);
    }
    return texts;
  }

  /** Adds what a turn has stored. Call it after the commit. */
  add(instance: InstanceRow, events: readonly { event: HistoryEvent; text: string }[]): void {
    const known = this.#histories.get(instance.id);
    if (known?.executionId !== instance.executionId) return;
    for (const { event, text } of events) {
      if (isReplayed(event.EventType)) known.texts.push(playedText(event.EventType, text));
    }
  }

  drop(instanceId: string): void {
    this.#histories.delete(instanceId);
  }
}

/** As the extension hands past events over: without the inputs of tasks, which may be long. */
function playedText(type: number, text: string): string {
  const shown = BEGINNING.has(type) ? JSON.stringify({ ...(JSON.parse(text) as HistoryEvent), Input: null }) : text;
  return `${shown.slice(0, -1)},"IsPlayed":true}`;
}
