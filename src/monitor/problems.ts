import { isFinal, type MigrationStatus } from '../contract/migrationStatus.ts';
import { formatCount } from '../formatCount.ts';
import { heldText } from '../report/followText.ts';
import { byId, make, makeCall, write } from './elements.ts';
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

/** Problems that stand above everything else; what comes after them is folded, as it would push the run itself out of sight. */
const SHOWN_PROBLEMS = 4;

/** Shows them above everything else; nothing where there are none. */
export function renderProblems(status: MigrationStatus): void {
  const problems = problemsOf(status);
  // One alone is as soon read as unfolded.
  const shown = problems.length === SHOWN_PROBLEMS + 1 ? problems.length : SHOWN_PROBLEMS;
  const more = problems.slice(shown);
  byId('problems').hidden = problems.length === 0;
  byId('more-problems').hidden = more.length === 0;
  write(byId('more-problems-count'), `${formatCount(more.length)} more problems`);
  put('problems', problems.slice(0, shown));
  put('more-problems-list', more);
}

function put(place: string, problems: readonly ShownProblem[]): void {
  const items = problems.map(({ what, cure }) => {
    const item = make('li');
    const told = make('p', 'soft');
    told.append(...withCommands(cure));
    item.append(make('p', '', what), told);
    return item;
  });
  const list = byId(place);
  // Said again with each answer, a screen reader would hear of nothing else.
  if (list.textContent !== items.map((item) => item.textContent).join('')) list.replaceChildren(...items);
}

/** The text with calls of the command as code, which is not broken at its dashes. */
function withCommands(text: string): (string | HTMLElement)[] {
  const call = /(mlflow-migrate(?: [a-z-]+)?(?: --[a-z-]+(?: [A-Za-z0-9_-]+)?)+)/;
  return text.split(call).map((part, index) => (index % 2 === 1 ? makeCall(part) : part));
}
