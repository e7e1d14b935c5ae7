import { readdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const FIXTURES = fileURLToPath(new URL('../fixtures/', import.meta.url));
const DUMP = /^mlflow-(.+)\.sql\.gz$/;

/** One database to migrate and to ask about. */
export interface Case {
  /** The fixture's, with the workspace if one is migrated alone. */
  readonly name: string;
  readonly fixture: string;
  readonly dump: string;
  readonly workspace: string | undefined;
  /** What the refusal must say, where the store plugin could not open the result. */
  readonly refusal: RegExp | undefined;
}

/**
 * What is tried of the fixture with three workspaces: it holds names that are in two of them, and `team-a` has an experiment
 * named `Default` of its own, which the plugin keeps for experiment 0.
 */
const WORKSPACES: readonly Pick<Case, 'workspace' | 'refusal'>[] = [
  { workspace: undefined, refusal: /in several workspaces/ },
  { workspace: 'default', refusal: undefined },
  { workspace: 'team-a', refusal: /named Default/ },
  { workspace: 'team-b', refusal: undefined },
];

/** Every dump in `test/fixtures`, or those that are named; none at all where there is no dump of a name. */
export async function findCases(fixtures: readonly string[] | undefined): Promise<Case[]> {
  const cases: Case[] = [];
  for (const file of (await readdir(FIXTURES)).sort()) {
    const name = DUMP.exec(file)?.[1];
    if (name === undefined || (fixtures !== undefined && !fixtures.includes(name))) continue;
    const dump = `${FIXTURES}${file}`;
    const variants = name.endsWith('-workspaces') ? WORKSPACES : [{ workspace: undefined, refusal: undefined }];
    for (const variant of variants) {
      const label = variant.workspace === undefined ? name : `${name}/${variant.workspace}`;
      cases.push({ name: label, fixture: name, dump, ...variant });
    }
  }
  const isMissing = (fixture: string) => !cases.some((one) => one.fixture === fixture);
  return fixtures?.some(isMissing) ? [] : cases;
}
