/**
 * What the times of a product's variants say: which is the fastest, and whether it is worth a choice against
 * the rule.
 */
import type { TuningEntry } from '../../gpu/index.js';
import type { ProductVariant } from '../../kernels/index.js';
import { quartilesOf, type Quartiles } from './spread.js';
import type { ProductTimes, VariantTimes } from './tune.js';

/** One variant beside the rule's choice. */
export interface VariantVerdict extends VariantTimes {
  /** Microseconds per dispatch. */
  readonly time: Quartiles;
  /** Useful work at the median time. */
  readonly gflopsPerSecond: number;
  /**
   * How many times as fast as the rule's choice in the same round: a machine that drifts does so for both.
   */
  readonly speedup: Quartiles;
  /** Faster than the rule's choice by more than the spread, and by enough to be worth a choice. */
  readonly faster: boolean;
}

/** A product with its variants compared. */
export interface ProductVerdict extends ProductTimes {
  readonly variants: readonly VariantVerdict[];
  readonly fastest: ProductVariant;
  /** The rule's choice, unless another variant is `faster`. */
  readonly choice: ProductVariant;
}

/** A choice changes the order of additions, and so the bits of a run; a few per cent do not pay for that. */
export const worthwhile = 0.05;

/**
 * Compares a product's variants. Faster is what is faster than the rule's choice by more than the spread: the
 * median of the rounds' speedups lies above 1 by more than the distance between their quartiles, and by more
 * than `worthwhile`.
 */
export function verdictOf(times: ProductTimes): ProductVerdict {
  const rule = times.variants.find(({ variant }) => variant === times.rule)!;
  const variants = times.variants.map((each): VariantVerdict => {
    const time = quartilesOf(each.us);
    const speedup = quartilesOf(each.us.map((us, round) => rule.us[round]! / us));
    return {
      ...each,
      time,
      gflopsPerSecond: times.flops / (1000 * time.median),
      speedup,
      faster: speedup.median - 1 > Math.max(speedup.high - speedup.low, worthwhile),
    };
  });
  const bestOf = (some: readonly VariantVerdict[]): ProductVariant | undefined =>
    [...some].sort((a, b) => b.speedup.median - a.speedup.median)[0]?.variant;
  return {
    ...times,
    variants,
    fastest: bestOf(variants)!,
    choice: bestOf(variants.filter(({ faster }) => faster)) ?? times.rule,
  };
}

/** The entries of a tuning file: one per product for which another variant is chosen than the rule's. */
export function entriesOf(verdicts: readonly ProductVerdict[]): TuningEntry[] {
  return verdicts
    .filter(({ rule, choice }) => choice !== rule)
    .map(({ product, choice }) => ({ ...product, variant: choice }));
}

/** Microseconds that a step's products take with one choice for each, at the median times. */
export function stepUs(verdicts: readonly ProductVerdict[], choice: 'rule' | 'choice'): number {
  return verdicts.reduce((sum, { ops, variants, [choice]: chosen }) => {
    const { time } = variants.find(({ variant }) => variant === chosen)!;
    return sum + ops.length * time.median;
  }, 0);
}
