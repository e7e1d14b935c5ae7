/** What is measured, by name, with its unit. Every value carries the migration's id and the activity as dimensions. */
export const METRICS = {
  rows: 'Rows copied or compared; repeated work counts again',
  rowErrors: 'Rows that could not be copied',
  bytes: 'Bytes of the documents copied',
  requestUnits: 'Request units that the target charged (Cosmos DB with request units)',
  throttled: 'Writes that the target refused and that were sent again',
  activitySeconds: 'Seconds that an activity took',
  catchUpLagSeconds: 'Seconds that the target is behind the source when a catch-up pass begins',
} as const;

export type MetricName = keyof typeof METRICS;

/** Values of one activity; metrics that it does not measure are left out. */
export type MetricValues = Readonly<Partial<Record<MetricName, number>>>;

/** Where measured values go. Measuring never fails or delays the work that is measured. */
export interface Metrics {
  /** Takes values down, to be sent later. Throws nothing. */
  record(migration: string, activity: string, values: MetricValues): void;
  /** Sends what was taken down. Resolves whether it arrives or not. */
  flush(): Promise<void>;
}

/** For an app without Application Insights. */
export const NO_METRICS: Metrics = { record: () => undefined, flush: () => Promise.resolve() };
