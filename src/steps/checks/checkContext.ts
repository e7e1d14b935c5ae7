import type { Plan } from '../../contract/plan.ts';
import type { CheckInput } from '../../contract/steps/checkCollections.ts';
import type {
  ChildDefinition,
  CollectionDefinition,
  JoinedRows,
  LayoutDefinition,
} from '../../mlflow/layouts/layout.ts';
import type { DocumentAccess } from '../../target/documentAccess.ts';
import type { JoinedCount } from '../shared/countJoined.ts';
import type { Ends } from '../shared/useEnds.ts';
import type { CheckTally } from './checkTally.ts';

/** What is checked, and where. */
export interface CheckGround {
  readonly input: CheckInput;
  readonly plan: Plan;
  readonly layout: LayoutDefinition;
  readonly ends: Ends;
  /** The collections that are checked. */
  readonly definitions: readonly CollectionDefinition[];
  /** Those whose rows, all of the table, stand in documents of these collections. */
  readonly children: readonly (ChildDefinition | JoinedRows)[];
  /** Aborts when the checks should stop. */
  readonly signal: AbortSignal;
}

/** What the checks of whole collections work with, and what they add to. */
export interface CheckContext extends CheckGround {
  /** Rows that the source counts, by table; tables that cannot be counted any more are left out. */
  readonly rows: Readonly<Record<string, number>>;
  readonly tally: CheckTally;
  /** By collection: is its content that of its table? Asked once for all that refer to it, and kept as it is asked. */
  readonly parents: Map<string, Promise<boolean>>;
}

/** One of the collections. */
export interface CheckedCollection {
  readonly definition: CollectionDefinition;
  readonly access: DocumentAccess;
  /** Documents that stand there. */
  readonly documents: number;
  /** Does it hold other data as well? */
  readonly isShared: boolean;
  /** What the source makes of a definition that joins rows to others; null for one that does not. */
  readonly made: JoinedCount | null;
}

/** A check of one collection. */
export type CollectionCheck = (context: CheckContext, collection: CheckedCollection) => Promise<void>;

/** A check that comes once, when the collections have had theirs. */
export type LateCheck = (context: CheckContext) => Promise<void>;
