import { hash } from 'node:crypto';
import type { BsonElement } from '../../../../encoding/bsonElements.ts';
import { ValueFault } from '../../../../encoding/valueFault.ts';
import { SOURCE_RUN_KEY } from '../traceKeys.ts';
import { textsOf } from './documentFields.ts';
import { assertKnown, guarded, itemsOf, membersOf, pairsOf, TRACKING_NAMES, textOf } from './returnedFields.ts';
import type { Lookup, ReturnedDocument, ReturnedFault, Returning } from './returning.ts';
import { pairText } from './traceDocuments.ts';

/** Characters of an association's id, as `uuid4().hex` has them. */
const ID_CHARACTERS = 32;

/** What links traces to runs and prompts (3.3 on). Other associations stand in a collection of their own. */
export function traceLinksBack(): Returning[] {
  return [links];
}

const links: Returning = {
  table: 'entity_associations',
  collection: 'traces',
  fields: ['run_ids', 'linked_prompts', 'trace_metadata'],
  unsaid: [],
  // The plugin keeps neither: the id is made of what it links, and the time stays NULL.
  onlyNew: ['association_id', 'created_time'],
  rows: async (page, look) => {
    const faults: ReturnedFault[] = [];
    const linked = page.map((document) => ({ document, links: linksOf(document, faults) }));
    const standing = await standingSources(
      look,
      linked.flatMap((one) => one.links),
    );
    const rows = linked.flatMap(({ document, links: own }) =>
      own
        .filter((link) => !link.isOfSource || standing.has(keyOf(link.trace, link.id)))
        .map(({ trace, type, id }) => ({
          shown: document.shown,
          row: {
            association_id: hash('sha256', JSON.stringify([trace, type, id])).slice(0, ID_CHARACTERS),
            source_type: 'trace',
            source_id: trace,
            destination_type: type,
            destination_id: id,
            created_time: null,
          },
        })),
    );
    return { rows, faults };
  },
};

interface Link {
  readonly trace: string;
  readonly type: 'run' | 'prompt_version';
  readonly id: string;
  /** Is it the run that made the trace? Metadata says that: there may be a row beside it, or none. */
  readonly isOfSource: boolean;
}

function linksOf(document: ReturnedDocument, faults: ReturnedFault[]): Link[] {
  const { fields } = document;
  const trace = guarded([], document, '_id', () => textOf(fields.get('_id')));
  if (trace === null) return [];
  const metadata = guarded([], document, '', () => pairsOf(fields.get('trace_metadata'), TRACKING_NAMES));
  const source = pairText(metadata ?? [], SOURCE_RUN_KEY);
  const runs = guarded(faults, document, 'run_ids', () => textsOf(fields.get('run_ids'))) ?? [];
  const prompts = guarded(faults, document, 'linked_prompts', () => promptsOf(fields.get('linked_prompts'))) ?? [];
  return [
    ...[...new Set(runs)].map((id): Link => ({ trace, type: 'run', id, isOfSource: id === source })),
    ...[...new Set(prompts)].map((id): Link => ({ trace, type: 'prompt_version', id, isOfSource: false })),
  ];
}

/** Prompt versions as rows name them: a row without a slash became a name without a version. */
function promptsOf(element: BsonElement | undefined): string[] {
  return itemsOf(element).map((item) => {
    const members = membersOf(item);
    assertKnown(members, ['name', 'version']);
    const [name, version] = [textOf(members.get('name')), textOf(members.get('version'))];
    if (name === null || version === null) throw new ValueFault('one of its items is no name with a version');
    return version === '' ? name : `${name}/${version}`;
  });
}

/** Rows that link a trace to the run that made it. */
async function standingSources(look: Lookup, links: readonly Link[]): Promise<ReadonlySet<string>> {
  const traces = links.filter(({ isOfSource }) => isOfSource).map(({ trace }) => trace);
  if (traces.length === 0) return new Set();
  const rows = await look.source<{ trace: string; run: string }>(
    `select source_id::text as trace, destination_id::text as run from ${look.relation('entity_associations')}` +
      ` where source_type = 'trace' and destination_type = 'run' and source_id = any($1)`,
    [traces],
  );
  return new Set(rows.map(({ trace, run }) => keyOf(trace, run)));
}

function keyOf(trace: string, run: string): string {
  return JSON.stringify([trace, run]);
}
