import type { Phase } from '../contract/migrationStatus.ts';

/** What a run does in a phase, as terminal and page say it. */
export const PHASE_WORDS: Readonly<Record<Phase, string>> = {
  preflight: 'Checking both ends',
  plan: 'Planning',
  copy: 'Copying',
  indexes: 'Building indexes',
  validate: 'Validating',
  'catch-up': 'Catching up',
  follow: 'Following',
  report: 'Writing the report',
  done: 'Done',
};
