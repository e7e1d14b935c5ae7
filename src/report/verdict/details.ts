import type { CheckName, Facts } from '../../contract/facts.ts';
import { formatCount } from '../../formatCount.ts';
import { listNames } from '../../listNames.ts';
import { formatInstant, formatPlural } from '../formatUnits.ts';
import type { Proof } from './runProof.ts';

const NOTHING_WRITTEN = 'Nothing was written to the target.';
const NO_RECORD_WRITTEN =
  'No record of the source was written to the target; collections and indexes may have been made, or emptied where that was asked for.';

/** Of a run that wrote no record: whether it came to a step that writes anything at all. */
function nothingWritten({ mayHaveWritten }: Facts): string {
  return mayHaveWritten ? NO_RECORD_WRITTEN : NOTHING_WRITTEN;
}

function notCounted({ rows }: Facts): string {
  const figures = rows.migratedBy === 'not-counted' && rows.total > 0;
  return `What stands in the target was not counted${figures ? '; the figures are those that its work stored last' : ''}.`;
}

/** The sentences that stand below the headline. */
export function details(facts: Facts, proof: Proof): string[] {
  const sentences = proof.speaksOfChecks
    ? [
        standing(facts, proof),
        ...checksumSentence(facts),
        ...uncountedSentence(facts),
        ...changedSentence(facts, proof),
        modeSentence(facts, proof),
        ...faultSentences(facts, proof),
        ...gapSentences(facts, proof),
        ...deletedSentence(facts, proof),
        ...sharedSentence(facts),
        ...(facts.kind === 'comparison' && proof.deleted === 0 ? [nothingWritten(facts)] : []),
      ]
    : [
        ...cancelledSentence(facts),
        ...provenSentence(facts),
        ...endedSentences(facts, proof),
        ...deletedSentence(facts, proof),
        ...sharedSentence(facts),
      ];
  return sentences.filter((sentence) => sentence !== null);
}

/** `6,013 records`, or `6,010 of 6,013 records`. */
function share({ rows }: Facts): string {
  const total = formatPlural(rows.total, 'record');
  return rows.migrated === rows.total ? total : `${formatCount(rows.migrated)} of ${total}`;
}

/** What stands in the target, by how it was found. */
function standing(facts: Facts, proof: Proof): string | null {
  const { migratedBy, migrated } = facts.rows;
  switch (migratedBy) {
    case 'compared':
      if (proof.results.content === 'held')
        return `${share(facts)} in the target, each compared with ${facts.compared?.byChecksum ? 'what its row in the source makes' : 'its row in the source'}.`;
      if (proof.results.content === 'not-run') return null;
      return `${share(facts)} found equal to their rows in the source${butForLosses(facts)}.`;
    case 'acknowledged':
      return facts.kind === 'comparison' ? null : `The target acknowledged ${share(facts)}.`;
    case 'counted-in-target':
      return `In the target, counted there: ${share(facts)}.`;
    case 'not-counted':
      return facts.kind === 'migration' ? notCounted(facts) : null;
    case 'nothing-written':
      return facts.kind === 'migration' && migrated === 0 && proof.deleted === 0 ? nothingWritten(facts) : null;
  }
}

/** How most documents of a source that stood still were compared: their rows were read once. */
function checksumSentence({ compared }: Facts): string[] {
  const documents = compared?.byChecksum ?? 0;
  if (documents === 0) return [];
  const were = documents === 1 ? 'was' : 'were';
  return [
    `${formatPlural(documents, 'document')} ${were} compared with the SHA-256 of what their rows made when they were read, as no transaction of the source had ended since.`,
  ];
}

/** Documents that equal their rows but for what was left out of them, such as a profile that is larger than the target takes. */
function butForLosses({ lossFindings = 0 }: Facts): string {
  if (lossFindings === 0) return '';
  const documents = lossFindings === null ? 'some documents' : formatPlural(lossFindings, 'document');
  return `, but for values that were left out of ${documents}`;
}

/** Of counts in the target: which rows they say nothing of. */
function uncountedSentence({ kind, rows }: Facts): string[] {
  const tables = rows.uncounted?.tables ?? [];
  if (tables.length === 0 || rows.migratedBy !== 'counted-in-target') return [];
  const rest =
    kind === 'migration'
      ? 'the figure includes those of them that the target acknowledged'
      : 'the figure includes none of them';
  return [`Rows that share documents with others cannot be counted there; ${rest}: ${listNames(tables)}.`];
}

/** Of a source that is written to: its rows were counted at one moment and seen at others. */
function changedSentence({ rows }: Facts, { results }: Proof): string[] {
  const isChanged = results.counts === 'held' && rows.migratedBy !== 'nothing-written';
  const seen = rows.migrated + rows.errors + (rows.uncounted?.rows ?? 0);
  if (!isChanged || seen === rows.total) return [];
  return ['The counts of both sides agree; figures that differ were taken at different moments.'];
}

/** What a chosen mode leaves out. Nothing where contents were compared: then the other sentences say all. */
function modeSentence(facts: Facts, { results, broken, differences }: Proof): string | null {
  const { validate } = facts;
  if (results.content !== 'not-run' || validate === 'full') return null;
  // Where something was found something was compared, whatever the mode was.
  const found =
    facts.kind === 'comparison' ? facts.rows.errors + facts.errorFindings - facts.failureFindings : differences;
  if (results.counts === 'not-run' && (broken.length > 0 || found > 0)) return null;
  switch (results.counts) {
    case 'held':
      return 'Counts were compared, contents were not.';
    case 'broken':
      return 'Counts were compared and differ; contents were not compared.';
    case 'incomplete':
      return 'Counts were not compared in all tables; contents were not compared.';
    case 'not-run':
      return validate === 'none'
        ? 'Source and target were not compared: validation was off.'
        : 'Neither counts nor contents were compared.';
  }
}

function faultSentences(facts: Facts, proof: Proof): string[] {
  const { rows, errorFindings, carryFindings, failureFindings } = facts;
  const sentences: string[] = [];
  if (rows.errors > 0) {
    const verb =
      carryFindings > 0
        ? 'could not be carried or still differ'
        : facts.kind === 'comparison'
          ? rows.errors === 1
            ? 'does not equal its row'
            : 'do not equal their rows'
          : rows.errors === 1
            ? 'still differs from its row, or was not written'
            : 'still differ from their rows, or were not written';
    sentences.push(
      `${formatPlural(rows.errors, 'record')} ${verb}${errorFindings > 0 ? '; the findings say why' : ''}.`,
    );
  } else if (carryFindings > 0) {
    sentences.push('The findings name what could not be carried unchanged.');
  } else if (proof.differences > 0) {
    sentences.push('The findings name what differs between source and target.');
  }
  if (failureFindings > 0) {
    const what = proof.uncovered.length > 0 ? formatPlural(proof.uncovered.length, 'table') : 'Something';
    sentences.push(`${what} could not be checked; the findings say why.`);
  }
  if (proof.broken.length > 0) sentences.push(`Checks that found something: ${proof.broken.join(', ')}.`);
  sentences.push(...schemaSentences(facts, proof));
  if (proof.missing > 0) {
    const [noun, verb] = [formatPlural(proof.missing, 'record'), proof.missing === 1 ? 'has' : 'have'];
    sentences.push(`${noun} of the source ${verb} no document that was seen or acknowledged.`);
  }
  return sentences;
}

/** What the schema check found: another source than was planned for, and what earlier runs have left, are two things. */
function schemaSentences({ schema }: Facts, { broken }: Proof): string[] {
  if (!broken.includes('schema')) return [];
  const { changed, leftover } = schema;
  return [
    ...(changed.length > 0
      ? [`Tables of the source are not as they were when the run was planned: ${listNames(changed)}.`]
      : []),
    ...(leftover.length > 0
      ? [`Collections of an earlier run for which the source has no table now: ${listNames(leftover)}.`]
      : []),
  ];
}

function gapSentences({ checks }: Facts, { partial, omitted }: Proof): string[] {
  const part = (name: CheckName) => {
    const { uncovered } = checks[name];
    return uncovered.length === 0 ? name : `${name} (without ${listNames(uncovered)})`;
  };
  return [
    ...(partial.length > 0 ? [`Checked in part only: ${partial.map(part).join('; ')}.`] : []),
    ...(omitted.length > 0 ? [`Not checked, though asked for: ${omitted.join(', ')}.`] : []),
  ];
}

/** What may be said of a dry run, and of a run that was cancelled or failed: what was counted, and nothing of checks. */
function endedSentences(facts: Facts, proof: Proof): (string | null)[] {
  const { migratedBy, migrated } = facts.rows;
  if (facts.kind !== 'migration') return [proof.deleted === 0 ? nothingWritten(facts) : null];
  const goOn = 'What was written stays. Started again, the migration writes only what is missing.';
  switch (migratedBy) {
    case 'nothing-written':
      return [proof.deleted === 0 ? nothingWritten(facts) : null];
    case 'counted-in-target':
      return [`In the target, counted there after it ended: ${share(facts)}.`, ...uncountedSentence(facts), goOn];
    case 'acknowledged':
      return [`The target acknowledged ${formatPlural(migrated, 'record')}; what stands there was not counted.`, goOn];
    case 'compared':
    case 'not-counted':
      return [notCounted(facts), goOn];
  }
}

/** Of a run that followed its source: what held before it ended, and what came after that. */
function provenSentence({ provenBefore }: Facts): string[] {
  if (provenBefore == null) return [];
  const { at, brought } = provenBefore;
  const since =
    brought === 0
      ? 'nothing was brought over since'
      : `${formatPlural(brought, 'change')} brought over since ${brought === 1 ? 'is' : 'are'} not part of it`;
  return [`Its proof held for the source as of ${formatInstant(at)}, with all rows compared; ${since}.`];
}

/** Who ended it. What Durable itself has ended tells its cause among the problems. */
function cancelledSentence({ cancelled }: Facts): string[] {
  if (cancelled == null) return [];
  const { at, by } = cancelled;
  const who = by === null ? '' : ` (${by})`;
  return [`Cancelled by the operator${at === null ? '' : ` at ${formatInstant(at)}`}${who}.`];
}

function deletedSentence(facts: Facts, { deleted }: Proof): string[] {
  if (deleted === 0) return [];
  const tables = Object.entries(facts.deleted)
    .filter(([, { count }]) => count > 0)
    .map(([table, { count }]) => `${table} ${formatCount(count)}`);
  const [noun, verb] = [formatPlural(deleted, 'document'), deleted === 1 ? 'was' : 'were'];
  return [`${noun} without a row in the source ${verb} deleted: ${listNames(tables)}.`];
}

function sharedSentence({ sharedCollections, kind }: Facts): string[] {
  if (sharedCollections.length === 0) return [];
  const names = listNames(sharedCollections);
  const nothing = kind === 'migration' ? 'nothing is deleted from them, and ' : '';
  return [`Collections that may hold other data: ${names}; ${nothing}documents without a row are not judged there.`];
}
