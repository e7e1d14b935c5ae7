/**
 * US dollars for 100 RU/s for an hour, standard (manual) throughput, one region, US regions: the worked examples of
 * learn.microsoft.com/azure/cosmos-db/understand-your-bill, as known on 28 November 2026. Other regions and autoscale cost more.
 */
const DOLLARS_PER_100_UNITS_HOUR = 0.008;

/** What throughput costs for so long: each hour that has begun counts as a whole. */
export function throughputDollars(requestUnitsPerSecond: number, seconds: number): number {
  return (requestUnitsPerSecond / 100) * DOLLARS_PER_100_UNITS_HOUR * Math.ceil(seconds / 3_600);
}
