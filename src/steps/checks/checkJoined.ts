import { formatCount } from '../../formatCount.ts';
import type { CollectionCheck } from './checkContext.ts';

/** Documents that hold joined rows must be as many as the source has of them: more have lost what they were joined with. */
export const checkJoined: CollectionCheck = async ({ input, ends, tally }, collection) => {
  const { definition, access, documents, isShared, made } = collection;
  const { collection: name, table, joined } = definition;
  if (joined === undefined || made === null) return;
  const holding = await access.command(1, () => ends.target.db.collection(name).countDocuments(joined.filter));
  const isFitting = holding >= made.holding - made.changed && (holding <= made.holding || isShared);
  const tables = Object.keys(made.rows);
  if (!isFitting) {
    const others = tables.filter((other) => other !== table).join(', ');
    const message = `The collection ${name} has ${formatCount(holding)} documents with rows of ${others}, and the source makes ${formatCount(made.holding)}`;
    tally.addError('counts', table, message);
    tally.stale.add(table);
  }
  const isShort = documents < made.documents - made.changed || holding < made.holding - made.changed;
  for (const part of tables) {
    if (isShort) tally.missing.add(part);
    const rows = made.rows[part] ?? 0;
    const off = part === table ? documents - made.documents : holding - made.holding;
    // Among other data nothing tells whose the documents are that are too many.
    const standing = Math.max(0, rows + (isShared ? Math.min(0, off) : off));
    const different = input.seen?.[part]?.[1] ?? 0;
    tally.standing[part] = standing;
    tally.totals[part] = isFitting && different === 0 ? standing : rows;
  }
};
