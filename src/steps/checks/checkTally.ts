import type { Finding } from '../../contract/migrationReport.ts';
import type { CheckSummary } from '../../contract/steps/checkCollections.ts';
import type { CollectionDefinition } from '../../mlflow/layouts/layout.ts';

/** Gathers what the checks find. Records are by table. */
export class CheckTally {
  readonly findings: Finding[] = [];
  /** Rows that are spoken of: the source's, or those that were compared where their number fits. */
  readonly totals: Record<string, number>;
  readonly documents: Record<string, number> = {};
  readonly standing: Record<string, number> = {};
  /** Documents by collection. */
  readonly counted: Record<string, number> = {};
  readonly unplaced: Record<string, number> = {};
  readonly stale = new Set<string>();
  readonly unchecked = new Set<string>();
  /** Tables of which fewer rows were read than there are. */
  readonly missing = new Set<string>();
  /** Collections with documents that no row has, or that may have some. */
  readonly surplus: { readonly definition: CollectionDefinition; readonly documents: number }[] = [];
  orphansAsInSource = 0;
  unlisted = 0;

  constructor(rows: Readonly<Record<string, number>>) {
    this.totals = { ...rows };
  }

  /** Lists a difference. */
  addError(check: Finding['check'], table: string, message: string, more: Partial<Finding> = {}): void {
    this.findings.push({ severity: 'error', check, table, ...more, message });
  }

  /** Lists what is no difference. */
  addNote(check: Finding['check'], table: string, message: string): void {
    this.findings.push({ severity: 'note', check, table, message });
  }

  /** `isPassing`: have passes over changes made the documents? Only then may reading all rows again mend what is stale. */
  summary(isPassing: boolean): CheckSummary {
    return {
      counts: this.#hasFailed('counts'),
      indexes: this.#hasFailed('indexes'),
      references: this.#hasFailed('references'),
      displaced: this.#hasFailed('content'),
      findingCount: this.findings.length + this.unlisted,
      unlisted: this.unlisted,
      rows: this.totals,
      documents: this.documents,
      standing: this.standing,
      counted: this.counted,
      stale: isPassing ? [...this.stale] : [],
      orphansAsInSource: this.orphansAsInSource,
      unchecked: [...this.unchecked],
      unplaced: this.unplaced,
    };
  }

  /** Were all references looked at, and nothing said of any? */
  get referencesHold(): boolean {
    return this.unchecked.size === 0 && this.findings.every(({ check }) => check !== 'references');
  }

  #hasFailed(check: Finding['check']): boolean {
    return this.findings.some(
      (finding) => finding.check === check && finding.severity === 'error' && finding.isFailure !== true,
    );
  }
}
