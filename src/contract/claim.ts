/** What a run has claimed, beside its plan: too much for every message. */
export interface StoredClaim {
  readonly token: string;
  /** Collections that hold other data as well: nothing is deleted from them. */
  readonly shared: readonly string[];
  /** Those of them of which some are none of this layout's: such documents are not replaced either. */
  readonly strangers: readonly string[];
  /** The server's ids of the claimed collections; absent in what earlier releases have stored. */
  readonly ids?: Readonly<Record<string, string>>;
}
