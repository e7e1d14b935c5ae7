/**
 * MLflow releases by the head of their schema migrations, for telling people what a database is of. No other code
 * depends on a revision: what a database holds is read from its catalog.
 */
const RELEASES: Readonly<Record<string, string>> = {
  '97727af70f4d': '1.30',
  '0584bdc529eb': '2.22',
  dc11669786a5: '3.17',
};

/** Release of the revision, null where it is not known here. */
export function mlflowRelease(revisions: readonly string[]): string | null {
  return revisions.map((revision) => RELEASES[revision]).find((release) => release !== undefined) ?? null;
}
