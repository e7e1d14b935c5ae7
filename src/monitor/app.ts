/**
 * What the live page runs: asks for the function key, polls the API beside it, and sends what is clicked. The build puts it
 * into page.html (`scripts/monitorPage.ts`).
 */

// Before the charts, whose library reads the language.
import './readableLanguage.ts';

import { CONTROL_ACTIONS, type ControlAction } from '../contract/controlAction.ts';
import type { MigrationStatus } from '../contract/migrationStatus.ts';
import { type Api, createApi, isKeyRefused, type ReportFormat } from './api.ts';
import { Charts } from './charts.ts';
import { confirmed } from './confirm.ts';
import { byId, write } from './elements.ts';
import { hideGate, onKeyEntered, refusalOfKey, showGate, storedKey } from './gate.ts';
import { type Listing, ListState } from './listState.ts';
import { firstChoice, markSelected, renderList, updateListItem } from './migrationList.ts';
import { announce, clearComplaint, clearNotice, complain, explainFailure, showAge, showConnection } from './notices.ts';
import { openReport } from './openReport.ts';
import { Pause } from './pause.ts';
import { hashOf, type Place, placeOf } from './place.ts';
import { poll } from './poll.ts';
import { renderDetail } from './renderDetail.ts';
import { clearSeries, showFound, showSeries } from './runOverTime.ts';
import { type Repeat, startAgain } from './startAgain.ts';
import { complainOfStart } from './startComplaint.ts';
import { offerConnections, wireStartForm } from './startForm.ts';
import { announcement, titleWords } from './statusWords.ts';
import { TableRows } from './tableRows.ts';
import { ViewFocus } from './viewFocus.ts';

const FORMATS: readonly ReportFormat[] = ['html', 'text', 'json'];
const REPEATS: readonly Repeat[] = ['migrate', 'restart', 'catch-up'];

/** Null while the key is asked for. */
let api: Api | null = null;
let place: Place = placeOf(location.hash);
/** Id of the migration that is shown: that of the address, else one that the list leads to. */
let selected: string | null = null;
/** When the figures on the page were answered. */
let shownAt: Date | null = null;
let status: MigrationStatus | null = null;
/** Aborted to end the loop for an older key or selection. */
let polling = new AbortController();
const pause = new Pause();
const listState = new ListState();
const charts = new Charts();
const tableRows = new TableRows();
const viewFocus = new ViewFocus();

/** Begins to ask for what is selected, in place of whatever was asked for. */
function start(current: Api): void {
  endPolling();
  api = current;
  polling = new AbortController();
  hideGate();
  showConnection('none', 'Connecting');
  void poll(
    {
      list: () => listState.load(current),
      status: (id) => current.status(id),
      showSeries: (id, isCurrent) => showSeries(current, charts, id, isCurrent),
      selected: () => selected,
      showList,
      showStatus,
      showMissing,
      onSuccess: () => {
        shownAt = new Date();
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
  shownAt = null;
  showConnection('none', 'Not connected');
  clearNotice();
  showGate(refusal);
}

function refuseKey(): void {
  stop(refusalOfKey(location));
}

function showList(listing: Listing): void {
  // Where the address names none, the first that there is stands beside the list.
  if (place.what === 'list') selected ??= firstChoice(listing);
  // Whoever has only dry runs yet should not have to look for them.
  const isEmpty = listing.underWay.length + listing.page.migrations.length === 0;
  if (isEmpty && listing.dryRuns === null && !listState.isPart) byId('dry-runs', HTMLDetailsElement).open = true;
  renderList(listing, listState, selected, (id) => {
    location.hash = hashOf(id);
  });
}

function showStatus(told: MigrationStatus): void {
  status = told;
  renderDetail(told);
  viewFocus.arrive('detail-title');
  tableRows.render(told);
  updateListItem(told);
  document.title = titleWords(told);
  announce(announcement(told));
  if (api !== null) void showFound(api, told);
}

function showMissing(id: string): void {
  byId('detail').hidden = true;
  byId('missing').hidden = false;
  write(byId('missing-id'), id);
  viewFocus.arrive('missing-title');
}

/** Shows what the address asks for, from the beginning. */
function go(): void {
  place = placeOf(location.hash);
  selected = place.what === 'migration' ? place.id : null;
  status = null;
  charts.clear();
  clearSeries();
  tableRows.clear();
  clearComplaint();
  byId('detail').hidden = true;
  byId('missing').hidden = true;
  byId('start').hidden = place.what !== 'new';
  // On a phone there is room for one of both.
  byId('monitor').className = place.what === 'list' ? 'layout shows-list' : 'layout shows-one';
  markSelected(selected);
  document.title = 'MLflow migrations';
  window.scrollTo(0, 0);
  if (api === null) return;
  if (place.what === 'new') void offer(api);
  start(api);
}

/** Shows it to somebody who has gone there, and takes the keyboard along. `from` as {@link ViewFocus.move} takes it. */
function visit(from: Place | null): void {
  go();
  if (api !== null) viewFocus.move(from, place);
}

async function offer(current: Api): Promise<void> {
  try {
    offerConnections(await current.connections());
    // Whoever has gone on meanwhile stays there.
    if (document.activeElement === document.body || document.activeElement === byId('start-title'))
      byId('start-name').focus();
  } catch (error) {
    if (isKeyRefused(error)) refuseKey();
    else complain(error, complainOfStart);
  }
}

/** Does what a click asks for, and says what came of it where nothing did. */
async function onClick(work: (api: Api, id: string) => Promise<void>, told?: (words: string) => void): Promise<void> {
  if (api === null) return;
  clearComplaint();
  try {
    await work(api, selected ?? '');
  } catch (error) {
    if (isKeyRefused(error)) refuseKey();
    else complain(error, told);
  }
}

async function act(action: ControlAction): Promise<void> {
  const buttons = CONTROL_ACTIONS.map((one) => byId(one, HTMLButtonElement));
  const shown = selected;
  for (const button of buttons) button.disabled = true;
  await onClick(async (current, id) => {
    await current.act(id, action);
    announce(`Asked to ${action}`);
  });
  for (const button of buttons) button.disabled = false;
  // One that is disabled loses the focus, which the next answer hands on where the button goes.
  if (document.activeElement === document.body && selected === shown) byId(action).focus();
  pause.end();
}

async function cancel(): Promise<void> {
  const consent = await confirmed({
    title: 'Cancel this migration?',
    text: 'It stops after the batches that are being written. What was copied stays in the target, and starting it again goes on from there.',
    yes: 'Cancel the migration',
    no: 'Let it run',
    isDangerous: true,
  });
  if (consent !== null) await act('cancel');
}

/** Leads to a run that was started: also where the address names it already. */
function lead(id: string): void {
  if (location.hash === hashOf(id)) visit(place);
  else location.hash = hashOf(id);
}

/** Looks at the list anew, as something else of it is asked for. */
function relist(): void {
  if (api !== null) start(api);
}

onKeyEntered((entered) => {
  api = createApi(entered);
  visit(null);
});
byId('forget').addEventListener('click', () => stop(''));
for (const action of ['suspend', 'resume', 'cutover'] as const)
  byId(action).addEventListener('click', () => void act(action));
byId('cancel').addEventListener('click', () => void cancel());
for (const repeat of REPEATS) {
  byId(repeat).addEventListener('click', () => {
    void onClick(async (current) => {
      const id = status === null ? null : await startAgain(current, status, repeat);
      if (id !== null) lead(id);
    });
  });
}
for (const format of FORMATS) {
  byId(`report-${format}`).addEventListener('click', () => {
    void onClick((current, id) => openReport(current, id, format));
  });
}
wireStartForm((body) => {
  void onClick(async (current) => lead(await current.start(body)), complainOfStart);
});
byId('filter').addEventListener('submit', (event) => event.preventDefault());
byId('search').addEventListener('input', () => {
  listState.search = byId('search', HTMLInputElement).value.trim();
  listState.reset();
  relist();
});
byId('status-filter').addEventListener('change', () => {
  listState.status = byId('status-filter', HTMLSelectElement).value;
  listState.reset();
  relist();
});
byId('newer').addEventListener('click', () => {
  listState.newer();
  relist();
});
byId('older').addEventListener('click', () => {
  listState.older();
  relist();
});
byId('dry-runs').addEventListener('toggle', () => {
  listState.showsDryRuns = byId('dry-runs', HTMLDetailsElement).open;
  relist();
});
setInterval(() => showAge(shownAt, new Date()), 1000);
window.addEventListener('hashchange', () => visit(place));
window.addEventListener('online', () => pause.end());
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) pause.end();
});

const key = storedKey();
if (key !== null) api = createApi(key);
go();
if (key === null) showGate('');
