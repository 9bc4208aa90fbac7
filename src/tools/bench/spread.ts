/** The middle of some measurements and their range: timings on shared machines have outliers on one side only. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @param values at least one; the median of an even number of values is the mean of the middle two */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const upper = sorted[Math.floor(sorted.length / 2)]!;
  const lower = sorted[Math.ceil(sorted.length / 2) - 1]!;
  return { median: (lower + upper) / 2, min: sorted[0]!, max: sorted.at(-1)! };
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
