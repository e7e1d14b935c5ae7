import { isFinal, type MigrationStatus } from '../contract/migrationStatus.ts';
import { formatCount } from '../formatCount.ts';
import { lagText } from '../report/followText.ts';
import { formatBytes } from '../report/formatUnits.ts';
import { LAYOUT_GUIDE } from '../report/layoutGuide.ts';
import { renderCommands } from './byCommand.ts';
import { byId, make, write } from './elements.ts';
import { renderBadge } from './migrationList.ts';
import { renderProblems } from './problems.ts';
import { doingWords, elapsedWords, hasShare, kindWord, timeLeftWords } from './statusWords.ts';

/** Shows one migration, but for what is told of its time: head, problems, phases, progress, figures, and what can be done with it. */
export function renderDetail(status: MigrationStatus): void {
  byId('detail').hidden = false;
  byId('missing').hidden = true;
  renderHead(status);
  renderChoice(status);
  renderProblems(status);
  renderPhases(status);
  renderProgress(status);
  renderFigures(status);
  renderActions(status);
  renderCommands(status);
}

function renderHead({ id, name, status, kind, source, target, layout }: MigrationStatus): void {
  write(byId('name'), name);
  renderBadge(byId('status'), status);
  byId('kind').hidden = kindWord(kind) === '';
  write(byId('kind'), kindWord(kind));
  // One that failed before it had looked at both has none to tell.
  byId('ends').hidden = source === null && target === null && isFinal(status);
  // A way back goes from the target to the source.
  const [from, to] = kind === 'return' ? [target, source] : [source, target];
  write(byId('source'), from ?? '…');
  write(byId('target'), to ?? '…');
  const guide: { readonly reader: string } | undefined = LAYOUT_GUIDE[layout];
  write(byId('layout'), guide === undefined ? `Layout ${layout}` : `Layout ${layout}. ${guide.reader}`);
  write(byId('id'), id);
}

/** What alone is carried, and what is written in place of what stands there. */
function renderChoice({ experiments, artifacts = [] }: MigrationStatus): void {
  const choices = [
    ...(experiments === null ? [] : [`Only experiments: ${experiments.join(', ')}`]),
    ...artifacts.map(({ from, to }) => `Artifacts at ${from} are named as at ${to}`),
  ];
  byId('choice').hidden = choices.length === 0;
  write(byId('choice'), choices.join(' · '));
}

/** Green what was done, red where it stopped, grey what was not reached. Where nobody knows where it stopped, all are grey. */
function renderPhases({ status, phase, phases, endedIn }: MigrationStatus): void {
  const isDone = status === 'completed' || status === 'completed-with-errors';
  const isStopped = isFinal(status) || status === 'interrupted';
  const current = isFinal(status) ? endedIn : phase;
  const at = current === null ? -1 : phases.indexOf(current);
  const items = phases.map((one, index) => {
    if (isDone || index < at) return make('li', 'past', one);
    if (index !== at) return make('li', '', one);
    const item = make('li', isStopped ? 'stopped' : '', one);
    item.setAttribute('aria-current', 'step');
    return item;
  });
  byId('phases').replaceChildren(...items);
}

function renderProgress(status: MigrationStatus): void {
  const doing = doingWords(status);
  byId('doing').hidden = doing === '';
  write(byId('doing'), doing);
  byId('overall').hidden = !hasShare(status);
  const percent = Math.max(0, Math.min(100, status.percent));
  write(byId('percent'), `${percent < 100 ? Math.floor(percent * 10) / 10 : 100} %`);
  write(byId('left'), timeLeftWords(status));
  byId('meter').className = `meter${meterColour(status.status)}`;
  byId('meter').setAttribute('aria-valuenow', String(Math.floor(percent)));
  byId('meter-bar').style.width = `${percent}%`;
}

function meterColour(status: MigrationStatus['status']): string {
  if (status === 'completed') return ' good';
  return status === 'failed' || status === 'completed-with-errors' ? ' bad' : '';
}

function renderFigures(status: MigrationStatus): void {
  const { totals, requestUnits, follow } = status;
  // Before the plan, and of a dry run, nothing is counted.
  byId('cards').hidden = status.kind === 'analysis' || totals.total === 0;
  byId('copied-card').hidden = status.kind === 'comparison';
  const isRunning = status.status === 'running';
  for (const card of byId('cards').querySelectorAll<HTMLElement>('.rate')) card.hidden = !isRunning;
  write(byId('copied'), `${formatCount(totals.copied)} of ${formatCount(totals.total)}`);
  write(byId('validated'), `${formatCount(totals.validated)} of ${formatCount(totals.total)}`);
  write(byId('errors'), formatCount(totals.errors));
  byId('errors-card').className = totals.errors > 0 ? 'bad' : '';
  write(byId('rate'), `${formatCount(status.rowsPerSecond)}/s`);
  write(byId('bytes'), `${formatBytes(status.bytesPerSecond)}/s`);
  write(byId('throttled'), formatCount(status.throttled));
  byId('throttled-card').className = status.throttled > 0 ? 'note' : '';
  write(byId('units'), requestUnits === null ? 'none' : `${formatCount(requestUnits)} RU`);
  write(byId('elapsed'), elapsedWords(status, Date.now()));
  const isFollowing = follow != null && !isFinal(status.status);
  byId('lag-card').hidden = !isFollowing;
  if (isFollowing) write(byId('lag'), lagText(follow));
}

/** What can be done with it now: while it is under way, and once it is over. A button that goes hands the focus to what can be done in its place. */
function renderActions(status: MigrationStatus): void {
  const focused = document.activeElement;
  showActions(status);
  if (focused instanceof HTMLButtonElement && focused.hidden) {
    const buttons = focused.parentElement?.querySelectorAll('button') ?? [];
    ([...buttons].find(({ hidden }) => !hidden) ?? byId('detail-title')).focus();
  }
}

function showActions({ status, phase, kind, failures }: MigrationStatus): void {
  const isOver = isFinal(status);
  const isStopping = status === 'suspended' || status === 'suspending';
  const isCancelling = status === 'cancelling';
  const isWhole = status === 'completed';
  byId('suspend').hidden = isOver || isStopping || isCancelling;
  byId('resume').hidden = !isStopping;
  byId('cutover').hidden = phase !== 'follow' || isStopping || isCancelling;
  byId('cancel').hidden = isOver || isCancelling;
  byId('migrate').hidden = !(isOver && kind === 'analysis' && failures.length === 0 && status !== 'cancelled');
  // A way back writes to PostgreSQL: that is for the command, which shows its plan first.
  byId('restart').hidden = !isOver || (isWhole && kind === 'migration') || kind === 'return';
  byId('catch-up').hidden = !(isOver && kind === 'migration' && (isWhole || status === 'completed-with-errors'));
  byId('reports').hidden = !isOver;
  byId('report-html').hidden = kind === 'return';
}
