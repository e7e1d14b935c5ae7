import { ApiError } from './api.ts';
import { byId, write } from './elements.ts';
import { formatDuration } from './formatTime.ts';

/** What the page says of its connection to the function app, in words and as the colour of a dot. */
export function showConnection(kind: 'live' | 'offline' | 'none', words: string): void {
  byId('dot').className = kind === 'none' ? 'dot' : `dot ${kind}`;
  write(byId('connection'), words);
}

/** How long ago the figures on the page were answered; nothing where there are none. */
export function showAge(shownAt: Date | null, now: Date): void {
  const seconds = shownAt === null ? 0 : Math.max(0, Math.floor((now.getTime() - shownAt.getTime()) / 1000));
  byId('age').textContent =
    shownAt === null ? '' : `, answered ${seconds < 1 ? 'now' : `${formatDuration(seconds)} ago`}`;
}

/** A notice above everything. */
function showNotice(title: string, detail: string): void {
  byId('notice').hidden = false;
  write(byId('notice-title'), title);
  write(byId('notice-detail'), detail);
}

/** After a round of questions that was answered, and when the page is connected no more. */
export function clearNotice(): void {
  byId('notice').hidden = true;
  write(byId('notice-title'), '');
  write(byId('notice-detail'), '');
}

/** Why a round of questions came to nothing. `shownAt`: when the figures on the page were answered, null where there are none. */
export function explainFailure(error: unknown, shownAt: Date | null): void {
  if (error instanceof ApiError) {
    showConnection('live', 'Connected');
    showNotice(error.message, error.hint);
    return;
  }
  showConnection('offline', 'Offline');
  const since = shownAt === null ? '' : ` The figures are those of ${shownAt.toLocaleTimeString()}.`;
  showNotice(
    'The function app cannot be reached',
    `Trying again until it answers.${since} A migration under way goes on without this page.`,
  );
}

/** Why a click came to nothing. It stays until the next click: the next answer to a poll would wipe a notice away. */
export function complain(error: unknown, tell: (words: string) => void = tellComplaint): void {
  const words =
    error instanceof ApiError ? `${error.message}. ${error.hint}` : 'The function app cannot be reached. Try again.';
  tell(words);
}

function tellComplaint(words: string): void {
  write(byId('complaint'), words);
  byId('complaint').hidden = false;
}

/** Before the next click is acted on. */
export function clearComplaint(): void {
  byId('complaint').hidden = true;
  write(byId('complaint'), '');
}

/** Says something to a screen reader, once. */
export function announce(words: string): void {
  write(byId('announcer'), words);
}
