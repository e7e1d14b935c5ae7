import type pg from 'pg';
import type { TargetSession } from '../contract/targetSession.ts';
import type { SourceHost } from './hostChoice.ts';

/** What the config room hands over for a PostgreSQL source: a `pg` configuration and a name without secrets. */
export interface SourceConnection {
  readonly config: pg.ClientConfig;
  /** All hosts of the source, where it has several or several ways to encrypt; `config` alone without. */
  readonly hosts?: readonly SourceHost[];
  /** What a host must be, `any` without; and whether the order of the hosts is drawn anew. */
  readonly session?: TargetSession;
  readonly isRandom?: boolean;
  /** `host:port/database`, safe to show. */
  readonly display: string;
  /** Schema asked for by the user, null: the first of the search path that holds MLflow's tables. */
  readonly schema: string | null;
}
