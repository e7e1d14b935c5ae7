import { MONITOR_RENDERING } from './monitorRendering.ts';

/**
 * What the live page runs. Plain JavaScript in a string: the bundler would put helpers into functions that no browser has.
 * Answers of the API become text nodes and numbers only, never markup. The key lives in the session storage of this tab and
 * travels in a header, never in a URL.
 */
export const MONITOR_SCRIPT = String.raw`
'use strict';
(function () {
  var KEY_NAME = 'mlflow-migrate.function-key';
  var POLL_MS = 1000;
  var LIST_MS = 5000;
  var HIDDEN_MS = 10000;
  var MAX_WAIT_MS = 10000;
  var REQUEST_TIMEOUT_MS = 15000;
  var SAMPLES = 120;
  var FINAL = ['completed', 'completed-with-errors', 'failed', 'cancelled'];
  var KIND_WORDS = { analysis: 'Dry run', comparison: 'Comparison' };
  var STATUS_WORDS = {
    pending: 'Pending', running: 'Running', suspending: 'Suspending', suspended: 'Suspended', resuming: 'Resuming',
    cancelling: 'Cancelling', interrupted: 'Interrupted', completed: 'Completed',
    'completed-with-errors': 'Completed with errors', failed: 'Failed', cancelled: 'Cancelled',
  };
  // The API stands beside the page, whatever the route prefix is.
  var API = location.pathname.replace(/\/monitor\/?$/, '') + '/';
  var $ = function (id) { return document.getElementById(id); };
  var whole = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
  var tenths = new Intl.NumberFormat('en-US', { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  var key = sessionStorage.getItem(KEY_NAME);
  var selected = null;
  var shown = null;
  var samples = [];
  var rows = new Map();
  var announced = '';
  // Raised to end the loops that run for an older key or selection.
  var generation = 0;
  var wake = function () {};

  function ApiError(status, body) {
    this.status = status;
    this.message = (body && body.error && body.error.message) || 'The function app answered with status ' + status;
    this.hint = (body && body.error && body.error.hint) || '';
  }

  function request(path, method) {
    return fetch(API + path, {
      method: method || 'GET', cache: 'no-store', redirect: 'error', referrerPolicy: 'no-referrer',
      headers: { 'x-functions-key': key }, signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    }).then(function (response) {
      if (response.ok) return response;
      return response.json().catch(function () { return null; }).then(function (body) {
        throw new ApiError(response.status, body);
      });
    });
  }

  function idPath(id, action) {
    return 'migrations/' + encodeURIComponent(id) + (action ? '/' + action : '');
  }

  function readJson(path) {
    return request(path).then(function (response) { return response.json(); });
  }

${MONITOR_RENDERING}
  // ---- key, connection, polling ----
  function showGate(refusal) {
    generation += 1;
    wake();
    key = null;
    sessionStorage.removeItem(KEY_NAME);
    $('monitor').hidden = true;
    $('gate').hidden = false;
    $('forget').hidden = true;
    $('refused').hidden = !refusal;
    write($('refused'), refusal || '');
    connection('', 'Not connected');
    notice('');
    $('key').value = '';
    $('key').focus();
  }

  function isRefusal(error) {
    return error instanceof ApiError && (error.status === 401 || error.status === 403);
  }

  // True where the failure ends the session: the key was refused.
  function explain(error) {
    if (isRefusal(error)) {
      showGate('The function app refused this key. Keys are listed by: az functionapp keys list');
      return true;
    }
    if (error instanceof ApiError) {
      connection('live', 'Connected');
      notice(error.message, error.hint);
      return false;
    }
    connection('offline', 'Offline');
    var since = shown ? ' The figures are those of ' + shown.toLocaleTimeString() + '.' : '';
    notice('The function app cannot be reached', 'Trying again until it answers.' + since + ' A migration under way goes on without this page.');
    return false;
  }

  function pause(ms) {
    return new Promise(function (resolve) {
      var timer = setTimeout(resolve, ms);
      wake = function () { clearTimeout(timer); resolve(); };
    });
  }

  // One loop for all: the list now and then, the chosen migration every second until it has ended.
  function run(mine) {
    var failures = 0;
    var listedAt = 0;
    var ended = null;
    function step() {
      if (mine !== generation) return Promise.resolve();
      var now = Date.now();
      var due = now - listedAt >= LIST_MS;
      var chosen = selected;
      var work = due ? readJson('migrations').then(function (answer) {
        if (mine !== generation) return;
        listedAt = now;
        renderList(answer.migrations || []);
        chosen = selected;
      }) : Promise.resolve();
      return work.then(function () {
        if (mine !== generation || chosen === null || chosen === ended) return;
        return readJson(idPath(chosen)).then(function (status) {
          if (mine !== generation || chosen !== selected) return;
          render(status);
          ended = isFinal(status.status) ? chosen : null;
        });
      }).then(function () {
        if (mine !== generation) return;
        failures = 0;
        connection('live', 'Live');
        notice('');
      }, function (error) {
        if (mine !== generation || explain(error)) return;
        failures += 1;
        listedAt = 0;
      }).then(function () {
        if (mine !== generation) return;
        var wait = failures > 0 ? Math.min(MAX_WAIT_MS, POLL_MS * Math.pow(2, failures - 1)) : POLL_MS;
        return pause(document.hidden ? Math.max(wait, HIDDEN_MS) : wait).then(step);
      });
    }
    return step();
  }

  function start() {
    generation += 1;
    wake();
    $('gate').hidden = true;
    $('monitor').hidden = false;
    $('forget').hidden = false;
    connection('', 'Connecting');
    run(generation);
  }

  function choose(id) {
    if (id === selected) return;
    selected = id;
    samples = [];
    clearComplaint();
    rows.clear();
    fill($('tables'), []);
    $('detail').hidden = true;
    history.replaceState(null, '', '#' + encodeURIComponent(id));
    start();
  }

  // ---- actions ----
  function renderActions(status) {
    var final = isFinal(status.status);
    var stopping = status.status === 'suspended' || status.status === 'suspending';
    var cancelling = status.status === 'cancelling';
    $('suspend').hidden = final || stopping || cancelling;
    $('resume').hidden = !stopping;
    $('cancel').hidden = final || cancelling;
    $('reports').hidden = !final;
  }

  // What a click led to stays until the next click: the next answer to the poll would wipe it away otherwise.
  function complain(error) {
    if (isRefusal(error)) return explain(error);
    var words = error instanceof ApiError ? error.message + '. ' + error.hint : 'The function app cannot be reached. Try again.';
    write($('complaint'), words);
    $('complaint').hidden = false;
    return false;
  }

  function clearComplaint() {
    $('complaint').hidden = true;
    write($('complaint'), '');
  }

  function act(action) {
    var id = selected;
    clearComplaint();
    var buttons = ['suspend', 'resume', 'cancel'].map($);
    buttons.forEach(function (button) { button.disabled = true; });
    return request(idPath(id, action), 'POST').then(function () {
      say('Asked to ' + action);
    }).catch(complain).then(function () {
      buttons.forEach(function (button) { button.disabled = false; });
      if (key !== null) wake();
    });
  }

  function openReport(format) {
    var id = selected;
    clearComplaint();
    // Opened while the click counts as one: after the answer the browser would take it for a pop-up.
    var tab = window.open('', '_blank');
    if (tab) tab.opener = null;
    return request(idPath(id, 'report') + (format === 'json' ? '' : '?format=' + format)).then(function (response) {
      return response.blob();
    }).then(function (blob) {
      var url = URL.createObjectURL(blob);
      setTimeout(function () { URL.revokeObjectURL(url); }, 60000);
      if (tab) { tab.location.replace(url); return; }
      var link = make('a');
      link.href = url;
      link.download = 'report-' + id + '.' + (format === 'text' ? 'txt' : format);
      link.click();
    }).catch(function (error) {
      if (tab) tab.close();
      complain(error);
    });
  }

  $('gate-form').addEventListener('submit', function (event) {
    event.preventDefault();
    var entered = $('key').value.trim();
    // A header holds no other characters: the browser would refuse to send it.
    if (!/^[\x21-\x7e]+$/.test(entered)) {
      $('refused').hidden = false;
      write($('refused'), 'A key is a line of letters, digits and signs, without spaces.');
      return;
    }
    key = entered;
    sessionStorage.setItem(KEY_NAME, key);
    $('key').value = '';
    start();
  });
  $('forget').addEventListener('click', function () { showGate(''); });
  $('suspend').addEventListener('click', function () { act('suspend'); });
  $('resume').addEventListener('click', function () { act('resume'); });
  $('cancel').addEventListener('click', function () { $('confirm').showModal(); });
  $('confirm-no').addEventListener('click', function () { $('confirm').close(); });
  $('confirm-yes').addEventListener('click', function () { $('confirm').close(); act('cancel'); });
  Array.from(document.querySelectorAll('[data-format]')).forEach(function (button) {
    button.addEventListener('click', function () { openReport(button.dataset.format); });
  });
  window.addEventListener('online', function () { wake(); });
  document.addEventListener('visibilitychange', function () { if (!document.hidden) wake(); });

  if (key === null) showGate('');
  else start();
})();
`;
