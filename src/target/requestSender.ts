import { setTimeout as sleep } from 'node:timers/promises';
import { MongoServerError } from 'mongodb';
import { MigrationError } from '../errors.ts';
import {
  CODE,
  failureCode,
  failureKind,
  isUnsettled,
  isWithoutServer,
  retryAfterMs,
  serverErrorCode,
  toldWait,
} from './failureKind.ts';
import type { RateLimiter } from './rateLimiter.ts';
import { lostConnectionWaitMs, MAX_LOST_CONNECTIONS } from './retryPolicies.ts';
import type { TargetDatabase } from './targetDatabase.ts';
import { noServerFound, targetError } from './targetError.ts';
import type { TargetTraits } from './targetTraits.ts';
import type { WriteRefusal } from './writeRefusal.ts';

/** Requests in flight are let end for so long when work is asked to stop; the outcome of one that takes longer is looked up later. */
export const STOP_PATIENCE_MS = 1_500;

/** Where requests go, through which rate limiter, and what may keep one from being sent. */
export interface TargetLine {
  readonly target: TargetDatabase;
  readonly traits: TargetTraits;
  readonly limiter: RateLimiter;
  /** Without a single accepted document for this long, work ends with the cause. */
  readonly stallMs: number;
  /** Ends waiting and sending. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Asked before each request that changes documents, also when one is sent again. What it throws goes up unchanged, and
   * nothing is sent. The request has its place at the target by then, so a guard must not wait for one at the same
   * {@link RateLimiter}. It is told whether documents that stand there would go.
   */
  readonly guard?: ((isDestructive: boolean) => Promise<void>) | undefined;
}

/** What a piece of work's requests have in common. */
export interface WorkTraits {
  /** What the requests do to documents: nothing, add some, or replace, change or delete those that stand there. */
  readonly effect: 'none' | 'adds' | 'replaces';
  /** Does each request name its documents? Then one without an answer for the stall time has none any more; an index may take longer. */
  readonly isBounded: boolean;
  /** Told after each request that was sent whether some of it was refused for lack of throughput, and what the accepted part cost. */
  readonly onLoad: (isRefused: boolean, acceptedCost: number) => void;
}

/** One request to the target. */
export interface TargetRequest {
  /** Estimated request units. */
  readonly cost: number;
  /** Operations that it carries, each of which may be refused. */
  readonly operations: number;
  /** Sends it, and says which operations were refused. */
  send(): Promise<readonly WriteRefusal[]>;
}

/** What became of one request. The next one may be sent at once, whatever it says: the sender knows how long to wait. */
export type RequestAnswer =
  /** The target took it, but for the operations that it refused: see {@link isHeldUp} for which of them may be sent again. */
  | { readonly kind: 'done'; readonly refused: readonly WriteRefusal[] }
  /** Refused as a whole for lack of throughput: nothing of it was applied. */
  | { readonly kind: 'refused' }
  /** The connection was lost, or the time ran out: any part of it may have been applied. */
  | { readonly kind: 'unknown' }
  /** The target takes no request of that size, or none with what one of its documents holds. `failure` is for those who cannot make it smaller. */
  | { readonly kind: 'too-large'; readonly failure: MigrationError; readonly code: number };

/**
 * Sends the requests of one piece of work, one after the other. Whether and when a request goes is decided here alone: by
 * the rate limiter, the wait that a refusal named, the pause after a lost connection, the guard, and the time to give up. What to
 * send again is for the caller, who knows by the {@link RequestAnswer} whether it must look first: the sender knows nothing of
 * documents, and whether a request may simply be repeated depends on what it does. An insert is looked up first;
 * what replaces or deletes by `_id` goes again.
 */
export class RequestSender {
  readonly #line: TargetLine;
  readonly #work: WorkTraits;
  readonly #begunAt = performance.now();
  #lostConnections = 0;
  /** Did the last request leave something undone? Then the next one goes only while the target makes progress. */
  #hasLeftovers = false;

  constructor(line: TargetLine, work: WorkTraits) {
    this.#line = line;
    this.#work = work;
  }

  /**
   * Sends a request when its turn comes. Throws a MigrationError for what a repeat cannot cure, for a target that takes
   * nothing for the stall time or is lost too often, for a client that is stuck, and what guard and signal throw.
   */
  async send(request: TargetRequest): Promise<RequestAnswer> {
    const { limiter, signal } = this.#line;
    if (this.#hasLeftovers) this.#assertProgress();
    await limiter.enter(request.cost, signal, this.#assertProgress);
    // After the wait, which may have been long: another run may have taken the place meanwhile.
    await this.#askGuard(request);
    let refused: readonly WriteRefusal[];
    try {
      refused = await this.#answerTo(request.send());
    } catch (error) {
      this.#hasLeftovers = true;
      return await this.#settleFailure(request, error);
    }
    this.#hasLeftovers = refused.length > 0;
    const heldUp = refused.filter(isHeldUp);
    const acceptedCost = request.cost * (1 - heldUp.length / request.operations);
    this.#leave(request, acceptedCost, heldUp.length > 0, longestWait(heldUp));
    this.#assertRoom(refused);
    return { kind: 'done', refused };
  }

  /** Sends what may be repeated, whatever became of it, until it is answered. */
  async ask<T>(cost: number, send: () => Promise<T>): Promise<T> {
    const results: T[] = [];
    const request: TargetRequest = {
      cost,
      operations: 1,
      send: async () => {
        results.push(await send());
        return [];
      },
    };
    while (results.length === 0) {
      const answer = await this.send(request);
      if (answer.kind === 'too-large') throw answer.failure;
    }
    return results[0] as T;
  }

  async #settleFailure(request: TargetRequest, error: unknown): Promise<RequestAnswer> {
    const { target, limiter } = this.#line;
    this.#leave(request, 0, this.#isThrottled(error), toldWait(error));
    switch (failureKind(error)) {
      case 'throttled':
        return { kind: 'refused' };
      case 'unknown':
        limiter.unanswered(targetError(error, target.display));
        if (isWithoutServer(error) && (await this.#answerTo(target.lookWhetherStuck())))
          throw noServerFound(target.display);
        if (this.#lostConnections >= MAX_LOST_CONNECTIONS) throw targetError(error, target.display);
        await sleep(lostConnectionWaitMs(this.#lostConnections++), undefined, { signal: this.#line.signal });
        return { kind: 'unknown' };
      case 'permanent': {
        const failure = targetError(error, target.display);
        const code = serverErrorCode(error);
        if (code === null || !this.#isForOneDocument(code)) throw failure;
        return { kind: 'too-large', failure, code };
      }
    }
  }

  readonly #assertProgress = (): void => {
    const { limiter, stallMs, target } = this.#line;
    limiter.assertProgress(this.#begunAt, stallMs, target.display, target.members.silence);
  };

  /** A document that has no room on the server's disk is no fault of the document: the next one has none either. */
  #assertRoom(refused: readonly WriteRefusal[]): void {
    const full = refused.find(({ code }) => code === CODE.outOfDiskSpace);
    if (full !== undefined) throw targetError(new MongoServerError({ ...full }), this.#line.target.display);
  }

  /** What may take as long as it takes, such as an index, is still not waited for where it cannot end. */
  #assertMajority(): void {
    const { stallMs, target } = this.#line;
    const { withoutMajorityMs, silence } = target.members;
    if (withoutMajorityMs <= stallMs) return;
    throw new MigrationError(
      'target-unreachable',
      `The target ${target.display} cannot end a request without a majority of its members, and has had none for ${Math.round(withoutMajorityMs / 1000)} s: ${silence}`,
      { hint: 'Start the members again, or take them out of the replica set, then go on with --resume' },
    );
  }

  /** Asks the guard for a request that was let in, and takes the request back where it throws. */
  async #askGuard({ cost, operations }: TargetRequest): Promise<void> {
    const { limiter, guard } = this.#line;
    if (guard === undefined || this.#work.effect === 'none') return;
    try {
      await guard(this.#work.effect === 'replaces');
    } catch (error) {
      limiter.leave({ cost, acceptedCost: 0, operations, isRefused: false, retryAfterMs: null });
      limiter.giveBack(cost);
      throw error;
    }
  }

  /**
   * The answer to a request. Once work is asked to stop, or the target stalls, it is not waited for much longer; what
   * was sent cannot be taken back, and what it still does is found by whoever does this work again.
   */
  async #answerTo<T>(sent: Promise<T>): Promise<T> {
    const { signal, limiter } = this.#line;
    const endHold = this.#work.isBounded ? null : limiter.holdOpen();
    const { promise: givenUp, reject } = Promise.withResolvers<never>();
    let timer: NodeJS.Timeout | undefined;
    const stop = () => {
      timer = setTimeout(() => reject(signal?.reason), STOP_PATIENCE_MS);
    };
    const watch = setInterval(() => {
      try {
        if (this.#work.isBounded) this.#assertProgress();
        else this.#assertMajority();
      } catch (error) {
        reject(error);
      }
    }, 1_000);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener('abort', stop, { once: true });
    try {
      return await Promise.race([sent, givenUp]);
    } finally {
      endHold?.();
      clearInterval(watch);
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    }
  }

  #leave({ cost, operations }: TargetRequest, acceptedCost: number, isRefused: boolean, toldMs: number | null): void {
    this.#line.limiter.leave({ cost, acceptedCost, operations, isRefused, retryAfterMs: toldMs });
    this.#work.onLoad(isRefused, acceptedCost);
  }

  /** May a smaller request be taken, one without the document that is at fault? */
  #isForOneDocument(code: number): boolean {
    if (code === CODE.requestTooLarge) return true;
    return code === CODE.badValue && this.#work.effect === 'adds' && this.#line.traits.refusesWholeCommands;
  }

  /** Was the request as a whole refused for lack of throughput, or given up after the service had waited for some itself? */
  #isThrottled(error: unknown): boolean {
    if (failureKind(error) === 'throttled') return true;
    return this.#line.traits.isCharged && failureCode(error) === CODE.exceededTimeLimit;
  }
}

/** Was the operation refused for lack of throughput, or given up after the service had waited for some itself (cosmos-facts.md §6), or by a restart (§13)? */
export function isHeldUp(refusal: WriteRefusal): boolean {
  return refusal.code === CODE.tooManyRequests || isUnsettled(refusal.code);
}

/** The longest wait that refusals name, null where none does. */
function longestWait(refusals: readonly WriteRefusal[]): number | null {
  let longest: number | null = null;
  for (const { message } of refusals) {
    const told = retryAfterMs(message);
    if (told !== null) longest = Math.max(longest ?? 0, told);
  }
  return longest;
}
