import type { MigrationSeries, TimelineEvent } from '../contract/migrationSeries.ts';
import { formatCount } from '../formatCount.ts';
import { PHASE_WORDS } from '../report/phaseWords.ts';
import { byId, make } from './elements.ts';
import { formatClock, formatDuration, formatLocalTime } from './formatTime.ts';
import { statusWord } from './statusWords.ts';

type Word = Extract<TimelineEvent, { readonly what: 'word' }>['word'];

const WORDS: Readonly<Record<Word, string>> = {
  run: 'Resumed',
  suspend: 'Suspended',
  cancel: 'Cancelled',
  cutover: 'Cut-over asked for',
};

/** What happened, as a sentence for people. */
export function eventWords(event: TimelineEvent): string {
  switch (event.what) {
    case 'phase':
      return PHASE_WORDS[event.phase] ?? event.phase;
    case 'repaired':
      return `${formatCount(event.count)} documents replaced, as they differed from their rows`;
    case 'retried':
      return `${formatCount(event.count)} pieces of work ended without an answer, and are done again`;
    case 'word':
      return event.by === null ? WORDS[event.word] : `${WORDS[event.word]} by ${event.by}`;
    case 'refused': {
      const seconds = (Date.parse(event.until) - Date.parse(event.at)) / 1000;
      return `The target refused ${formatCount(event.count)} requests within ${formatDuration(seconds)}; they were sent again`;
    }
    case 'ended':
      return statusWord(event.status);
  }
}

/** Shows what happened, the latest first; a time of day alone where all of it is of one day. */
export function renderEvents({ events }: Pick<MigrationSeries, 'events'>): void {
  byId('events-panel').hidden = events.length === 0;
  const days = new Set(events.map(({ at }) => new Date(at).toDateString()));
  const items = events.toReversed().map((event) => {
    const item = make('li', event.what);
    const time = make('time', '', days.size > 1 ? formatLocalTime(event.at) : formatClock(event.at));
    time.dateTime = event.at;
    item.append(time, make('span', '', eventWords(event)));
    return item;
  });
  byId('events').replaceChildren(...items);
}
