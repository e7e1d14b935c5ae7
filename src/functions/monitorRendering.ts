/**
 * The part of the live page's script that turns answers of the API into words, figures and elements: text nodes and numbers
 * only, never markup. It stands within the function of `monitorScript.ts` and uses that one's variables.
 */
export const MONITOR_RENDERING = `
  // ---- words and figures ----
  function count(value) { return whole.format(value || 0); }
  function bytes(value) {
    var units = ['B', 'kB', 'MB', 'GB', 'TB'];
    var unit = 0;
    while (value >= 999.95 && unit < units.length - 1) { value /= 1000; unit += 1; }
    return (unit === 0 ? whole : tenths).format(value) + ' ' + units[unit];
  }
  function duration(seconds) {
    var s = Math.max(0, Math.round(seconds));
    if (s < 60) return s + ' s';
    if (s < 3600) return Math.floor(s / 60) + ' min ' + String(s % 60).padStart(2, '0') + ' s';
    return Math.floor(s / 3600) + ' h ' + String(Math.floor((s % 3600) / 60)).padStart(2, '0') + ' min';
  }
  function instant(iso) {
    var date = new Date(iso);
    return isNaN(date) ? String(iso) : date.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  }
  function share(part, of) { return of > 0 ? Math.min(100, (100 * part) / of) : 0; }
  function isFinal(status) { return FINAL.indexOf(status) >= 0; }

  // ---- page ----
  function make(tag, className, text) {
    var element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }
  function write(element, text) { if (element.textContent !== text) element.textContent = text; }
  function fill(list, items) { list.replaceChildren.apply(list, items); }
  function badge(element, status) {
    element.className = 'badge ' + status;
    write(element, STATUS_WORDS[status] || status);
    return element;
  }
  function notice(title, detail) {
    $('notice').hidden = !title;
    write($('notice-title'), title || '');
    write($('notice-detail'), detail || '');
  }
  function connection(kind, words) {
    $('dot').className = 'dot ' + kind;
    write($('connection'), words);
  }
  function say(words) {
    if (words === announced) return;
    announced = words;
    write($('announcer'), words);
  }

  // ---- list ----
  function renderList(migrations) {
    var ordered = migrations.slice().sort(function (left, right) {
      return String(right.startedAt || '9').localeCompare(String(left.startedAt || '9'));
    });
    $('none').hidden = ordered.length > 0;
    var focused = document.activeElement && document.activeElement.dataset ? document.activeElement.dataset.id : undefined;
    if (selected === null) {
      var wanted = decodeURIComponent(location.hash.slice(1));
      var first = ordered.find(function (one) { return one.id === wanted; }) ||
        ordered.find(function (one) { return !isFinal(one.status); }) || ordered[0];
      selected = first ? first.id : null;
    }
    fill($('list'), ordered.map(function (one) {
      var button = make('button');
      button.type = 'button';
      button.dataset.id = one.id;
      button.setAttribute('aria-current', String(one.id === selected));
      button.append(make('span', 'name', one.name || one.id));
      button.append(renderLine(make('span', 'line'), one));
      button.addEventListener('click', function () { choose(one.id); });
      var item = make('li');
      item.append(button);
      return item;
    }));
    if (focused !== undefined) {
      var again = Array.from($('list').querySelectorAll('button')).find(function (one) { return one.dataset.id === focused; });
      if (again) again.focus();
    }
  }

  // What the list says of one: how it stands, and how far it is or when it began.
  function renderLine(line, one) {
    var when = one.startedAt ? instant(one.startedAt) : '';
    fill(line, [badge(make('span'), one.status), make('span', '', isFinal(one.status) ? when : Math.floor(one.percent || 0) + ' %')]);
    return line;
  }

  // ---- one migration ----
  function render(status) {
    shown = new Date();
    $('detail').hidden = false;
    write($('name'), status.name || status.id);
    badge($('status'), status.status);
    $('kind').hidden = KIND_WORDS[status.kind] === undefined;
    write($('kind'), KIND_WORDS[status.kind] || '');
    write($('source'), status.source || '…');
    write($('target'), status.target || '…');
    write($('id'), status.id);
    renderPhases(status);
    renderProgress(status);
    renderFigures(status);
    renderSpark(status);
    renderTables(status);
    renderFailures(status.failures || []);
    renderInterruption(status);
    renderActions(status);
    Array.from($('list').querySelectorAll('button')).forEach(function (button) {
      button.setAttribute('aria-current', String(button.dataset.id === status.id));
      if (button.dataset.id === status.id) renderLine(button.querySelector('.line'), status);
    });
    document.title = (isFinal(status.status) ? STATUS_WORDS[status.status] : Math.floor(status.percent || 0) + ' %') + ' · ' + (status.name || status.id);
    say((STATUS_WORDS[status.status] || status.status) + (isFinal(status.status) ? '' : ', phase ' + status.phase));
  }

  // Green what was done, red where it stopped, grey what was not reached; of a run that stopped nobody knows where, nothing.
  function renderPhases(status) {
    var isDone = status.status === 'completed' || status.status === 'completed-with-errors';
    var at = status.phases.indexOf(isFinal(status.status) ? status.endedIn : status.phase);
    fill($('phases'), status.phases.map(function (phase, index) {
      var item = make('li', isDone || index < at ? 'past' : '', phase);
      if (isDone || index !== at) return item;
      item.setAttribute('aria-current', 'step');
      if (isFinal(status.status) || status.status === 'interrupted') item.className = 'stopped';
      return item;
    }));
  }

  function renderProgress(status) {
    var percent = Math.max(0, Math.min(100, status.percent || 0));
    write($('percent'), (percent < 100 ? Math.floor(percent * 10) / 10 : 100) + ' %');
    var left = '';
    if (status.silentSince && status.status !== 'interrupted') left = 'no sign of life since ' + instant(status.silentSince);
    else if (!isFinal(status.status) && status.status !== 'running' && status.status !== 'pending') left = status.status;
    else if (!isFinal(status.status)) left = status.secondsLeft === null || status.secondsLeft === undefined ? 'time left not known yet' : duration(status.secondsLeft) + ' left';
    write($('left'), left);
    var meter = $('meter');
    meter.className = 'meter' + (status.status === 'completed' ? ' good' : status.status === 'failed' || status.status === 'completed-with-errors' ? ' bad' : '');
    meter.setAttribute('aria-valuenow', String(Math.floor(percent)));
    meter.firstElementChild.style.width = percent + '%';
  }

  function renderFigures(status) {
    var totals = status.totals || {};
    var active = status.status === 'running';
    write($('copied'), count(totals.copied) + ' of ' + count(totals.total));
    write($('validated'), count(totals.validated));
    write($('errors'), count(totals.errors));
    $('errors').parentElement.className = totals.errors > 0 ? 'bad' : '';
    write($('rate'), active ? count(status.rowsPerSecond) + '/s' : '–');
    write($('bytes'), active ? bytes(status.bytesPerSecond || 0) + '/s' : '–');
    write($('throttled'), count(status.throttled));
    write($('units'), status.requestUnits === null || status.requestUnits === undefined ? 'none' : count(status.requestUnits) + ' RU');
    var begun = Date.parse(status.startedAt);
    var until = status.finishedAt ? Date.parse(status.finishedAt) : Date.now();
    write($('elapsed'), isNaN(begun) || isNaN(until) ? '–' : duration((until - begun) / 1000));
  }

  function renderSpark(status) {
    if (status.status === 'running') samples = samples.concat(status.rowsPerSecond || 0).slice(-SAMPLES);
    var drawn = samples.length > 1;
    $('spark-panel').hidden = !drawn;
    if (!drawn) return;
    var most = Math.max.apply(null, samples.concat(1));
    var points = samples.map(function (rate, index) {
      return ((100 * index) / (samples.length - 1)).toFixed(2) + ',' + (38 - (36 * rate) / most).toFixed(2);
    });
    $('spark-line').setAttribute('points', points.join(' '));
    $('spark-area').setAttribute('points', '0,40 ' + points.join(' ') + ' 100,40');
    write($('spark-most'), 'The last ' + samples.length + ' answers, at most ' + count(most) + ' rows/s');
  }

  function renderTables(status) {
    var entries = Object.entries(status.tables || {});
    var filled = entries.filter(function (entry) { return entry[1].total > 0 || entry[1].errors > 0; });
    var names = new Set(filled.map(function (entry) { return entry[0]; }));
    rows.forEach(function (row, name) { if (!names.has(name)) { row.item.remove(); rows.delete(name); } });
    filled.sort(function (left, right) { return right[1].total - left[1].total || (left[0] < right[0] ? -1 : 1); });
    filled.forEach(function (entry, index) {
      var row = rows.get(entry[0]);
      if (!row) { row = makeRow(entry[0]); rows.set(entry[0], row); }
      if ($('tables').children[index] !== row.item) $('tables').insertBefore(row.item, $('tables').children[index] || null);
      fillRow(row, entry[1]);
    });
    var empty = entries.length - filled.length;
    write($('empty'), empty === 0 ? '' : empty + (empty === 1 ? ' more table is empty.' : ' more tables are empty.'));
  }

  function makeRow(name) {
    var item = make('li');
    var bar = make('div', 'bar');
    var copied = make('div', 'copied');
    var validated = make('div', 'validated');
    bar.setAttribute('aria-hidden', 'true');
    bar.append(copied, validated);
    var label = make('span', 'mono', name);
    var numbers = make('span', 'count');
    item.append(label, bar, numbers);
    return { item: item, copied: copied, validated: validated, numbers: numbers };
  }

  function fillRow(row, table) {
    row.copied.style.width = share(table.copied, table.total) + '%';
    row.validated.style.width = share(table.validated, table.total) + '%';
    row.item.className = table.errors > 0 ? 'faulty' : '';
    var words = count(table.copied) + ' of ' + count(table.total);
    if (table.validated > 0) words += ', ' + Math.floor(share(table.validated, table.total)) + ' % validated';
    if (table.errors > 0) words += ', ' + count(table.errors) + ' errors';
    write(row.numbers, words);
  }

  function renderInterruption(status) {
    $('interruption').hidden = status.status !== 'interrupted';
    var since = status.lastSignAt ? ' since ' + instant(status.lastSignAt) : '';
    write($('interruption'), 'No process has given a sign of life' + since + '. It goes on by itself when the function app is back; a local one with mlflow-migrate --resume --name ' + (status.name || status.id) + '.');
  }

  function renderFailures(failures) {
    $('failures-panel').hidden = failures.length === 0;
    fill($('failures'), failures.map(function (failure) {
      var item = make('li');
      item.append(make('p', '', failure.message), make('p', 'soft', failure.hint));
      return item;
    }));
  }
`;
