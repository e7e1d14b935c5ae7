import { isFinal, type MigrationStatus } from '../contract/migrationStatus.ts';
import { formatCount } from '../formatCount.ts';
import { heldText } from '../report/followText.ts';
import { byId, make } from './elements.ts';
import { formatLocalTime } from './formatTime.ts';
import { interruptionWords } from './statusWords.ts';

/** Something that is wrong, and what to do about it. */
export interface ShownProblem {
  readonly what: string;
  readonly cure: string;
}

/** All that is wrong with a run, what ended it first. */
export function problemsOf(status: MigrationStatus): ShownProblem[] {
  const { failures, silentSince, targetSilence, follow, totals } = status;
  const isOver = isFinal(status.status);
  const problems: ShownProblem[] = failures.map(({ message, hint }) => ({ what: message, cure: hint }));
  if (status.status === 'interrupted') problems.push({ what: 'Its process is dead', cure: interruptionWords(status) });
  else if (silentSince && !isOver) {
    problems.push({
      what: `No sign of life since ${formatLocalTime(silentSince)}`,
      cure: 'Work that ended without an answer is done again after a few minutes. Where that goes on, look at the log of the function app.',
    });
  }
  if (targetSilence && !isOver) {
    problems.push({
      what: `Of the target's members: ${targetSilence}`,
      cure: 'Writes go on as long as the primary answers. Look at that member.',
    });
  }
  if (follow?.held !== undefined && !isOver) {
    problems.push({
      what: heldText(follow.held),
      cure: 'Stop what writes to the source: the cut-over then ends by itself.',
    });
  }
  if (totals.errors > 0) {
    problems.push({
      what: `${formatCount(totals.errors)} rows did not arrive, or differ`,
      cure: isOver
        ? 'The report names them, and what to do about each kind.'
        : 'They are looked at again before the end; the report will name those that stay.',
    });
  }
  return problems;
}

/** Shows them above everything else; nothing where there are none. */
export function renderProblems(status: MigrationStatus): void {
  const problems = problemsOf(status);
  byId('problems').hidden = problems.length === 0;
  const items = problems.map(({ what, cure }) => {
    const item = make('li');
    item.append(make('p', '', what), make('p', 'soft', cure));
    return item;
  });
  const list = byId('problems');
  // Said again with each answer, a screen reader would hear of nothing else.
  if (list.textContent !== items.map((item) => item.textContent).join('')) list.replaceChildren(...items);
}
