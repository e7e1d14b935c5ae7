import { THEME } from '../report/html/theme.ts';

/** Style of the live page; colours are those of the report. */
export const MONITOR_STYLE = `
${THEME}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink); overflow-wrap: break-word;
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
}
h1, h2, h3, p, ul, ol, dl, dd { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 22px; letter-spacing: -0.015em; line-height: 1.2; }
h2 { font-size: 17px; line-height: 1.3; } h3 { font-size: 15px; line-height: 1.3; }
.page { max-width: 1200px; margin: 0 auto; padding: 24px; }
.top { display: flex; flex-wrap: wrap; gap: 8px 20px; align-items: center; justify-content: space-between; margin-bottom: 16px; }
.top p { color: var(--soft); font-size: 13px; font-weight: 600; }
.state { display: flex; gap: 12px; align-items: center; font-size: 14px; color: var(--soft); }
.dot { display: inline-block; width: 9px; height: 9px; border-radius: 50%; background: var(--other); margin-right: 7px; }
.dot.live { background: var(--good); } .dot.offline { background: var(--bad); }
.soft { color: var(--soft); }
.mono, code { font-family: var(--mono); font-size: 0.92em; overflow-wrap: anywhere; }
.panel { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; padding: 18px 20px; min-width: 0; }
.panel + .panel { margin-top: 14px; }
.layout { display: grid; grid-template-columns: 280px minmax(0, 1fr); gap: 14px; align-items: start; }
.notice { border: 1px solid var(--bad); border-left-width: 6px; background: var(--bad-ground); border-radius: 12px; padding: 12px 16px; margin-bottom: 14px; overflow-wrap: anywhere; }
.notice strong { color: var(--bad); display: block; }
.gate { max-width: 480px; margin: 8vh auto 0; }
.gate label { display: block; font-weight: 600; margin: 14px 0 4px; }
.gate input { width: 100%; font: inherit; color: var(--ink); background: var(--sunken); border: 1px solid var(--soft); border-radius: 9px; padding: 9px 12px; }
.gate p.soft { font-size: 14px; margin-top: 6px; }
.gate .refused { color: var(--bad); font-weight: 600; margin-top: 12px; }
button, .button {
  font: inherit; font-size: 14px; font-weight: 600; color: var(--ink); background: var(--surface); border: 1px solid var(--soft);
  border-radius: 9px; padding: 6px 14px; cursor: pointer; min-height: 36px;
}
button:hover:not(:disabled) { background: var(--sunken); }
button:disabled { opacity: 0.55; cursor: default; }
button.primary { background: var(--accent-ink); border-color: var(--accent-ink); color: var(--surface); }
button.primary:hover:not(:disabled) { background: var(--accent-ink); filter: brightness(1.08); }
button.danger { color: var(--bad); border-color: var(--bad); }
button.quiet { border-color: transparent; background: none; color: var(--accent-ink); padding: 4px 8px; min-height: 30px; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.gate button { margin-top: 16px; }
.list li + li { margin-top: 6px; }
.list { margin-top: 10px; }
.list button { display: block; width: 100%; text-align: left; border-color: var(--line); padding: 9px 12px; font-weight: 400; }
.list button[aria-current="true"] { border-color: var(--accent); background: var(--sunken); box-shadow: inset 3px 0 0 var(--accent); }
.list .name { font-weight: 600; display: block; overflow-wrap: anywhere; }
.list .line { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 8px; align-items: center; font-size: 13px; color: var(--soft); margin-top: 2px; }
.badge { display: inline-block; font-size: 12px; font-weight: 600; line-height: 1.5; padding: 1px 9px; border-radius: 99px; background: var(--sunken); border: 1px solid var(--line); color: var(--soft); white-space: nowrap; }
.badge.running, .badge.pending, .badge.resuming { color: var(--accent-ink); border-color: var(--accent); }
.badge.completed { background: var(--good-ground); color: var(--good); border-color: transparent; }
.badge.failed, .badge.completed-with-errors, .badge.interrupted { background: var(--bad-ground); color: var(--bad); border-color: transparent; }
.badge.suspending, .badge.suspended, .badge.cancelling, .badge.cancelled { background: var(--note-ground); color: var(--note); border-color: transparent; }
.head { display: flex; flex-wrap: wrap; gap: 8px 14px; justify-content: space-between; align-items: center; }
.head > div { min-width: 0; }
.head h2 { font-size: 20px; overflow-wrap: anywhere; display: flex; flex-wrap: wrap; gap: 4px 10px; align-items: center; }
.actions { display: flex; flex-wrap: wrap; gap: 8px; }
.route { font-size: 14px; color: var(--soft); margin-top: 4px; }
.route code { color: var(--ink); }
.complaint { color: var(--bad); font-weight: 600; margin-top: 10px; overflow-wrap: anywhere; }
.phases { display: flex; flex-wrap: wrap; gap: 6px; margin-top: 14px; font-size: 13px; }
.phases li { padding: 2px 11px; border-radius: 99px; border: 1px solid var(--line); color: var(--soft); }
.phases li.past { border-color: var(--good); color: var(--good); }
.phases li[aria-current="step"] { background: var(--accent-ink); border-color: var(--accent-ink); color: var(--surface); font-weight: 600; }
.phases li.stopped { background: var(--bad); border-color: var(--bad); color: var(--surface); font-weight: 600; }
.overall { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; margin-top: 16px; }
.overall .percent { font-size: 28px; font-weight: 650; letter-spacing: -0.02em; font-variant-numeric: tabular-nums; }
.meter { height: 14px; border-radius: 7px; background: var(--sunken); border: 1px solid var(--line); overflow: hidden; margin-top: 6px; }
.meter div { height: 100%; width: 0; background: var(--accent); transition: width 0.4s linear; }
.meter.good div { background: var(--good); } .meter.bad div { background: var(--bad); }
.cards { display: grid; grid-template-columns: repeat(4, minmax(0, 1fr)); gap: 10px 20px; margin-top: 16px; }
.cards dt { color: var(--soft); font-size: 13px; }
.cards dd { font-size: 18px; font-weight: 650; font-variant-numeric: tabular-nums; line-height: 1.3; overflow-wrap: anywhere; }
.cards .bad dd { color: var(--bad); }
.spark { display: block; width: 100%; height: 64px; margin-top: 8px; }
.spark polyline { fill: none; stroke: var(--accent); stroke-width: 2; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.spark polygon { fill: var(--accent-soft); opacity: 0.45; }
.tables { margin-top: 10px; }
.tables li { display: grid; grid-template-columns: minmax(110px, 220px) minmax(0, 1fr) 270px; gap: 0 12px; align-items: center; padding: 4px 0; font-size: 14px; }
.tables .bar { position: relative; height: 12px; border-radius: 6px; background: var(--sunken); border: 1px solid var(--line); overflow: hidden; }
.tables .bar div { position: absolute; inset: 0 auto 0 0; width: 0; transition: width 0.4s linear; }
.tables .copied { background: var(--accent); } .tables .validated { background: var(--good); }
.tables .count { font-variant-numeric: tabular-nums; color: var(--soft); overflow-wrap: anywhere; }
.tables .count strong { color: var(--ink); font-weight: 600; }
.tables .faulty .count { color: var(--bad); }
.key { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft); margin-top: 2px; }
.key i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 7px; vertical-align: -1px; }
.key .copied { background: var(--accent); } .key .validated { background: var(--good); }
.failures li { border-left: 4px solid var(--bad); padding: 2px 0 2px 12px; margin-top: 10px; overflow-wrap: anywhere; }
.failures p:first-child { font-weight: 600; }
dialog { color: var(--ink); background: var(--surface); border: 1px solid var(--line); border-radius: 14px; padding: 22px; max-width: 440px; width: calc(100% - 32px); }
dialog::backdrop { background: rgb(0 0 0 / 0.5); }
dialog p { margin-top: 8px; } dialog .actions { margin-top: 18px; justify-content: end; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media (max-width: 800px) {
  .page { padding: 16px 14px; }
  .layout { grid-template-columns: minmax(0, 1fr); }
  .panel { padding: 14px 16px; }
  .tables li { display: flex; flex-wrap: wrap; justify-content: space-between; }
  .tables li > span { min-width: 0; }
  .tables .bar { order: 3; flex: 0 0 100%; }
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); }
}
@media (prefers-reduced-motion: reduce) { .meter div, .tables .bar div { transition: none; } }
`;
