import type { MigrationReport } from '../../contract/migrationReport.ts';
import { formatSeconds } from '../formatUnits.ts';
import { besideWords, REST } from '../phaseTimes.ts';
import { html, type SafeHtml } from './html.ts';

interface Segment {
  readonly name: string;
  readonly fill: string;
  readonly seconds: number;
}

/** The time of the whole as one bar cut into phases, with the figures as a table below it. A comparison has fewer phases. */
export function phaseChart({ kind, seconds: times }: Pick<MigrationReport, 'kind' | 'seconds'>): SafeHtml {
  const writing: readonly Segment[] = [
    { name: 'Copy', fill: 'copy', seconds: times.copy },
    { name: 'Indexes', fill: 'indexes', seconds: times.indexes },
  ];
  const measured: readonly Segment[] = [
    ...(kind === 'comparison' ? [] : writing),
    { name: `Validation${besideWords(times)}`, fill: 'validate', seconds: times.validate },
    ...(times.rest === undefined ? [] : [{ name: `At rest: ${REST}`, fill: 'rest', seconds: times.rest }]),
  ];
  const sum = measured.reduce((seconds, segment) => seconds + segment.seconds, 0);
  const rest = { name: 'Preflight, plan, report, waiting', fill: 'other', seconds: Math.max(0, times.total - sum) };
  const segments = [...measured, rest].filter((segment) => segment.seconds > 0);
  // Phases of different tables may run at the same time: then they add up to more than the whole.
  const whole = Math.max(times.total, sum);
  return html`${whole > 0 ? stackedBar(segments, whole) : null}
<table class="legend"><thead class="unseen"><tr><th scope="col">Phase</th><th scope="col">Time</th><th scope="col">Share</th></tr></thead>
<tbody>${[...measured, rest].map((segment) => legendRow(segment, whole))}<tr><th scope="row">Total</th><td>${formatSeconds(times.total)}</td><td></td></tr></tbody></table>`;
}

function stackedBar(segments: readonly Segment[], whole: number): SafeHtml {
  let start = 0;
  const parts = segments.map((segment) => {
    const share = (100 * segment.seconds) / whole;
    const part = html`<rect class="fill-${segment.fill}" x="${start.toFixed(2)}%" width="${share.toFixed(2)}%" height="28" />${start > 0 ? html`<rect class="gap" x="${start.toFixed(2)}%" width="2" height="28" />` : null}`;
    start += share;
    return part;
  });
  return html`<svg class="stacked" height="28" aria-hidden="true" focusable="false">${parts}</svg>`;
}

function legendRow(segment: Segment, whole: number): SafeHtml {
  const share = whole > 0 ? `${Math.round((100 * segment.seconds) / whole)} %` : '';
  return html`<tr><th scope="row"><svg class="swatch" width="12" height="12" aria-hidden="true" focusable="false"><rect class="fill-${segment.fill}" width="12" height="12" rx="3" /></svg>${segment.name}</th><td>${formatSeconds(segment.seconds)}</td><td class="soft">${share}</td></tr>`;
}
