/** A source by name. JSON-safe and without secrets, so it may stand in orchestration history. */
export type SourceRef =
  | { readonly kind: 'secret'; readonly secret: string; readonly schema: string | null }
  | {
      readonly kind: 'postgres-identity';
      readonly server: string;
      readonly port: number;
      readonly database: string;
      readonly user: string;
      readonly clientId: string | null;
      readonly schema: string | null;
    };

/** A target by name. JSON-safe and without secrets, so it may stand in orchestration history. */
export type DestinationRef =
  | { readonly kind: 'secret'; readonly secret: string; readonly database: string | null }
  | {
      readonly kind: 'cosmos-identity';
      readonly account: string;
      readonly flavour: 'ru' | 'vcore';
      readonly database: string;
      readonly resourceGroup: string | null;
      readonly subscription: string | null;
      readonly clientId: string | null;
    };

export type ConnectionRef = SourceRef | DestinationRef;

/** A start request with every default filled in: what the orchestration takes. JSON-safe, no secrets. */
export interface MigrationRequest {
  readonly name: string | null;
  readonly source: SourceRef;
  readonly destination: DestinationRef;
  readonly layout: 'tables' | 'mlflow';
  readonly tables: readonly string[] | null;
  readonly workspace: string | null;
  readonly batchSize: number | 'auto';
  readonly validate: 'none' | 'counts' | 'full';
  /** Ranges copied at once at most; null leaves it to the orchestration. */
  readonly parallel: number | null;
  readonly dryRun: boolean;
  readonly dropTarget: boolean;
  readonly allowExisting: boolean;
  /** Another source filled the target, and the operator says that it held the same data. */
  readonly adoptTarget: boolean;
  readonly catchUp: boolean;
  /** Compare only: nothing is copied and nothing repaired. */
  readonly validateOnly: boolean;
  /** RU/s during and after the copy; `after` null restores what was there before. */
  readonly throughput: { readonly during: number; readonly after: number | null } | null;
  /** RU/s that the collections may come to which are made with their own; null: none. */
  readonly allowThroughput: number | 'all' | null;
  /** Field by which a collection is sharded, by collection. */
  readonly shardKeys: Readonly<Record<string, string>>;
  readonly stallMinutes: number;
  /** Documents of vanished rows that may be deleted; null: what {@link file://../plan/deleteLimit.ts} allows by itself. */
  readonly allowDeletes: number | 'all' | null;
}
