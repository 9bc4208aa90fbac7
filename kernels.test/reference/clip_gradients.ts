import type { Numbers } from './numbers.js';

/** The square root of the sum of all squares of some gradients. */
export function globalNorm(gradients: readonly Numbers[]): number {
  let sum = 0;
  for (const gradient of gradients) for (const value of Array.from(gradient)) sum += value ** 2;
  return Math.sqrt(sum);
}

/**
 * What all gradients of a step are multiplied by: torch.nn.utils.clip_grad_norm_(max_norm), which has
 *
 *   min(1, max_norm / (norm + 1e-6))
 *
 * A norm that is not finite is the factor itself, so that it cannot be overlooked.
 * @param maxNorm null: 1
 */
export function clipFactor(norm: number, maxNorm: number | null): number {
  if (maxNorm === null) return 1;
  return Number.isFinite(norm) ? Math.min(1, maxNorm / (norm + 1e-6)) : norm;
}

/** All gradients of a step, clipped by their global norm. */
export function clipGradients(gradients: readonly Numbers[], maxNorm: number | null): Float64Array[] {
  const factor = clipFactor(globalNorm(gradients), maxNorm);
  return gradients.map((gradient) => Float64Array.from(gradient, (value) => factor * value));
}
