import { type DocumentBatch, documentAt, idKey, showKey } from '../encoding/documentBatch.ts';
import type { IndexDefinition } from '../mlflow/layouts/layout.ts';
import { displace } from './displacedValues.ts';
import type { DocumentAccess } from './documentAccess.ts';
import { CODE } from './failureKind.ts';
import { findHolders, type Holder } from './findHolders.ts';
import { uniqueSpecs } from './indexes.ts';
import { refusalReason } from './refusalReason.ts';
import { haveSameValues } from './uniqueValues.ts';

/** What a writer knows of a collection's unique values. */
export interface UniqueRules {
  /** Indexes of the collection's definition. */
  readonly indexes: readonly IndexDefinition[];
  /**
   * May another document be made to give a value up? Only where all documents are this migration's own, and where every
   * one is compared with its row afterwards, which brings the holder its row's own values.
   */
  readonly mayDisplace: boolean;
  /** Called when another document is about to give a value up. */
  readonly onDisplace?: () => void;
}

/** A document that the target did not take. */
export interface RefusedDocument {
  /** Position in the documents that were to be written. */
  readonly index: number;
  /** For a finding: no values. */
  readonly reason: string;
}

/** Writes of a document at most: others that write to the collection meanwhile may take and give up values too. */
const MAX_ROUNDS = 4;

/**
 * Replaces or inserts whole documents, as {@link DocumentAccess.replace} does, also those that want the value of a unique
 * index which another document has: rows of the source have swapped such values, or one has what another gave up. The
 * source's own key says that only one row has the value now, so the other document is behind its row: its value gives way
 * to a placeholder. It gets its row's values when its row is compared, or goes as vanished; it is never deleted for this.
 * A kill in between leaves a placeholder and a missing or old document, both of which the next comparison makes right.
 *
 * `rowOf` gives what is to be written for a document's key, as far as that is known from the same reading of the source:
 * two rows that have one value there share it in the source, and neither gives it up.
 */
export async function replaceUnique(
  access: DocumentAccess,
  documents: readonly Buffer[],
  rules: UniqueRules,
  rowOf: (key: string) => Buffer | undefined,
): Promise<RefusedDocument[]> {
  const specs = uniqueSpecs(rules.indexes, access.traits);
  const refused: RefusedDocument[] = [];
  let pending = documents.map((_document, index) => index);
  for (let round = 1; pending.length > 0; round++) {
    const conflicting: number[] = [];
    for (const { index: position, code } of await access.replace(pending.map((index) => documents[index] as Buffer))) {
      const index = pending[position] as number;
      if (code === CODE.duplicateKey) conflicting.push(index);
      else refused.push({ index, reason: refusalReason(code) });
    }
    pending = [];
    if (conflicting.length === 0) break;
    const holders = await findHolders(
      access,
      conflicting.map((index) => documents[index] as Buffer),
      specs,
    );
    const displaced: { holder: Holder; by: string }[] = [];
    conflicting.forEach((index, position) => {
      const document = documents[index] as Buffer;
      const found = holders[position] as readonly Holder[];
      const twin = found.find(({ key, spec }) => haveSameValues(rowOf(key), document, spec));
      if (twin !== undefined) {
        const reason = `Its row and that of ${showKey(twin.key)} have the same value of the unique index ${twin.spec.name}`;
        refused.push({ index, reason });
      } else if (rules.mayDisplace && round < MAX_ROUNDS) {
        displaced.push(...found.map((holder) => ({ holder, by: showKey(idKey(document)) })));
        pending.push(index);
      } else {
        refused.push({ index, reason: conflictReason(found[0]) });
      }
    });
    if (displaced.length > 0) rules.onDisplace?.();
    await displace(access, displaced);
  }
  return refused;
}

/** The rows of a batch by their documents' keys, for {@link replaceUnique}: looked up only where a unique value is refused. */
export function rowsOf(batch: DocumentBatch): (key: string) => Buffer | undefined {
  let positions: Map<string, number> | null = null;
  return (key) => {
    positions ??= new Map(batch.ends.map((_end, index) => [idKey(documentAt(batch, index)), index]));
    const position = positions.get(key);
    return position === undefined ? undefined : documentAt(batch, position);
  };
}

function conflictReason(holder: Holder | undefined): string {
  const reason = refusalReason(CODE.duplicateKey);
  return holder === undefined ? reason : `${reason}: ${showKey(holder.key)} in the index ${holder.spec.name}`;
}
