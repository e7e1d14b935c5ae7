/**
 * MLflow releases by the head of their schema migrations, for telling people what a database is of. No other code
 * depends on a revision: what a database holds is read from its catalog.
 */
const RELEASES: Readonly<Record<string, string>> = {
  '84291f40a231': '1.12',
  '97727af70f4d': '1.30',
  '3500859a5d39': '2.3',
  '0584bdc529eb': '2.22',
  bda7b8c39065: '3.1',
  bf29a5ff90ea: '3.5',
  '1b5f0d9ad7c1': '3.10',
  dc11669786a5: '3.17',
  f4a9b2c7d1e6: '3.18',
};

/** Release of the revision, null where it is not known here. */
export function mlflowRelease(revisions: readonly string[]): string | null {
  return revisions.map((revision) => RELEASES[revision]).find((release) => release !== undefined) ?? null;
}
