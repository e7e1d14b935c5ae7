import type { DurableClient, DurableOrchestrationStatus } from 'durable-functions';
import { expect, test } from 'vitest';
import type { ControlAction } from '../../../src/contract/controlAction.ts';
import { giveWord } from '../../../src/functions/controlMigration.ts';
import { describeMigration, requireMigration } from '../../../src/functions/findMigration.ts';
import { liftSuspension } from '../../../src/functions/liftSuspension.ts';
import { readHeard, readWord, writeHeard } from '../../../src/runtime/storedWord.ts';
import { MemoryBlobs } from '../../support/memoryBlobs.ts';

const WORDS = ['cancel', 'suspend', 'resume'] as const satisfies readonly ControlAction[];
const OF_DURABLE = ['durable suspend', 'durable resume', 'durable terminate'] as const;
type Act = (typeof WORDS)[number] | (typeof OF_DURABLE)[number];
const ACTS: readonly Act[] = [...WORDS, ...OF_DURABLE];
const isWord = (act: Act): act is (typeof WORDS)[number] => WORDS.some((word) => word === act);

/** Longer than a run may be silent before its process counts as dead. */
const LATER_MS = 600_000;
const PATIENCE = { patienceMs: 1_000, tryAgainMs: 0 };

/** A migration under the extension as it was recorded: what it is asked for takes effect later, and a resume before that is refused. */
class RunUnderDurable {
  readonly blobs = new MemoryBlobs();
  status = 'Running';
  private updated = new Date();
  private pending: string[] = [];
  readonly client = this as unknown as DurableClient;

  async getStatus(id: string): Promise<DurableOrchestrationStatus> {
    if (id !== 'lab') throw new Error('The webhook replied with HTTP 404 response');
    const isCancelled = this.status === 'Completed';
    const seen = {
      name: 'migrate',
      instanceId: id,
      runtimeStatus: this.status,
      createdTime: this.updated,
      lastUpdatedTime: this.updated,
      input: null,
      output: isCancelled ? { status: 'cancelled', tables: {}, problems: [], finishedAt: 'x' } : null,
      customStatus: null,
    };
    // Each look takes time.
    await this.goOn();
    return seen as unknown as DurableOrchestrationStatus;
  }

  async resume(): Promise<void> {
    if (this.status !== 'Suspended') throw new Error('The operation failed with an unexpected status code: 500');
    this.pending.push('Running');
  }

  async raiseEvent(): Promise<void> {
    await this.goOn();
  }

  /** Through Durable's own API: refused with 500 where it does not fit. */
  ask(act: Act): void {
    if (act === 'durable suspend' && this.status === 'Running') this.pending.push('Suspended');
    if (act === 'durable resume' && this.status === 'Suspended') this.pending.push('Running');
    if (act === 'durable terminate') this.pending.push('Terminated');
  }

  /** The extension takes what it was asked for, and the orchestration hears the word where it runs. */
  async goOn(): Promise<void> {
    for (const next of this.pending.splice(0)) {
      if (this.hasEnded || next === this.status) continue;
      this.status = next;
      this.updated = new Date();
    }
    if (this.status !== 'Running') return;
    const { word } = await readWord(this.blobs, 'lab');
    const heard = await readHeard(this.blobs, 'lab');
    if (word === 'cancel') this.status = 'Completed';
    else if (word === 'suspend' || heard !== null)
      await writeHeard(this.blobs, 'lab', { word, at: new Date().toISOString(), waiter: 'lab.waits' });
  }

  get hasEnded(): boolean {
    return this.status === 'Completed' || this.status === 'Terminated';
  }

  /** As the status route does. */
  async look(): Promise<string> {
    const found = await requireMigration(this.client, 'lab');
    await liftSuspension(this.client, this.blobs, found);
    // What runs stores a heartbeat; what is held suspended is looked at hours later.
    const waitedMs = String(found.runtimeStatus) === 'Suspended' ? LATER_MS : 0;
    return (await describeMigration(this.blobs, found, Date.now() + waitedMs)).status;
  }

  async looks(): Promise<string[]> {
    const seen: string[] = [];
    for (let times = 0; times < 5; times++) seen.push(await this.look());
    return seen;
  }
}

/** What is wrong with a run after these acts, one after the other at once or with time between them; null where nothing is. */
async function faultAfter(acts: readonly Act[], isSettled: boolean): Promise<string | null> {
  const run = new RunUnderDurable();
  let isCancelled = false;
  let isTerminated = false;
  for (const act of acts) {
    const hadEnded = run.hasEnded;
    isTerminated ||= act === 'durable terminate' && !hadEnded;
    if (isWord(act)) {
      const given = await giveWord(run.client, run.blobs, 'lab', { action: act, by: null }, PATIENCE).catch(() => null);
      if (given === null && !hadEnded && !isCancelled && !isTerminated) return `${act} was refused`;
      isCancelled ||= act === 'cancel' && given !== null;
    } else run.ask(act);
    if (isSettled) await run.goOn();
  }
  const seen = await run.looks();
  const last = seen.at(-1);
  if (seen.includes('interrupted')) return `seen as ${seen.join()}`;
  if (isCancelled || isTerminated) return last === 'cancelled' ? null : `ended as ${seen.join()}`;
  const lastAct = acts.at(-1);
  if (lastAct === 'suspend' && last !== 'suspended') return `suspended at last, it is ${last}`;
  if (lastAct !== 'resume') {
    await giveWord(run.client, run.blobs, 'lab', { action: 'resume', by: null }, PATIENCE);
    await run.looks();
  }
  return run.status === 'Running' && (await readWord(run.blobs, 'lab')).word === 'run' ? null : `stuck: ${run.status}`;
}

test('whatever words of the app and of Durable come together, a migration hears the last, ends where it was cancelled, and is never dead for waiting', async () => {
  const twos = ACTS.flatMap((a) => ACTS.map((b) => [a, b]));
  const threes = twos.flatMap((two) => ACTS.map((c) => [...two, c]));
  const faults: string[] = [];
  for (const acts of [...twos, ...threes])
    for (const isSettled of [false, true]) {
      const fault = await faultAfter(acts, isSettled);
      if (fault !== null) faults.push(`${acts.join(', ')}${isSettled ? ' (with time between)' : ''}: ${fault}`);
    }
  expect(faults).toEqual([]);
});

test('what Durable alone suspends stays so until somebody says otherwise', async () => {
  const run = new RunUnderDurable();
  run.ask('durable suspend');
  expect((await run.looks()).at(-1)).toBe('suspended');
  expect(run.status).toBe('Suspended');
});

test('a cancelled migration that Durable suspends afterwards is let go by the next look', async () => {
  const run = new RunUnderDurable();
  run.ask('durable suspend');
  await run.goOn();
  await run.blobs.put(
    'lab/state/control.json',
    JSON.stringify({ word: 'cancel', at: '2026-11-27T12:00:00.000Z', by: null }),
  );
  const seen = await run.looks();
  expect(seen[0]).toBe('cancelling');
  expect(seen.at(-1)).toBe('cancelled');
});
