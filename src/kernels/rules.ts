import type { AdapterTraits } from '../gpu/index.js';
import type { ProductVariant } from './source.js';

/**
 * Which matrix product an adapter gets. A rule, not a stopwatch: another variant adds in another order, so the choice must be
 * the same each time. It stands in the plan and in the run's record.
 *
 * - `subgroup8`: software adapters whose subgroups have 8 lanes (lavapipe with AVX).
 * - `register`: other software adapters.
 * - `tile`: everything else, that is, GPUs.
 */
export function productVariant(traits: AdapterTraits): ProductVariant {
  if (!traits.software) return 'tile';
  return traits.subgroupSize === 8 ? 'subgroup8' : 'register';
}

/** Every product variant that an adapter can run; tests go through all of them. */
export function runnableVariants(traits: AdapterTraits): readonly ProductVariant[] {
  return traits.subgroupSize === 8 ? ['tile', 'register', 'subgroup8'] : ['tile', 'register'];
}

/** The tile of C that one workgroup of any product variant makes. */
export const productTile = 32;

/** How elementwise kernels are cut: few large pieces on a CPU, where each workgroup is a loop; many small ones on a GPU. */
export function span(traits: AdapterTraits): { readonly WORKGROUP: number; readonly ITEMS: number } {
  return traits.software ? { WORKGROUP: 8, ITEMS: 64 } : { WORKGROUP: 64, ITEMS: 4 };
}
