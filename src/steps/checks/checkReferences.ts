import type { CheckInput } from '../../contract/steps/checkCollections.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';
import { countAll } from '../../target/countAll.ts';
import { checkReference } from '../../validation/checkReference.ts';
import { countChanged } from '../shared/countChanged.ts';
import type { JoinedCount } from '../shared/countJoined.ts';
import { isCountedOnce } from '../shared/rowsInDocuments.ts';
import type { CheckContext, CheckedCollection, CollectionCheck } from './checkContext.ts';
import { fitsAtOnce } from './compareSeen.ts';
import { countTables } from './countTables.ts';

/** References of the documents must lead to one, unless they lead nowhere in the source too. */
export const checkReferences: CollectionCheck = async (context, collection) => {
  const { input, plan, layout, ends, tally } = context;
  const { definition, access } = collection;
  const isEqual = isAsInSource(context, collection);
  // The documents are the rows still, and of these it is known.
  if (isEqual && input.referencesHold === true) return;
  for (const reference of definition.references) {
    if (input.skip.includes(reference.source.referencedTable)) continue;
    const parent = layout.collections.find(({ collection: name }) => name === reference.collection);
    const countNewParents = async () => {
      if (input.since === null || parent === undefined) return 0;
      return (await countChanged(ends.source, parent, input.since)).changed;
    };
    const isContentEqual = isEqual && parent !== undefined && (await isParentEqual(context, parent));
    const { scopes } = layout;
    const question = { source: ends.source, schema: plan.schema, scopes, access, table: definition.table, reference };
    const checked = await checkReference({ ...question, isContentEqual, countNewParents });
    tally.findings.push(...checked.findings);
    tally.orphansAsInSource += checked.orphansAsInSource;
  }
};

/** Was each row compared and found equal, and are there as many documents as rows? */
function isAsInSource(
  { input, layout, rows }: Pick<CheckContext, 'input' | 'layout' | 'rows'>,
  { definition, documents, isShared, made }: Omit<CheckedCollection, 'access'>,
): boolean {
  if (isShared) return false;
  if (made !== null) return isMadeAsInSource(input, { definition, documents, made });
  const seen = input.seen?.[definition.table];
  if (seen === undefined || !isCountedOnce(layout, definition)) return false;
  return fitsAtOnce(documents, seen, rows[definition.table]);
}

/** The same of documents with joined rows; not where one stands for a joined row alone, as the source is asked about the root's rows only. */
function isMadeAsInSource(
  { seen }: CheckInput,
  { definition, documents, made }: Pick<CheckedCollection, 'definition' | 'documents'> & { readonly made: JoinedCount },
): boolean {
  const isEachEqual = Object.entries(made.rows).every(([table, rows]) => {
    const [equal, different] = seen?.[table] ?? [-1, 0];
    return equal === rows && different === 0;
  });
  return isEachEqual && documents === made.documents && documents === made.rows[definition.table];
}

/** The same of a collection that may be checked elsewhere, and that several may refer to. */
async function isParentEqual(context: CheckContext, definition: CollectionDefinition): Promise<boolean> {
  const { parents } = context;
  const { collection } = definition;
  const asked = parents.get(collection) ?? askParent(context, definition);
  parents.set(collection, asked);
  try {
    return await asked;
  } catch (error) {
    // What fails once may pass for the next one that refers to it.
    parents.delete(collection);
    throw error;
  }
}

async function askParent(context: CheckContext, definition: CollectionDefinition): Promise<boolean> {
  const { ends } = context;
  const { collection, table } = definition;
  const documents = await countAll(ends.access(definition));
  const rows = await countTables(ends.source, context, [table]);
  const isShared = ends.shared.has(collection);
  return isAsInSource({ ...context, rows }, { definition, documents, isShared, made: null });
}
