/**
 * What the live page runs: asks for the function key, polls the API beside it, and sends what is clicked. The build puts it
 * into page.html (`scripts/monitorPage.ts`).
 */

import { CONTROL_ACTIONS, type ControlAction } from '../contract/controlAction.ts';
import type { MigrationStatus } from '../contract/migrationStatus.ts';
import { type Api, createApi, isKeyRefused, type ReportFormat } from './api.ts';
import { byId } from './elements.ts';
import { hideGate, onKeyEntered, showGate, storedKey } from './gate.ts';
import { firstChoice, newestFirst, renderList, updateListItem } from './migrationList.ts';
import { announce, clearComplaint, clearNotice, complain, explainFailure, showConnection } from './notices.ts';
import { openReport } from './openReport.ts';
import { Pause } from './pause.ts';
import { poll } from './poll.ts';
import { renderDetail } from './renderDetail.ts';
import { SpeedChart } from './speedChart.ts';
import { announcement, titleWords } from './statusWords.ts';
import { TableRows } from './tableRows.ts';

const FORMATS: readonly ReportFormat[] = ['html', 'text', 'json'];

/** Null while the key is asked for. */
let api: Api | null = null;
let selected: string | null = null;
/** When the figures on the page were answered. */
let shownAt: Date | null = null;
/** Aborted to end the loop for an older key or selection. */
let polling = new AbortController();
const pause = new Pause();
const speedChart = new SpeedChart();
const tableRows = new TableRows();

/** Begins to ask for what is selected, in place of whatever was asked for. */
function start(current: Api): void {
  endPolling();
  api = current;
  polling = new AbortController();
  hideGate();
  showConnection('none', 'Connecting');
  void poll(
    {
      api: current,
      selected: () => selected,
      showList,
      showStatus,
      onSuccess: () => {
        showConnection('live', 'Live');
        clearNotice();
      },
      onFailure: (error) => (isKeyRefused(error) ? refuseKey() : explainFailure(error, shownAt)),
      pause: (ms) => pause.wait(ms),
    },
    polling.signal,
  );
}

function endPolling(): void {
  polling.abort();
  pause.end();
}

/** Ends everything and asks for a key. */
function stop(refusal: string): void {
  endPolling();
  api = null;
  showConnection('none', 'Not connected');
  clearNotice();
  showGate(refusal);
}

function refuseKey(): void {
  stop('The function app refused this key. Keys are listed by: az functionapp keys list');
}

function showList(migrations: readonly MigrationStatus[]): void {
  const ordered = newestFirst(migrations);
  selected ??= firstChoice(ordered, location.hash);
  renderList(ordered, selected, choose);
}

function showStatus(status: MigrationStatus): void {
  shownAt = new Date();
  renderDetail(status);
  speedChart.add(status);
  tableRows.render(status.tables);
  updateListItem(status);
  document.title = titleWords(status);
  announce(announcement(status));
}

function choose(id: string): void {
  if (id === selected || api === null) return;
  selected = id;
  speedChart.clear();
  tableRows.clear();
  clearComplaint();
  byId('detail').hidden = true;
  history.replaceState(null, '', `#${encodeURIComponent(id)}`);
  start(api);
}

/** Does what a click asks for, and says what came of it where nothing did. */
async function onClick(work: (api: Api, id: string) => Promise<void>): Promise<void> {
  if (api === null || selected === null) return;
  clearComplaint();
  try {
    await work(api, selected);
  } catch (error) {
    if (isKeyRefused(error)) refuseKey();
    else complain(error);
  }
}

async function act(action: ControlAction): Promise<void> {
  const buttons = CONTROL_ACTIONS.map((one) => byId(one, HTMLButtonElement));
  for (const button of buttons) button.disabled = true;
  await onClick(async (current, id) => {
    await current.act(id, action);
    announce(`Asked to ${action}`);
  });
  for (const button of buttons) button.disabled = false;
  pause.end();
}

onKeyEntered((entered) => start(createApi(entered)));
byId('forget').addEventListener('click', () => stop(''));
byId('suspend').addEventListener('click', () => void act('suspend'));
byId('resume').addEventListener('click', () => void act('resume'));
byId('cutover').addEventListener('click', () => void act('cutover'));
const dialog = byId('confirm', HTMLDialogElement);
byId('cancel').addEventListener('click', () => dialog.showModal());
byId('confirm-no').addEventListener('click', () => dialog.close());
byId('confirm-yes').addEventListener('click', () => {
  dialog.close();
  void act('cancel');
});
for (const format of FORMATS) {
  byId(`report-${format}`).addEventListener('click', () => {
    void onClick((current, id) => openReport(current, id, format));
  });
}
window.addEventListener('online', () => pause.end());
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) pause.end();
});

const key = storedKey();
if (key === null) showGate('');
else start(createApi(key));
