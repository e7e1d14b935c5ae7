import type { MigrationStatus } from '../contract/migrationStatus.ts';
import type { StartRequest } from '../contract/startRequest.ts';
import type { Api } from './api.ts';
import { type Consent, confirmed, type Question } from './confirm.ts';
import { catchUpOf, migrationOf } from './runAgain.ts';

/** What can be made of a run that has ended; buttons bear these names. */
export type Repeat = 'migrate' | 'restart' | 'catch-up';

/** Asks, and starts a run by what another one was asked for. Gives its id, null where the answer was no. Throws what {@link Api} throws. */
export async function startAgain(
  api: Pick<Api, 'request' | 'start'>,
  status: MigrationStatus,
  repeat: Repeat,
): Promise<string | null> {
  const consent = await confirmed(questionOf(status, repeat));
  if (consent === null) return null;
  return await api.start(bodyOf(await api.request(status.id), repeat, consent));
}

function bodyOf(asked: StartRequest, repeat: Repeat, { follow }: Consent): StartRequest {
  switch (repeat) {
    case 'migrate':
      return migrationOf(asked, follow);
    case 'restart':
      return asked;
    case 'catch-up':
      return catchUpOf(asked);
  }
}

function questionOf({ source, target, layout }: MigrationStatus, repeat: Repeat): Question {
  const ends = `${source ?? 'the source'} to ${target ?? 'the target'}, layout ${layout}`;
  const no = 'Not now';
  switch (repeat) {
    case 'migrate':
      return {
        title: 'Start this migration?',
        text: `It copies ${ends}, compares every row, and writes a report. The source is only read.`,
        yes: 'Start',
        no,
        asksToFollow: true,
      };
    case 'restart':
      return {
        title: 'Start it again?',
        text: `The same once more: ${ends}. What was copied is kept and compared, not copied again.`,
        yes: 'Start again',
        no,
      };
    case 'catch-up':
      return {
        title: 'Bring the target up to date?',
        text: `What was written to the source since is brought over: ${ends}. Documents whose row is gone are deleted, within the usual limits.`,
        yes: 'Catch up',
        no,
      };
  }
}
