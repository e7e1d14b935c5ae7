/**
 * The time in milliseconds since 1970, as the host writes it into histories and waits by it: of the machine's clock when the process
 * began, and what has passed since. Where that clock is set back or forward meanwhile, no timer waits for the difference, and
 * no orchestration takes it for time that has passed.
 */
export function hostTime(): number {
  return Math.floor(performance.timeOrigin + performance.now());
}
