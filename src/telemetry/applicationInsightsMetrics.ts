import { hostname } from 'node:os';
import type { GetToken } from '../config/azureCredential.ts';
import type { TelemetrySettings } from '../config/telemetrySettings.ts';
import type { MetricName, Metrics, MetricValues } from './metrics.ts';

const SCOPE = 'https://monitor.azure.com/.default';
/** Values are summed up for so long: activities end once a minute or several times a second. */
const SEND_AFTER_MS = 10_000;
const RETRY_AFTER_MS = 60_000;
const TIMEOUT_MS = 10_000;
/** A few for each activity of each migration that runs here. While nothing arrives, no more are kept than this. */
const MAX_SERIES = 1_000;
/** Sets them apart from the host's metrics, which the portal lists beside them. */
const PREFIX = 'mlflow.';

/** Values of one metric with the same dimensions, summed up. */
interface Series {
  readonly name: MetricName;
  readonly migration: string;
  readonly activity: string;
  /** ISO 8601, of the first value. */
  readonly time: string;
  readonly sum: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
}

/** What sending came to: what is worth sending again, and why something did not arrive, if so. */
interface Outcome {
  readonly again: readonly Series[];
  readonly fault: string | null;
}

/**
 * Custom metrics of Application Insights, posted to its ingestion endpoint. The Functions library for Node.js has no way to
 * send them through the host, and Azure's SDK would multiply the cold start for what is one request. A log line tells once
 * why nothing arrives; what could not be sent is added to what follows.
 */
export class ApplicationInsightsMetrics implements Metrics {
  readonly #settings: TelemetrySettings;
  readonly #getToken: GetToken;
  #series = new Map<string, Series>();
  #timer: NodeJS.Timeout | null = null;
  #sending: Promise<void> = Promise.resolve();
  #knownFault: string | null = null;

  constructor(settings: TelemetrySettings, getToken: GetToken) {
    this.#settings = settings;
    this.#getToken = getToken;
  }

  record(migration: string, activity: string, values: MetricValues): void {
    const time = new Date().toISOString();
    for (const [name, value] of Object.entries(values) as [MetricName, number][]) {
      this.#add({ name, migration, activity, time, sum: value, count: 1, min: value, max: value });
    }
    this.#schedule(SEND_AFTER_MS);
  }

  flush(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#sending = this.#sending.then(() => this.#send());
    return this.#sending;
  }

  #add(next: Series): void {
    const key = `${next.name} ${next.activity} ${next.migration}`;
    const known = this.#series.get(key);
    if (known === undefined && this.#series.size >= MAX_SERIES) return;
    const sum = (known?.sum ?? 0) + next.sum;
    const count = (known?.count ?? 0) + next.count;
    const min = Math.min(known?.min ?? next.min, next.min);
    const max = Math.max(known?.max ?? next.max, next.max);
    this.#series.set(key, { ...(known ?? next), sum, count, min, max });
  }

  /** The timer does not keep the process alive: the values of its last seconds are sent by {@link flush}. */
  #schedule(delayMs: number): void {
    if (this.#series.size > 0) this.#timer ??= setTimeout(() => void this.flush(), delayMs).unref();
  }

  async #send(): Promise<void> {
    const batch = [...this.#series.values()];
    if (batch.length === 0) return;
    this.#series = new Map();
    const { again, fault } = await this.#post(batch);
    for (const series of again) this.#add(series);
    if (fault !== null && fault !== this.#knownFault) {
      console.warn(
        `Metrics are not arriving in Application Insights: ${fault}. Log lines and reports are not affected.`,
      );
    }
    this.#knownFault = fault;
    this.#schedule(RETRY_AFTER_MS);
  }

  async #post(batch: readonly Series[]): Promise<Outcome> {
    const { ingestionEndpoint, login } = this.#settings;
    try {
      const headers: Record<string, string> = { 'content-type': 'application/json' };
      if (login !== null) headers['authorization'] = `Bearer ${(await this.#getToken(SCOPE, login.clientId)).token}`;
      const response = await fetch(`${ingestionEndpoint}/v2.1/track`, {
        method: 'POST',
        headers,
        body: JSON.stringify(batch.map((series) => this.#envelope(series))),
        // A token goes to the endpoint that the setting names, and nowhere else.
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const body = await response.text();
      if (response.status === 206) return partly(batch, body);
      if (response.ok) return { again: [], fault: null };
      return { again: isWorthRepeating(response.status) ? batch : [], fault: `HTTP ${response.status}` };
    } catch (error) {
      // No login, no way there, no answer in time. Messages of such errors may hold addresses and are not repeated.
      return { again: batch, fault: error instanceof Error ? error.name : 'unknown error' };
    }
  }

  #envelope({ name, migration, activity, time, sum, count, min, max }: Series): object {
    return {
      ver: 1,
      name: 'Microsoft.ApplicationInsights.Metric',
      time,
      iKey: this.#settings.instrumentationKey,
      tags: { 'ai.cloud.role': this.#settings.role, 'ai.cloud.roleInstance': hostname() },
      data: {
        baseType: 'MetricData',
        baseData: {
          ver: 2,
          metrics: [{ name: `${PREFIX}${name}`, kind: 'Aggregation', value: sum, count, min, max }],
          properties: { migration, activity },
        },
      },
    };
  }
}

/** Roles take minutes to be in force, and quotas and overloads end. */
function isWorthRepeating(status: number): boolean {
  return [401, 403, 408, 429, 439].includes(status) || status >= 500;
}

/** Of an answer that took some and refused others: what to send again. */
function partly(batch: readonly Series[], body: string): Outcome {
  const { errors } = JSON.parse(body) as { errors: { index: number; statusCode: number }[] };
  const again = errors.filter(({ statusCode }) => isWorthRepeating(statusCode)).map(({ index }) => batch[index]);
  return {
    again: again.filter((series) => series !== undefined),
    fault: `${errors.length} of ${batch.length} refused, the first with ${errors[0]?.statusCode}`,
  };
}
