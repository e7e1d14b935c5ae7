import { BSON_TYPE, type BsonWriter, fieldName, indexName } from '../../../encoding/bsonWriter.ts';
import { writePythonJson } from '../../../encoding/jsonToBson.ts';
import type { RowView } from '../../../encoding/rowView.ts';
import { writeEmptyArray } from './fields.ts';
import { parsePythonJson } from './pythonText.ts';

const RUN_IDS = fieldName('run_ids');
const SPAN_STATS = fieldName('span_stats');
const LINKED_PROMPTS = fieldName('linked_prompts');
const NAME = fieldName('name');
const VERSION = fieldName('version');

/** Writes the runs that a trace belongs to, each once: the one that made it first, then those that it was linked to. */
export function writeRunIds(out: BsonWriter, sourceRun: string | undefined, links: readonly RowView[]): void {
  const linked = links.filter((link) => link.text(0) === 'run').map((link) => link.text(1));
  const runIds = new Set([...(sourceRun === undefined || sourceRun === '' ? [] : [sourceRun]), ...linked]);
  if (runIds.size === 0) {
    writeEmptyArray(out, RUN_IDS);
    return;
  }
  const array = out.beginField(BSON_TYPE.array, RUN_IDS);
  [...runIds].forEach((runId, index) => {
    out.string(indexName(index), runId);
  });
  out.end(array);
}

/** The sizes that the client told, where the plugin would take them: an object whose `num_spans` is a count. */
export function writeSpanStats(out: BsonWriter, text: string | undefined): void {
  if (text === undefined) return;
  const stats = parsePythonJson(text);
  if (typeof stats !== 'object' || stats === null || Array.isArray(stats)) return;
  const count: unknown = 'num_spans' in stats ? stats.num_spans : 0;
  if (!Number.isSafeInteger(count) || (count as number) < 0) return;
  writePythonJson(out, SPAN_STATS, text, null);
}

/** Prompt versions by `name/version`, split at the last slash. */
export function writeLinkedPrompts(out: BsonWriter, links: readonly RowView[]): void {
  const prompts = links.filter((link) => link.text(0) === 'prompt_version').map((link) => link.text(1));
  if (prompts.length === 0) return;
  const array = out.beginField(BSON_TYPE.array, LINKED_PROMPTS);
  prompts.forEach((prompt, index) => {
    const slash = prompt.lastIndexOf('/');
    const document = out.beginField(BSON_TYPE.document, indexName(index));
    out.string(NAME, slash < 0 ? prompt : prompt.slice(0, slash));
    out.string(VERSION, slash < 0 ? '' : prompt.slice(slash + 1));
    out.end(document);
  });
  out.end(array);
}
