import type { ArtifactSurvey } from '../contract/artifactSurvey.ts';
import type { MigrationReport } from '../contract/migrationReport.ts';
import { formatCount } from '../formatCount.ts';

/** What the report says of the map of artifact locations, as names and values; nothing without a map. */
export function listArtifacts({
  settings,
  artifacts,
}: Pick<MigrationReport, 'settings' | 'artifacts'>): readonly (readonly [name: string, value: string])[] {
  if (settings.artifacts === undefined) return [];
  if (artifacts == null) {
    return [
      ...settings.artifacts.map(({ from, to }) => ['Mapped', `${from} -> ${to}`] as const),
      ['Values', 'not counted'],
    ];
  }
  const { mappings, changed, unmet, uncounted } = artifacts;
  const columns = Object.entries(changed).filter(([, values]) => values > 0);
  return [
    ...mappings.map(({ from, to, values }) => ['Mapped', `${from} -> ${to}: ${counted(values)}`] as const),
    ['Changed', listed(columns)],
    ['As they are', listed(beginnings(unmet))],
    ...(uncounted.length === 0 ? [] : [['Not counted', uncounted.join(', ')] as const]),
  ];
}

function beginnings(unmet: ArtifactSurvey['unmet']): [string, number][] {
  const words: Readonly<Record<string, string>> = { '/': 'paths (/)', '.': 'relative paths' };
  return unmet.map(({ prefix, values }) => [words[prefix] ?? prefix, values]);
}

function listed(figures: readonly (readonly [string, number])[]): string {
  return figures.length === 0 ? 'none' : figures.map(([name, values]) => `${name} (${counted(values)})`).join(', ');
}

function counted(values: number): string {
  return `${formatCount(values)} ${values === 1 ? 'value' : 'values'}`;
}
