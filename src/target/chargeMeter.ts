/** Real charges are asked for this often, and the newest counts this much. */
const SAMPLE_EVERY_MS = 2_000;
const SAMPLE_WEIGHT = 0.3;

/** What the target charges for one kind of request against what is estimated, by samples taken now and then. */
export class ChargeMeter {
  private chargeRatio = 1;
  private hasMeasured = false;
  private isSampling = false;
  private sampledAt = Number.NEGATIVE_INFINITY;

  /** Request units charged for each that is estimated; 1 until something was measured. */
  get ratio(): number {
    return this.chargeRatio;
  }

  /** Is it time to measure a request's real charge? Says so to one caller at a time; call {@link measured} with what came of it. */
  takeSample(): boolean {
    if (this.isSampling || performance.now() - this.sampledAt < SAMPLE_EVERY_MS) return false;
    this.isSampling = true;
    return true;
  }

  /** A measured charge against its estimate, null where measuring failed. */
  measured(charge: number | null, estimate: number): void {
    this.isSampling = false;
    this.sampledAt = performance.now();
    if (charge === null || !(charge > 0) || !(estimate > 0)) return;
    this.chargeRatio += (charge / estimate - this.chargeRatio) * (this.hasMeasured ? SAMPLE_WEIGHT : 1);
    this.hasMeasured = true;
  }
}
