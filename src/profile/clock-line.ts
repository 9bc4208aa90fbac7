/** From the adapter's clock to the host's: arithmetic alone, so that reports need no adapter. */

/** A timestamp that the adapter wrote while `performance.now` went from `beforeMs` to `afterMs`. */
export interface ClockSample {
  readonly beforeMs: number;
  readonly afterMs: number;
  /** Nanoseconds since the origin of the profile, on the adapter's clock. */
  readonly ns: number;
}

/** Where the clocks were compared: there, host time = `ns` / 10^6 + `offsetMs`, ± `uncertaintyMs`. */
export interface ClockPoint {
  readonly ns: number;
  readonly offsetMs: number;
  readonly uncertaintyMs: number;
}

/**
 * Compares the clocks from samples taken within a moment. Each says that the offset lies in a window as wide
 * as the sample took; what all windows share is narrower than any. If they share nothing (a clock jumped),
 * the narrowest one is taken alone.
 */
export function fitClock(samples: readonly [ClockSample, ...ClockSample[]]): ClockPoint {
  const windows = samples.map(({ beforeMs, afterMs, ns }) => ({
    low: beforeMs - ns / 1e6,
    high: afterMs - ns / 1e6,
  }));
  const shared = {
    low: Math.max(...windows.map(({ low }) => low)),
    high: Math.min(...windows.map(({ high }) => high)),
  };
  const narrowest = windows.reduce((a, b) => (b.high - b.low < a.high - a.low ? b : a));
  const { low, high } = shared.low <= shared.high ? shared : narrowest;
  return { ns: samples[0].ns, offsetMs: (low + high) / 2, uncertaintyMs: (high - low) / 2 };
}

/** The host's time of a timestamp, in milliseconds; between two points the offset is interpolated. */
export function toHostMs(points: readonly [ClockPoint, ...ClockPoint[]], ns: number): number {
  const next = points.findIndex((point) => point.ns > ns);
  if (next <= 0) return ns / 1e6 + (next === 0 ? points[0] : points.at(-1)!).offsetMs;
  const [a, b] = [points[next - 1]!, points[next]!];
  const share = (ns - a.ns) / (b.ns - a.ns);
  return ns / 1e6 + a.offsetMs + share * (b.offsetMs - a.offsetMs);
}

/** The clocks of a recording without timestamps: there is one. */
export const hostClockOnly: readonly [ClockPoint] = [{ ns: 0, offsetMs: 0, uncertaintyMs: 0 }];
