import type { Facts } from '../../contract/facts.ts';
import type { CardVerdict, Verdict } from '../../contract/verdict.ts';
import { formatCount } from '../../formatCount.ts';
import { formatPlural } from '../formatUnits.ts';
import type { Proof } from './runProof.ts';

/** The figures that matter most, with the words beside them. */
export function cards(facts: Facts, proof: Proof): Verdict['cards'] {
  return {
    migrated: migratedCard(facts, proof),
    errors: errorsCard(facts, proof),
    validation: validationCard(facts, proof),
  };
}

/** Headings of a table's figures. */
export function columns({ kind, rows, ending }: Facts): Verdict['columns'] {
  const errors = kind === 'comparison' ? 'Different' : 'Errors';
  switch (rows.migratedBy) {
    case 'compared':
      if (ending !== 'whole') return { migrated: 'Written', errors, share: 'share written' };
      return kind === 'comparison'
        ? { migrated: 'Equal', errors, share: 'share found equal' }
        : { migrated: 'Migrated', errors, share: 'share in the target' };
    case 'acknowledged':
      return { migrated: kind === 'comparison' ? 'Equal' : 'Migrated', errors, share: 'share acknowledged' };
    case 'counted-in-target':
      return { migrated: 'In the target', errors, share: 'share in the target' };
    case 'not-counted':
      return { migrated: 'Written', errors, share: 'share written' };
    case 'nothing-written':
      return { migrated: kind === 'comparison' ? 'Equal' : 'Migrated', errors, share: 'share in the target' };
  }
}

function migratedCard(facts: Facts, proof: Proof): CardVerdict {
  const { total, migrated, errors } = facts.rows;
  const bad = proof.isWhole ? errors > 0 || proof.missing > 0 : migrated !== total;
  const of = `of ${formatPlural(total, 'record')} in the source`;
  const [name, beside] = migratedWords(facts, proof, of);
  // Without a plan nobody knows how many there are: no figure is better than nought.
  const isUnknown = facts.rows.migratedBy === 'not-counted' && total === 0;
  return { name, figure: isUnknown ? '–' : formatCount(migrated), beside, bad: bad || isUnknown };
}

function migratedWords({ kind, rows }: Facts, { isWhole }: Proof, of: string): readonly [string, string] {
  switch (rows.migratedBy) {
    case 'compared':
      if (!isWhole) return ['Records', 'not counted in the target'];
      return [kind === 'comparison' ? 'Records equal' : 'Records migrated', of];
    case 'acknowledged':
      return [kind === 'comparison' ? 'Records' : 'Records acknowledged', of];
    case 'counted-in-target':
      return ['Records in the target', `counted there; ${formatPlural(rows.total, 'record')} in the source`];
    case 'not-counted':
      return ['Records', 'not counted in the target'];
    case 'nothing-written':
      return kind === 'comparison' ? ['Records', 'contents were not compared'] : ['Records migrated', of];
  }
}

function errorsCard(facts: Facts, proof: Proof): CardVerdict {
  const { errors } = facts.rows;
  return {
    name: facts.kind === 'comparison' ? 'Records that differ' : 'Errors',
    figure: formatCount(errors),
    beside: errorWords(facts, proof),
    bad: errors > 0,
  };
}

function errorWords({ kind, rows, carryFindings }: Facts, { isWhole, results, missing }: Proof): string {
  if (rows.errors > 0) return kind === 'comparison' ? 'missing or not equal' : 'rows not carried, or still different';
  if (!isWhole) return 'none found before it ended';
  const isEveryRowSeen = rows.migratedBy === 'compared' && results.content === 'held' && missing === 0;
  if (isEveryRowSeen && carryFindings === 0) {
    return kind === 'comparison' ? 'every row has its equal' : 'every row could be carried';
  }
  if (carryFindings > 0) return `${formatPlural(carryFindings, 'value')} not carried unchanged`;
  return results.content === 'held' ? 'none met' : 'none found; not every row was compared';
}

function validationCard({ errorFindings }: Facts, { speaksOfChecks, results, asked, broken, partial, omitted }: Proof) {
  if (!speaksOfChecks) return null;
  const ran = Object.entries(results).filter(([, result]) => result !== 'not-run');
  const of = ran.length + omitted.length;
  const name = 'Validation';
  if (of === 0 && asked.length === 0 && errorFindings === 0) {
    return { name, figure: 'Skipped', beside: 'source and target were not compared', bad: false };
  }
  const ok = ran.filter(([, result]) => result === 'held').length;
  const gaps = partial.length + omitted.length;
  const words = [
    ...(broken.length > 0 ? [`${formatPlural(broken.length, 'check')} found something`] : []),
    ...(gaps > 0 ? [`${formatPlural(gaps, 'check')} incomplete`] : []),
    ...(errorFindings > 0 ? [formatPlural(errorFindings, 'finding')] : []),
  ];
  const beside = words.length === 0 ? 'checks without a difference' : words.join(', ');
  return { name, figure: `${ok} of ${of}`, beside, bad: words.length > 0 };
}
