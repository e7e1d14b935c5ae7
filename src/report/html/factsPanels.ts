import { FLAVOUR_NAMES } from '../../contract/flavour.ts';
import type { MigrationReport, RequestUnitEstimate } from '../../contract/migrationReport.ts';
import { evidenceFiles } from '../../contract/reportFiles.ts';
import { formatCount } from '../../formatCount.ts';
import { formatBytes, formatEnd, formatInstant, formatSeconds } from '../formatUnits.ts';
import { listArtifacts } from '../listArtifacts.ts';
import { html, type SafeHtml } from './html.ts';

type Fact = readonly [name: string, value: string | SafeHtml];

/** Versions at both ends and of the program. */
export function environmentPanel(report: MigrationReport): SafeHtml {
  const { environment } = report;
  const revision = environment.revision === null ? 'none' : mono(environment.revision);
  return factsPanel('environment', 'Environment', [
    ['PostgreSQL', environment.postgres],
    ['Schema', mono(environment.schema)],
    ['Schema revision', revision],
    ['MLflow release', environment.mlflowRelease ?? 'not known for this revision'],
    ['Target server', environment.target],
    ['Target kind', FLAVOUR_NAMES[environment.flavour]],
    ['Program', environment.program],
    ['Node', environment.node.replace(/^v/, '')],
  ]);
}

/** What was asked for, when it ran, and where its reports are. */
export function settingsPanel(report: MigrationReport): SafeHtml {
  const { settings } = report;
  const files = evidenceFiles(report.id);
  return factsPanel('settings', 'Settings and files', [
    ['Layout', mono(report.layout)],
    ['Batch size', settings.batchSize === 'auto' ? 'auto, by bytes' : formatCount(settings.batchSize)],
    ['Validation', settings.validate],
    ['Parallel', formatCount(settings.parallel)],
    ['Tables', settings.tables === null ? 'all' : mono(settings.tables.join(', '))],
    ...(settings.exclude?.length ? [['Left out', mono(settings.exclude.join(', '))] as const] : []),
    ['Workspace', settings.workspace === null ? 'all' : mono(settings.workspace)],
    ...(settings.experiments == null ? [] : [['Experiments', mono(settings.experiments.join(', '))] as const]),
    ...(report.kind === 'migration' ? [['Data copied', formatBytes(report.bytes)] as const] : []),
    ['Started', formatInstant(report.startedAt)],
    ['Finished', formatEnd(report.finishedAt)],
    ['JSON report', mono(files.json)],
    ['Text report', mono(files.text)],
    ['This page', mono(files.html)],
    ['Manifest', mono(files.manifest)],
  ]);
}

/** What the map of artifact locations met; nothing without a map. */
export function artifactsPanel(report: MigrationReport): SafeHtml | null {
  const known = listArtifacts(report);
  return known.length === 0 ? null : factsPanel('artifacts', 'Locations of artifacts', known);
}

/** What the request units of a Cosmos DB target mean; nothing where the target has none. */
export function requestUnitsPanel(units: RequestUnitEstimate | null): SafeHtml | null {
  if (units === null) return null;
  return html`<section class="panel" aria-labelledby="units"><h2 id="units">Request units, estimated before copying</h2>
<p class="units">${units.meaning}</p>
<dl class="facts"><dt>In total</dt><dd>${formatCount(units.total)} RU</dd><dt>Throughput</dt><dd>${units.provisioned === null ? 'none shared, or the account does not say' : `${formatCount(units.provisioned)} RU/s`}</dd><dt>Time at that throughput</dt><dd>${units.seconds === null ? 'not known' : formatSeconds(units.seconds)}</dd></dl></section>`;
}

function factsPanel(id: string, heading: string, facts: readonly Fact[]): SafeHtml {
  return html`<section class="panel" aria-labelledby="${id}"><h2 id="${id}">${heading}</h2>
<dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></section>`;
}

function mono(text: string): SafeHtml {
  return html`<code>${text}</code>`;
}
