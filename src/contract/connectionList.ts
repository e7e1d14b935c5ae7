/** A connection that a start request may name, and under which key of `source` or `destination`. Never what stands behind the name. */
export interface KnownConnection {
  readonly key: 'secret' | 'server' | 'account';
  readonly name: string;
}

/** Answer of `GET /api/connections`: what may stand at either end, the likeliest first. */
export interface ConnectionList {
  readonly sources: readonly KnownConnection[];
  readonly targets: readonly KnownConnection[];
}
