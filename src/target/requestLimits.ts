import { type MongoClient, MongoNetworkTimeoutError } from 'mongodb';

/** A little longer than servers take for one request: Cosmos DB gives up after 60 s (request units) or 120 s (vCore). */
export const REQUEST_LIMIT_MS = 130_000;

/** A request that took longer than its limit, over a connection that may be in order. */
export class NoAnswerInTime extends MongoNetworkTimeoutError {}

/**
 * Gives every request of some clients an end. The driver (7.9) has none by itself: a write that waits for its socket to drain
 * does not notice that the driver closed the connection, and an answer that was lost on the way is waited for until TCP
 * gives up. A request that was ended so fails with a MongoNetworkTimeoutError, and may have been applied.
 */
export class RequestLimits {
  readonly #limitMs: number;
  readonly #underWay = new Set<(reason: Error) => void>();

  constructor(limitMs: number) {
    this.#limitMs = limitMs;
  }

  /** Also ends requests when a client gives up the connections that they are on, as its server has ceased to answer. */
  watch(client: MongoClient): void {
    client.on('connectionPoolCleared', ({ interruptInUseConnections }) => {
      if (interruptInUseConnections !== true) return;
      const reason = new MongoNetworkTimeoutError('The server ceased to answer');
      for (const end of [...this.#underWay]) end(reason);
    });
  }

  /** What a request is answered. Handed to the driver, the signal frees the connection too where the request is ended. */
  async within<T>(ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { promise: ended, reject } = Promise.withResolvers<never>();
    const controller = new AbortController();
    const end = (reason: Error) => {
      controller.abort(reason);
      reject(reason);
    };
    const tooLong = () => end(new NoAnswerInTime(`No answer within ${this.#limitMs / 1000} s`));
    const timer = setTimeout(tooLong, this.#limitMs);
    this.#underWay.add(end);
    try {
      return await Promise.race([ask(controller.signal), ended]);
    } finally {
      clearTimeout(timer);
      this.#underWay.delete(end);
    }
  }
}
