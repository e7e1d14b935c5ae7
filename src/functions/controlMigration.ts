import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import type { OperatorWord, Word } from '../contract/operatorWord.ts';
import { MigrationError } from '../errors.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { readWord, writeWord } from '../runtime/operatorWord.ts';
import type { HoldingBlobStore } from '../storage/blobs.ts';
import { concludeRun } from './concludeRun.ts';
import { HttpError, jsonAnswer } from './httpAnswer.ts';
import { describeMigration, isUnderWay, requireMigration } from './migrations.ts';
import { takeTurn } from './takeTurn.ts';
import { wakeRun } from './wakeRun.ts';

export type ControlAction = 'cancel' | 'suspend' | 'resume';

const WORDS: Readonly<Record<ControlAction, Word>> = { cancel: 'cancel', suspend: 'suspend', resume: 'run' };

/**
 * `POST /api/migrations/{id}/cancel|suspend|resume`. Stores what the operator wants, in place of what was wanted before.
 * Activities look for it once a second and stop after their writes in flight; the orchestration then ends through its report
 * (cancel) or waits (suspend), so nothing is half done. Answers what is asked for and what is so: the status is the same as
 * soon as the word was heard.
 */
export const controlMigration =
  (blobs: HoldingBlobStore, action: ControlAction) =>
  async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    const client = df.getClient(context);
    const found = await requireMigration(client, request.params['id'] ?? '');
    const id = found.instanceId;
    if (!isUnderWay(found)) {
      const { isOpen } = await concludeRun(client, blobs, found, { isAsked: true });
      throw hasEnded(id, action, isOpen);
    }
    const by = request.headers.get('x-ms-client-principal-name');
    await storeWord(blobs, id, { word: WORDS[action], at: new Date().toISOString(), by });
    await wakeRun(client, blobs, found, WORDS[action]);
    const { status } = await describeMigration(blobs, await requireMigration(client, id), Date.now());
    const statusUrl = `/api/migrations/${id}`;
    return jsonAnswer(202, { id, action, asked: WORDS[action], status, statusUrl }, { location: statusUrl });
  };

/** Of two words at once one is the later; looking for a cancellation and replacing it would else be two things. */
async function storeWord(blobs: HoldingBlobStore, id: string, word: OperatorWord): Promise<void> {
  const turn = await takeTurn(blobs, blobPaths.wordTurn());
  try {
    const before = await readWord(blobs, id);
    if (before.word === word.word) return;
    if (before.word === 'cancel') throw isTooLate(id);
    await writeWord(blobs, id, word);
  } finally {
    // A turn that cannot be given back ends by itself.
    await turn.release().catch(() => undefined);
  }
}

function isTooLate(id: string): HttpError {
  const statusUrl = `/api/migrations/${id}`;
  return new HttpError(
    'conflict',
    `Migration ${id} is being cancelled: no other word replaces that`,
    `Wait until ${statusUrl} says cancelled, then start it again under the same name: what was copied is kept`,
    { fields: { id, statusUrl } },
  );
}

function hasEnded(id: string, action: ControlAction, isReportOpen: boolean): MigrationError {
  const report = `/api/migrations/${id}/report`;
  const look = isReportOpen ? `Its end is being recorded: in a moment, ${report} has it` : `Look at ${report}`;
  return new MigrationError('conflict', `Migration ${id} has ended already`, {
    hint: action === 'resume' ? 'Start it again under the same name: what was copied is kept' : look,
  });
}
