import type { MigrationRequest } from './migrationRequest.ts';

/** What a run is for: to migrate (also to catch up), to analyse only (a dry run), or to compare only; these two write nothing. `return`: to bring documents back into PostgreSQL. */
export const RUN_KINDS = ['migration', 'analysis', 'comparison', 'return'] as const;

export type RunKind = (typeof RUN_KINDS)[number];

/** Those whose end is judged by facts (src/report/judge.ts); a return has a report of its own. */
export type JudgedKind = Exclude<RunKind, 'return'>;

/** What names and ids of runs end in, so that runs of different kinds do not replace each other's reports and state. */
export const RUN_SUFFIX = {
  migration: '',
  analysis: '-analysis',
  comparison: '-validate',
  return: '-back',
} as const satisfies Readonly<Record<RunKind, string>>;

/** What an id says of the kind of its run. A migration whose own name ends so is taken for another kind. */
export function runKindOfId(id: string): RunKind {
  return RUN_KINDS.find((kind) => RUN_SUFFIX[kind] !== '' && id.endsWith(RUN_SUFFIX[kind])) ?? 'migration';
}

/** What a request asks for. */
export function runKindOf({
  direction,
  dryRun,
  validateOnly,
}: Pick<MigrationRequest, 'dryRun' | 'validateOnly'> & Partial<Pick<MigrationRequest, 'direction'>>): RunKind {
  if (direction === 'back') return 'return';
  if (dryRun) return 'analysis';
  return validateOnly ? 'comparison' : 'migration';
}
