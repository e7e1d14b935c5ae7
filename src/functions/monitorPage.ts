import { createHash } from 'node:crypto';
import { html, SafeHtml } from '../report/html/html.ts';
import { MONITOR_SCRIPT } from './monitorScript.ts';
import { MONITOR_STYLE } from './monitorStyle.ts';

const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Crect width='16' height='16' rx='4' fill='%232563d4'/%3E%3Cpath d='M4 8h7M8 5l3 3-3 3' fill='none' stroke='white' stroke-width='2'/%3E%3C/svg%3E";

const scriptHash = createHash('sha256').update(MONITOR_SCRIPT).digest('base64');

/**
 * Value of the `Content-Security-Policy` header to serve the page with: its own script and nothing else runs, and it speaks to
 * nobody but its own origin. Inline style is let through because a report opened from the page inherits this policy.
 */
export const MONITOR_PAGE_CSP = [
  "default-src 'none'",
  `script-src 'sha256-${scriptHash}'`,
  "style-src 'unsafe-inline'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
].join('; ');

/** The live page (design §1, `GET /api/monitor`): holds no data and no secret, asks for a function key and polls the API beside it. */
export const MONITOR_PAGE_HTML: string = html`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8" />
<meta name="viewport" content="width=device-width, initial-scale=1" />
<meta name="referrer" content="no-referrer" />
<title>MLflow migrations</title>
<link rel="icon" href="${ICON}" />
<style>${new SafeHtml(MONITOR_STYLE)}</style>
</head>
<body>
<div class="page">
<header class="top">
  <div><p>MLflow, PostgreSQL → MongoDB</p><h1>Migrations</h1></div>
  <div class="state"><span><span class="dot" id="dot"></span><span id="connection" role="status">Not connected</span></span>
  <button type="button" class="quiet" id="forget" hidden="">Forget key</button></div>
</header>
<main>
<noscript><p class="notice">This page needs JavaScript to ask the function app for progress.</p></noscript>
<div class="notice" id="notice" role="alert" hidden=""><strong id="notice-title"></strong><span id="notice-detail"></span></div>

<section class="panel gate" id="gate" aria-labelledby="gate-title" hidden="">
  <h2 id="gate-title">Function key</h2>
  <p class="soft">Progress is shown to those who hold a key of this function app. It stays in this tab until the tab is closed.</p>
  <form id="gate-form" autocomplete="off">
    <label for="key">Key</label>
    <input id="key" name="key" type="password" autocomplete="off" spellcheck="false" required="" aria-describedby="refused" />
    <p class="refused" id="refused" role="alert" hidden=""></p>
    <button type="submit" class="primary">Show migrations</button>
  </form>
</section>

<div class="layout" id="monitor" hidden="">
  <nav class="panel" aria-labelledby="list-title"><h2 id="list-title">All migrations</h2>
    <p class="soft" id="none" hidden="">None yet. Start one with POST /api/migrations or npm run migrate.</p>
    <ul class="list" id="list"></ul></nav>
  <div id="detail" hidden="">
    <section class="panel" aria-labelledby="name">
      <div class="head"><div>
        <h2><span id="name"></span><span id="status" class="badge"></span><span id="kind" class="badge" hidden=""></span></h2>
        <p class="route"><code id="source"></code> → <code id="target"></code></p>
        <p class="route">Id <code id="id"></code></p></div>
        <div class="actions">
          <button type="button" id="suspend" hidden="">Suspend</button>
          <button type="button" id="resume" class="primary" hidden="">Resume</button>
          <button type="button" id="cancel" class="danger" hidden="">Cancel</button></div>
      </div>
      <p class="complaint" id="complaint" role="alert" hidden=""></p>
      <p class="complaint" id="interruption" hidden=""></p>
      <ol class="phases" id="phases" aria-label="Phases"></ol>
      <div class="overall"><span class="percent" id="percent"></span><span class="soft" id="left"></span></div>
      <div class="meter" id="meter" role="progressbar" aria-label="Copy and validation" aria-valuemin="0" aria-valuemax="100" aria-valuenow="0"><div></div></div>
      <dl class="cards">
        <div><dt>Rows copied</dt><dd id="copied"></dd></div>
        <div><dt>Rows validated</dt><dd id="validated"></dd></div>
        <div><dt>Errors</dt><dd id="errors"></dd></div>
        <div><dt>Rows per second</dt><dd id="rate"></dd></div>
        <div><dt>Data per second</dt><dd id="bytes"></dd></div>
        <div><dt>Throttled requests</dt><dd id="throttled"></dd></div>
        <div><dt>Request units</dt><dd id="units"></dd></div>
        <div><dt>Time</dt><dd id="elapsed"></dd></div>
      </dl>
    </section>
    <section class="panel" id="reports" aria-labelledby="reports-title" hidden="">
      <div class="head"><h3 id="reports-title">Report</h3><div class="actions">
        <button type="button" class="primary" data-format="html">Open report</button>
        <button type="button" data-format="text">Text</button>
        <button type="button" data-format="json">JSON</button></div></div>
    </section>
    <section class="panel" id="failures-panel" aria-labelledby="failures-title" hidden=""><h3 id="failures-title">What went wrong</h3><ul class="failures" id="failures"></ul></section>
    <section class="panel" id="spark-panel" aria-labelledby="spark-title" hidden=""><h3 id="spark-title">Pace</h3><p class="soft" id="spark-most"></p>
      <svg class="spark" viewBox="0 0 100 40" preserveAspectRatio="none" aria-hidden="true"><polygon id="spark-area" points="" /><polyline id="spark-line" points="" /></svg></section>
    <section class="panel" aria-labelledby="tables-title"><h3 id="tables-title">Tables</h3>
      <p class="key"><span><i class="copied"></i>copied</span><span><i class="validated"></i>validated</span></p>
      <ul class="tables" id="tables"></ul><p class="soft" id="empty"></p></section>
  </div>
</div>
</main>
<p class="unseen" id="announcer" role="status" aria-live="polite"></p>
<dialog id="confirm" aria-labelledby="confirm-title"><h2 id="confirm-title">Cancel this migration?</h2>
  <p>It stops after the batches that are being written. What was copied stays in the target, and a later start with --resume goes on from there.</p>
  <div class="actions"><button type="button" id="confirm-no">Let it run</button><button type="button" class="danger" id="confirm-yes">Cancel the migration</button></div></dialog>
</div>
<script>${new SafeHtml(MONITOR_SCRIPT)}</script>
</body>
</html>
`.markup;
