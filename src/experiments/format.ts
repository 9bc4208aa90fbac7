/** Figures as people read them: one way to write each quantity, in tables and in sentences. */
import type { PairedDifference, Sample } from '../base/statistics.js';

/** `87.6 %`. */
export function percent(fraction: number, digits = 1): string {
  return `${(100 * fraction).toFixed(digits)} %`;
}

/** A difference of two accuracies: `12.3 points`. */
export function points(difference: number, digits = 1): string {
  return `${(100 * difference).toFixed(digits)} points`;
}

/** How the test accuracy stands to the validation accuracy. @param drop validation - test */
export function testBesideValidation(drop: number): string {
  const size = points(Math.abs(drop));
  if (size === points(0)) return 'the test set is level with validation';
  return `the test set is ${size} ${drop > 0 ? 'below' : 'above'} validation`;
}

/** A loss: four decimals, or two significant digits below 0.001 and from 10,000 on. */
export function decimal(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-3 || size >= 1e4) ? value.toExponential(1) : value.toFixed(4);
}

/** A loss over seeds: `0.4301`, or `0.4301 ± 0.0340` where there are several. */
export function decimalSpread({ mean, sd }: Sample): string {
  if (sd === null) return decimal(mean);
  const written = decimal(mean);
  return `${written} ± ${written.includes('e') ? decimal(sd) : sd.toFixed(4)}`;
}

/** `87.6 %`, or `87.6 ± 0.5 %`. */
export function percentSpread({ mean, sd }: Sample): string {
  return sd === null ? percent(mean) : `${(100 * mean).toFixed(1)} ± ${(100 * sd).toFixed(1)} %`;
}

/** `12.4 ± 1.1`; a whole number stays one where there is no spread. */
export function countSpread({ mean, sd }: Sample): string {
  return sd === null || sd === 0 ? String(mean) : `${mean.toFixed(1)} ± ${sd.toFixed(1)}`;
}

/** `standard error 0.0034, |t| = 3.6, 5 seeds paired`: what backs a difference; `''` for one seed. */
export function evidence(
  { n, standardError, t }: PairedDifference,
  write: (value: number) => string,
): string {
  if (standardError === null || t === null) return '';
  const ratio = Number.isFinite(t) ? Math.abs(t).toFixed(1) : 'infinite';
  return `standard error ${write(standardError)}, |t| = ${ratio}, ${n} seeds paired`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(items: readonly string[]): string {
  return items.length < 2 ? (items[0] ?? '') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)!}`;
}
