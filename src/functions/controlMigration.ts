import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import type { ControlAction } from '../contract/controlAction.ts';
import type { OperatorWord, Word } from '../contract/operatorWord.ts';
import { MigrationError } from '../errors.ts';
import { blobPaths } from '../runtime/blobPaths.ts';
import { readWord, writeWord } from '../runtime/storedWord.ts';
import type { HoldingBlobStore } from '../storage/blobStore.ts';
import { HttpError, jsonAnswer } from './answerHttp.ts';
import { concludeRun } from './concludeRun.ts';
import { describeMigration, followOf, isUnderWay, requireMigration } from './findMigration.ts';
import { liftSuspension } from './liftSuspension.ts';
import { refuseQueryKeys } from './refuseQueryKeys.ts';
import { takeTurn } from './takeTurn.ts';
import { statusUrlOf } from './urls.ts';
import { wakeRun } from './wakeRun.ts';

const WORD_OF: Readonly<Record<ControlAction, Word>> = {
  cancel: 'cancel',
  suspend: 'suspend',
  resume: 'run',
  cutover: 'cutover',
};

/**
 * `POST /api/migrations/{id}/cancel|suspend|resume|cutover`. Stores what the operator wants, in place of what was wanted before.
 * Activities look for it once a second and stop after their writes in flight; the orchestration then ends through its report
 * (cancel) or waits (suspend), so nothing is half done. Answers what is asked for and what is so: the status is the same as
 * soon as the word was heard.
 */
export function controlMigration(blobs: HoldingBlobStore, action: ControlAction) {
  return async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    refuseQueryKeys(request, [], 'Leave it out: this route takes none');
    const by = request.headers.get('x-ms-client-principal-name');
    const answer = await giveWord(df.getClient(context), blobs, request.params['id'] ?? '', { action, by });
    return jsonAnswer(202, answer, { location: answer.statusUrl });
  };
}

/** Stores the word, and gives what is asked for and what is so. Throws MigrationError('conflict') or {@link HttpError} where it comes too late. */
export async function giveWord(
  client: df.DurableClient,
  blobs: HoldingBlobStore,
  ofId: string,
  { action, by }: { readonly action: ControlAction; readonly by: string | null },
  patience?: Parameters<typeof wakeRun>[4],
) {
  const found = await requireMigration(client, ofId);
  const id = found.instanceId;
  if (!isUnderWay(found)) {
    const { isOpen } = await concludeRun(client, blobs, found, { isAsked: true });
    throw hasEnded(id, action, isOpen);
  }
  if (action === 'cutover' && followOf(found) === null) throw endsByItself(id);
  try {
    await storeWord(blobs, id, { word: WORD_OF[action], at: new Date().toISOString(), by });
  } catch (error) {
    // Where a cancellation waits for Durable to let go, a word that comes too late helps it along.
    await liftSuspension(client, blobs, found);
    throw error;
  }
  await wakeRun(client, blobs, found, WORD_OF[action], patience);
  const { status } = await describeMigration(blobs, await requireMigration(client, id), Date.now());
  return { id, action, asked: WORD_OF[action], status, statusUrl: statusUrlOf(id) };
}

/** Of two words at once one is the later; looking for a cancellation and replacing it would else be two things. */
async function storeWord(blobs: HoldingBlobStore, id: string, word: OperatorWord): Promise<void> {
  const turn = await takeTurn(blobs, blobPaths.wordTurn());
  try {
    const before = await readWord(blobs, id);
    // A word to go on that is given again holds over what Durable has suspended since the first.
    if (before.word === word.word && word.word !== 'run') return;
    if (before.word === 'cancel') throw isTooLate(id);
    await writeWord(blobs, id, replacing(before, word));
  } finally {
    // A turn that cannot be given back ends by itself.
    await turn.release().catch(() => undefined);
  }
}

/** Words of before that are kept. */
const MAX_EARLIER = 20;

function replacing({ earlier = [], ...before }: OperatorWord, word: OperatorWord): OperatorWord {
  const words = before.at === null ? earlier : [...earlier, before];
  return words.length === 0 ? word : { ...word, earlier: words.slice(-MAX_EARLIER) };
}

function isTooLate(id: string): HttpError {
  const statusUrl = statusUrlOf(id);
  return new HttpError(
    'conflict',
    `Migration ${id} is being cancelled: nothing can replace that`,
    `Wait until ${statusUrl} says cancelled, then start it again under the same name: what was copied is kept`,
    { fields: { id, statusUrl } },
  );
}

function endsByItself(id: string): MigrationError {
  return new MigrationError('conflict', `Migration ${id} does not follow its source: it ends by itself`, {
    hint: 'Wait for its end. One that is started with --follow (follow in the body) goes on until the cut-over',
  });
}

function hasEnded(id: string, action: ControlAction, isReportOpen: boolean): MigrationError {
  const report = `${statusUrlOf(id)}/report`;
  const look = isReportOpen ? `Its end is being recorded: in a moment, ${report} has it` : `Look at ${report}`;
  return new MigrationError('conflict', `Migration ${id} has ended already`, {
    hint: action === 'resume' ? 'Start it again under the same name: what was copied is kept' : look,
  });
}
