/** A migration to ask questions about. */
export interface Case {
  /** `test/fixtures/mlflow-<fixture>.sql.gz`. */
  readonly fixture: string;
  /** `--workspace`, for a database whose workspaces cannot all be kept in one namespace. */
  readonly workspace?: string;
  /** The migration must fail before it writes, and its message must hold these words. */
  readonly refusal?: RegExp;
}

/** Every release of which there is a dump; see `python/README.md` for how each was made. */
export const CASES: readonly Case[] = [
  { fixture: '1.12.1' },
  { fixture: '1.30.1' },
  { fixture: '2.3.2' },
  { fixture: '2.22.5' },
  { fixture: '3.1.4' },
  { fixture: '3.5.1' },
  { fixture: '3.10.1' },
  { fixture: '3.17.2' },
  { fixture: '3.17.2-upgraded' },
  { fixture: '3.17.2-workspaces', workspace: 'default' },
  { fixture: '3.17.2-workspaces', workspace: 'team-b' },
  { fixture: '3.17.2-workspaces', refusal: /workspace/i },
  { fixture: '3.17.2-workspaces', workspace: 'team-a', refusal: /Default/ },
];
