import { isFinal, type MigrationStatus } from '../contract/migrationStatus.ts';
import { formatCount } from '../formatCount.ts';
import { formatBytes } from '../report/formatUnits.ts';
import { byId, make, write } from './elements.ts';
import { renderBadge } from './migrationList.ts';
import { elapsedWords, interruptionWords, kindWord, timeLeftWords } from './statusWords.ts';

/** Shows one migration, but for its charts: head, phases, progress, figures, failures, and what can be done with it. */
export function renderDetail(status: MigrationStatus): void {
  byId('detail').hidden = false;
  renderHead(status);
  renderPhases(status);
  renderProgress(status);
  renderFigures(status);
  renderFailures(status.failures);
  byId('interruption').hidden = status.status !== 'interrupted';
  write(byId('interruption'), interruptionWords(status));
  renderActions(status);
}

function renderHead({ id, name, status, kind, source, target }: MigrationStatus): void {
  write(byId('name'), name);
  renderBadge(byId('status'), status);
  byId('kind').hidden = kindWord(kind) === '';
  write(byId('kind'), kindWord(kind));
  write(byId('source'), source ?? '…');
  write(byId('target'), target ?? '…');
  write(byId('id'), id);
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
  const { totals, requestUnits } = status;
  const isRunning = status.status === 'running';
  write(byId('copied'), `${formatCount(totals.copied)} of ${formatCount(totals.total)}`);
  write(byId('validated'), formatCount(totals.validated));
  write(byId('errors'), formatCount(totals.errors));
  byId('errors-card').className = totals.errors > 0 ? 'bad' : '';
  write(byId('rate'), isRunning ? `${formatCount(status.rowsPerSecond)}/s` : '–');
  write(byId('bytes'), isRunning ? `${formatBytes(status.bytesPerSecond)}/s` : '–');
  write(byId('throttled'), formatCount(status.throttled));
  write(byId('units'), requestUnits === null ? 'none' : `${formatCount(requestUnits)} RU`);
  write(byId('elapsed'), elapsedWords(status, Date.now()));
}

function renderFailures(failures: MigrationStatus['failures']): void {
  byId('failures-panel').hidden = failures.length === 0;
  const items = failures.map(({ message, hint }) => {
    const item = make('li');
    item.append(make('p', '', message), make('p', 'soft', hint));
    return item;
  });
  byId('failures').replaceChildren(...items);
}

function renderActions({ status, phase }: MigrationStatus): void {
  const isOver = isFinal(status);
  const isStopping = status === 'suspended' || status === 'suspending';
  const isCancelling = status === 'cancelling';
  byId('suspend').hidden = isOver || isStopping || isCancelling;
  byId('resume').hidden = !isStopping;
  byId('cutover').hidden = phase !== 'follow' || isStopping || isCancelling;
  byId('cancel').hidden = isOver || isCancelling;
  byId('reports').hidden = !isOver;
}
