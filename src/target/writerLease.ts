import { MigrationError } from '../errors.ts';
import type { TargetDatabase } from './client.ts';
import { failureKind, targetError } from './errors.ts';
import { currentWriter, DEAD_AFTER_MS, hearWriter } from './ownership.ts';

/** A writer says so often that it lives, and looks whether it still may write. */
const HEAR_EVERY_MS = 5_000;
/** Without an answer for so long nothing is written: well before others may take the writer for dead. */
const TRUSTED_MS = DEAD_AFTER_MS - 10_000;

/**
 * The right of one run to write to the collections that it has claimed, as one process knows it. It is looked at in the
 * target every few seconds while work goes on; a process that slept meanwhile looks again before its next write.
 *
 * What remains is the one request that was under way when another run took over: it writes documents of the same source
 * to the same `_id`s, and whoever took over compares every one of them afterwards.
 */
export class WriterLease {
  readonly token: string;
  private readonly target: TargetDatabase;
  private readonly migration: string;
  private readonly collections: readonly string[];
  private confirmedAt = Number.NEGATIVE_INFINITY;
  private asking: Promise<void> | null = null;

  constructor(target: TargetDatabase, token: string, migration: string, collections: readonly string[]) {
    this.target = target;
    this.token = token;
    this.migration = migration;
    this.collections = collections;
  }

  /** Is it the same right, over the same client? A client is replaced when its secret changes. */
  isOf(target: TargetDatabase, token: string): boolean {
    return this.target === target && this.token === token;
  }

  /** Returns when it is known that this run may write; at once where that was asked a moment ago. Throws `target-in-use` once it may not. */
  async check(): Promise<void> {
    if (performance.now() - this.confirmedAt < HEAR_EVERY_MS) return;
    this.asking ??= this.ask(null).finally(() => {
      this.asking = null;
    });
    await this.asking;
  }

  /** As {@link check}, always asked, and for a step of the run: throws also where a later step has begun, whose work an old delivery must not undo. */
  async checkStep(step: number): Promise<void> {
    await this.ask(step);
  }

  private async ask(step: number | null): Promise<void> {
    const begun = performance.now();
    let mayWrite: boolean;
    try {
      mayWrite = await hearWriter(this.target, this.token, step);
    } catch (error) {
      // A target that is busy or away for a moment says nothing about the right to write, which lasts a while.
      const isPassing = failureKind(error) !== 'permanent';
      if (isPassing && step === null && performance.now() - this.confirmedAt < TRUSTED_MS) return;
      throw targetError(error, this.target.display);
    }
    if (!mayWrite) throw await this.lost();
    this.confirmedAt = begun;
  }

  private async lost(): Promise<MigrationError> {
    this.confirmedAt = Number.NEGATIVE_INFINITY;
    const writer = await currentWriter(this.target, this.collections);
    // Whoever took over may have ended as well: then nothing in the target tells it from this run's own end.
    const who =
      writer === null || writer.token === this.token
        ? 'it was taken over by a later run, or has ended'
        : `a later run of ${writer.migration} has taken its place`;
    return new MigrationError(
      'target-in-use',
      `This run of ${this.migration} may not write to ${this.target.display} any more: ${who}`,
      { hint: 'Nothing is lost: look at the other run, or start again' },
    );
  }
}
