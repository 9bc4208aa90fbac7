/**
 * Figures of several rounds: their middle and how far they lie apart, which says more than a mean of
 * outliers.
 */

/** Timings on shared machines have outliers on one side only. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** Half of the figures lie from `low` to `high`: outliers do not move them. */
export interface Quartiles {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/** @param values at least one */
export function spreadOf(values: readonly number[]): Spread {
  const at = quantiles(values);
  return { median: at(0.5), min: at(0), max: at(1) };
}

/** @param values at least one */
export function quartilesOf(values: readonly number[]): Quartiles {
  const at = quantiles(values);
  return { low: at(0.25), median: at(0.5), high: at(0.75) };
}

/** The value below which a share of the values lies; between two of them it is interpolated. */
function quantiles(values: readonly number[]): (share: number) => number {
  const sorted = [...values].sort((a, b) => a - b);
  return (share) => {
    const place = share * (sorted.length - 1);
    const [below, above] = [sorted[Math.floor(place)]!, sorted[Math.ceil(place)]!];
    return below + (place - Math.floor(place)) * (above - below);
  };
}

/** Three significant digits, without an exponent: `0.85`, `13.2`, `1240`. */
export function significant(value: number): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

/** `13.2 (11.9-14.0)`. */
export function withRange({ median, min, max }: Spread, unit = ''): string {
  return `${significant(median)}${unit} (${significant(min)}-${significant(max)})`;
}
