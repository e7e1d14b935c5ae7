/** The servers that all cases share. */
export interface Servers {
  readonly postgresUri: string;
  readonly mongodbUri: string;
  readonly storage: string;
  readonly python: string;
}

/** Which questions are asked: every `step`-th from the `offset`-th on. */
export interface Sampling {
  readonly step: number;
  readonly offset: number;
}
