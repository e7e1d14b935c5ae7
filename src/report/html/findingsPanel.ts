import type { Finding, MigrationReport } from '../../contract/migrationReport.ts';
import { formatCount } from '../../formatCount.ts';
import { curesOf } from '../findingCure.ts';
import { formatPlural } from '../formatUnits.ts';
import { html, type SafeHtml } from './html.ts';

/**
 * Findings, errors before notes. On a narrow screen each line of a table becomes a block, which would take its meaning from
 * screen readers: hence the roles that its parts have anyway.
 */
export function findingsPanel(report: MigrationReport): SafeHtml | null {
  const { findings } = report.validation;
  const omitted = report.findingsOmitted;
  if (findings.length === 0 && omitted === 0) return null;
  const ordered = findings.toSorted((left, right) => rank(left) - rank(right));
  const more = omitted > 0 ? ` ${formatCount(omitted)} more were counted, but are not listed.` : '';
  return html`<section class="panel" aria-labelledby="findings"><h2 id="findings">Findings</h2>
<p class="soft">${formatPlural(findings.length + omitted, 'finding')}. They hold no values of rows.${more}</p>
<div class="scroll" role="region" aria-label="Findings" tabindex="0"><table class="data findings" role="table">
<thead role="rowgroup"><tr role="row">${['Severity', 'Check', 'Table', 'Row', 'Field', 'Types', 'Message'].map((name) => html`<th scope="col" role="columnheader">${name}</th>`)}</tr></thead>
<tbody role="rowgroup">${ordered.map(findingRow)}</tbody></table></div>${cures(ordered)}</section>`;
}

/** What to do about each kind of finding, once. */
function cures(findings: readonly Finding[]): SafeHtml | null {
  const told = curesOf(findings);
  if (told.length === 0) return null;
  return html`<h3>What to do</h3><ul class="cures">${told.map((cure) => html`<li>${cure}.</li>`)}</ul>`;
}

function rank(finding: Finding): number {
  return finding.severity === 'error' ? 0 : 1;
}

function findingRow(finding: Finding): SafeHtml {
  const types = [finding.sourceType, finding.targetType].filter((type) => type !== undefined).join(' → ');
  return html`<tr role="row"><td role="cell" class="severity"><span class="tag ${finding.severity}">${finding.severity}</span></td><td role="cell" data-label="Check" class="check">${finding.check}</td><td role="cell" data-label="Table" class="mono table">${finding.table}</td>${optionalCell('Row', finding.key, 'row')}${optionalCell('Field', finding.field, 'field')}${optionalCell('Types', types, 'types')}<td role="cell" class="message">${finding.message}</td></tr>
`;
}

function optionalCell(label: string, text: string | undefined, kind: string): SafeHtml {
  if (text === undefined || text === '') return html`<td role="cell" class="empty">–</td>`;
  return html`<td role="cell" data-label="${label}" class="mono ${kind}">${text}</td>`;
}
