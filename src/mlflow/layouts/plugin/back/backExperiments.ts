import type { SourceSchema } from '../../../../contract/sourceSchema.ts';
import { guarded, homelessFault, itemsOf, textOf, unknownFields } from './returnedFields.ts';
import { returnedPairs, rowOf, unsaidOf } from './returnedRow.ts';
import type { Lookup, ReturnedDocument, ReturnedFault, ReturnedRow, Returning } from './returning.ts';

const FIELDS = ['name', 'artifact_location', 'lifecycle_stage', 'creation_time', 'last_update_time'] as const;
const KNOWN: ReadonlySet<string> = new Set([...FIELDS, 'tags']);

/** Experiments and their tags, by their numbers in PostgreSQL. */
export function experimentsBack(schema: SourceSchema): Returning[] {
  return [
    {
      table: 'experiments',
      collection: 'experiments',
      fields: null,
      // The workspace of a row that is there stays; the plugin knows none.
      unsaid: unsaidOf(schema, 'experiments', ['experiment_id', ...FIELDS]),
      standsForNull: { artifact_location: '', lifecycle_stage: 'active' },
      rows: async (page, look) => {
        const columns = look.columns('experiments');
        const rows: ReturnedRow[] = [];
        const faults: ReturnedFault[] = [];
        for (const document of page) {
          faults.push(...unknownFields(document, KNOWN));
          const tags = guarded([], document, 'tags', () => itemsOf(document.fields.get('tags'))) ?? [];
          if (tags.length > 0 && look.columns('experiment_tags').size === 0)
            faults.push(homelessFault(document, 'tags', 'tags of experiments'));
          const number = await numberOf(document, look);
          if (number === null) faults.push({ shown: document.shown, field: '_id', reason: 'it is no text' });
          const values = Object.fromEntries(FIELDS.map((field) => [field, document.fields.get(field)]));
          if (number !== null)
            rows.push({ shown: document.shown, row: rowOf(columns, { experiment_id: number, ...values }, ABSENT) });
        }
        return { rows, faults };
      },
    },
    returnedPairs(schema, {
      table: 'experiment_tags',
      collection: 'experiments',
      field: 'tags',
      link: 'experiment_id',
      key: 'key',
      value: 'value',
      linkOf: numberOf,
    }),
  ];
}

/** What a migration writes where this release has no such column. */
const ABSENT = { artifact_location: '', lifecycle_stage: 'active' } as const;

async function numberOf(document: ReturnedDocument, look: Lookup): Promise<string | null> {
  const id = guarded([], document, '_id', () => textOf(document.fields.get('_id')));
  return id === null ? null : await look.experimentId(id);
}
