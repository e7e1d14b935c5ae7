import { SafeHtml } from './html.ts';
import { THEME } from './theme.ts';

/**
 * Style of the report page. Written without `<` and `&`, so that the page is well-formed XML too.
 */
export const STYLE_SHEET = new SafeHtml(`
${THEME}* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  overflow-wrap: break-word;
}
.page { max-width: 1120px; margin: 0 auto; padding: 32px 24px 48px; }
h1, h2, h3, p, ul, ol, dl, dd { margin: 0; padding: 0; }
ul, ol { list-style: none; }
h1 { font-size: 26px; line-height: 1.2; letter-spacing: -0.015em; }
h3 { font-size: 14px; font-weight: 600; margin-top: 20px; }
h2 { font-size: 17px; line-height: 1.3; letter-spacing: -0.005em; }
code, .mono { font-family: var(--mono); font-size: 0.92em; overflow-wrap: anywhere; }
pre { white-space: pre-wrap; }
.soft { color: var(--soft); }
.kicker { color: var(--soft); font-size: 13px; font-weight: 600; letter-spacing: 0.02em; margin-bottom: 4px; }
.top { display: flex; flex-wrap: wrap; gap: 8px 24px; justify-content: space-between; align-items: end; margin-bottom: 20px; }
.top div, .top p { min-width: 0; overflow-wrap: anywhere; }
.top .when { color: var(--soft); font-size: 14px; }
.panel { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; padding: 20px 24px; margin-top: 16px; min-width: 0; }
.panel > h2 + .soft { margin-top: 2px; font-size: 14px; }
.pair { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 16px; }
.outcome { margin-top: 0; border-left-width: 6px; display: grid; grid-template-columns: auto minmax(0, 1fr); gap: 4px 16px; align-items: center; }
.outcome.good { background: var(--good-ground); border-color: var(--good); }
.outcome.bad { background: var(--bad-ground); border-color: var(--bad); }
.outcome .icon { width: 40px; height: 40px; grid-row: span 2; align-self: start; margin-top: 2px; }
.outcome h2 { font-size: 22px; }
.outcome .instant { font-weight: 600; }
.route { display: flex; flex-wrap: wrap; gap: 4px 12px; align-items: baseline; margin-top: 10px; }
.route dt { color: var(--soft); font-size: 13px; }
.route dd { margin-right: 16px; font-weight: 600; }
.icon { flex: none; }
.icon circle { fill: currentColor; }
.icon path { fill: none; stroke: var(--surface); stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.icon.ok { color: var(--good); } .icon.failed { color: var(--bad); } .icon.skipped { color: var(--soft); } .icon.incomplete { color: var(--note); } .icon.note { color: var(--note); }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(160px, 1fr)); gap: 12px; margin-top: 16px; }
.card { background: var(--surface); border: 1px solid var(--line); border-radius: 14px; padding: 14px 16px; min-width: 0; display: flex; flex-direction: column; }
.card dt { color: var(--soft); font-size: 13px; }
.card dd { overflow-wrap: anywhere; }
.card .figure { font-size: 22px; font-weight: 650; line-height: 1.25; letter-spacing: -0.02em; }
.card .figure small { font-size: 15px; font-weight: 600; letter-spacing: 0; }
.card .beside { color: var(--soft); font-size: 13px; line-height: 1.4; }
.card.bad .figure { color: var(--bad); }
.problems li { border-left: 4px solid var(--bad); padding: 2px 0 2px 14px; margin-top: 14px; overflow-wrap: anywhere; }
.problems .message { font-weight: 600; }
.tag { display: inline-block; font-size: 12px; font-weight: 600; line-height: 1.5; padding: 1px 8px; border-radius: 99px; background: var(--sunken); border: 1px solid var(--line); color: var(--soft); white-space: nowrap; }
.tag.error { background: var(--bad-ground); border-color: transparent; color: var(--bad); }
.tag.note { background: var(--note-ground); border-color: transparent; color: var(--note); }
.checks li { display: grid; grid-template-columns: 16px minmax(0, 1fr) auto; gap: 0 10px; align-items: center; padding: 8px 0; border-bottom: 1px solid var(--line); }
.checks { margin-top: 8px; }
.checks li:last-child { border-bottom: 0; padding-bottom: 0; }
.checks .soft { display: block; font-size: 13px; line-height: 1.35; }
.checks .result { font-size: 14px; font-weight: 600; }
.checks .result.ok { color: var(--good); } .checks .result.failed { color: var(--bad); } .checks .result.skipped { color: var(--soft); } .checks .result.incomplete { color: var(--note); }
.stacked { display: block; width: 100%; height: 28px; border-radius: 6px; margin: 16px 0 12px; background: var(--sunken); }
.stacked .gap { fill: var(--surface); }
.fill-copy { fill: var(--copy); } .fill-indexes { fill: var(--indexes); } .fill-validate { fill: var(--validate); } .fill-other { fill: var(--other); } .fill-rest { fill: var(--line); }
.legend td { white-space: nowrap; padding-left: 12px; }
.legend td, .legend th { padding-block: 6px; border-bottom: 1px solid var(--line); font-weight: 400; text-align: right; }
.legend tr:last-child td, .legend tr:last-child th { border-bottom: 0; font-weight: 600; }
.legend th { text-align: left; }
.legend th:has(.swatch) { padding-left: 23px; text-indent: -22px; }
.swatch { display: inline-block; width: 12px; height: 12px; margin-right: 10px; vertical-align: -1px; }
.bars { margin-top: 14px; }
.bars li, .axis { display: grid; grid-template-columns: minmax(120px, 220px) minmax(0, 1fr) 132px; gap: 0 12px; align-items: center; }
.bars .name { font-size: 14px; text-align: right; overflow-wrap: anywhere; line-height: 1.25; padding: 3px 0; }
.bars .value { font-size: 14px; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; line-height: 1.25; }
.bars svg { display: block; width: 100%; height: 26px; overflow: visible; }
.bars .whole { fill: var(--accent-soft); } .bars .done { fill: var(--accent); } .bars .faulty .done { fill: var(--bad); }
.bars .faulty .value { color: var(--bad); font-weight: 600; }
.bars line { stroke: var(--grid); stroke-width: 1; }
.bars line.zero { stroke: var(--soft); }
.axis { color: var(--soft); font-size: 12px; }
.axis svg { grid-column: 2; display: block; width: 100%; height: 20px; overflow: visible; }
.axis text { fill: var(--soft); font-size: 12px; text-anchor: middle; }
.axis text.first { text-anchor: start; } .axis text.last { text-anchor: end; }
.key { display: flex; flex-wrap: wrap; gap: 4px 18px; font-size: 13px; color: var(--soft); margin-top: 8px; }
.key .swatch { margin-right: 7px; border-radius: 3px; }
.scroll { overflow-x: auto; margin: 12px -24px 0; padding: 0 24px; }
.scroll:focus-visible, a:focus-visible { outline: 3px solid var(--accent); outline-offset: -3px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
caption { text-align: left; color: var(--soft); font-size: 14px; padding-bottom: 8px; }
.data th, .data td { padding: 7px 10px; text-align: left; vertical-align: top; border-bottom: 1px solid var(--line); }
.data thead th { color: var(--soft); font-size: 13px; font-weight: 600; white-space: nowrap; border-bottom-color: var(--soft); }
.data tbody th { font-weight: 500; }
.data .number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.data tfoot th, .data tfoot td { font-weight: 650; border-bottom: 0; border-top: 1px solid var(--soft); }
.data tr.faulty .number.errors, .data tr.faulty .number.migrated { color: var(--bad); font-weight: 650; }
.data th:first-child, .data td:first-child { padding-left: 0; } .data th:last-child, .data td:last-child { padding-right: 0; }
.rows tbody th { overflow-wrap: anywhere; min-width: 110px; }
.rows .named { display: flex; gap: 8px; align-items: start; }
.rows .named .icon { margin-top: 3px; }
.rows .zero { color: var(--soft); }
.empties { columns: 4 190px; column-gap: 24px; margin-top: 10px; font-size: 14px; }
.empties li { break-inside: avoid; padding: 2px 0; overflow-wrap: anywhere; display: flex; gap: 8px; align-items: start; }
.empties .icon { margin-top: 3px; }
.findings td { overflow-wrap: anywhere; }
.findings .check, .findings .types { white-space: nowrap; }
.findings .message { min-width: 200px; } .findings .row { min-width: 240px; } .findings .table { min-width: 100px; } .findings .field { min-width: 84px; }
.facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 7px 20px; margin-top: 12px; font-size: 14px; }
.facts dt { color: var(--soft); }
.facts dd { overflow-wrap: anywhere; }
.units { margin-top: 10px; }
.deleted summary { cursor: pointer; padding: 6px 0; }
.deleted li { padding: 2px 0 2px 18px; }
.cures { margin: 8px 0 0; padding-left: 18px; list-style: disc; font-size: 14px; }
.cures li { padding: 2px 0; }
.signature { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 8px 24px; margin-top: 12px; }
.signature dt { color: var(--soft); font-size: 13px; }
.signature .blank { height: 44px; border-bottom: 1px solid var(--soft); }
footer { color: var(--soft); font-size: 13px; margin-top: 24px; overflow-wrap: anywhere; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
@media screen and (max-width: 760px) {
  .page { padding: 20px 14px 32px; }
  .pair { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .panel { padding: 16px; border-radius: 12px; }
  .outcome .icon { width: 28px; height: 28px; }
  .outcome h2 { font-size: 19px; }
  .route { display: block; } .route dd { margin: 0 0 6px; }
  .cards { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 8px; }
  .card { padding: 12px; } .card .figure { font-size: 20px; }
  .scroll { margin: 8px -16px 0; padding: 0 16px; }
  .bars li { grid-template-columns: minmax(0, 1fr) auto; row-gap: 0; padding-bottom: 4px; }
  .bars .name { text-align: left; padding: 0; } .bars svg { grid-row: 2; grid-column: 1 / -1; height: 18px; }
  .axis { grid-template-columns: minmax(0, 1fr); } .axis svg { grid-column: 1; }
  .facts { grid-template-columns: minmax(84px, 30%) minmax(0, 1fr); gap: 6px 12px; }
  .data, .data tbody, .data tfoot, .data tr, .data th, .data td { display: block; }
  .data thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .data tr { border-bottom: 1px solid var(--line); padding: 8px 0; }
  .data tbody th, .data tbody td, .data tfoot th, .data tfoot td { border: 0; padding: 1px 0; font-size: 14px; }
  .data tfoot tr { border-top: 1px solid var(--soft); border-bottom: 0; }
  .data td[data-label]::before { content: attr(data-label) " "; color: var(--soft); font: 400 12px system-ui, sans-serif; }
  .rows td.number { display: inline-block; margin-right: 11px; }
  .rows tbody td.zero:not(.total) { display: none; }
  .findings .severity, .findings .check, .findings .table { display: inline-block; margin-right: 10px; }
  .findings .check::before, .findings .table::before { display: none; }
  .findings .table { font-weight: 600; min-width: 0; }
  .findings td.empty { display: none; }
  .findings .types { white-space: normal; }
}
@media print {
  :root {
    color-scheme: light;
    --ground: #fff; --surface: #fff; --sunken: #fff; --ink: #000; --soft: #444; --line: #bbb; --grid: #ddd;
    --accent: #2563d4; --accent-soft: #bcd0f5; --good: #16794a; --good-ground: #fff; --bad: #bf2836; --bad-ground: #fff; --note: #8a5800; --note-ground: #fff;
    --copy: #2f6fe0; --indexes: #d68a0c; --validate: #109384; --other: #98a1af;
  }
  body { font-size: 11pt; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  .page { max-width: none; padding: 0; }
  .cards, .pair, .outcome, .signature, .problems li, tr, .bars li { break-inside: avoid; }
  h2 { break-after: avoid; }
  thead { display: table-header-group; } tfoot { display: table-row-group; }
  .scroll { overflow: visible; margin: 8px 0 0; padding: 0; }
  .panel { padding: 12px 16px; }
  .data { font-size: 9pt; }
  .findings td[role] { min-width: 0; white-space: normal; font-size: 8pt; }
  .findings td[role].check { white-space: nowrap; }
}
`);
