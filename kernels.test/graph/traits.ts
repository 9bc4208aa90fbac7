import type { AdapterTraits, Gpu } from '../../src/gpu/index.js';
import { defaultLimits } from '../../src/gpu/traits.js';
import { runnableVariants, type ProductVariant } from '../../src/kernels/index.js';

/** lavapipe: computes on the CPU, 8 lanes per subgroup. */
export const lavapipe: AdapterTraits = { software: true, subgroupSize: 8, limits: defaultLimits };
/** A software adapter without subgroups of one size. */
export const plainSoftware: AdapterTraits = { software: true, subgroupSize: null, limits: defaultLimits };
/** A GPU. */
export const hardware: AdapterTraits = { software: false, subgroupSize: 32, limits: defaultLimits };

export const everyTraits = { lavapipe, plainSoftware, hardware } as const;

/** Traits that make the rules choose `variant` on an adapter that can run it. */
function traitsFor(gpu: Gpu, variant: ProductVariant): AdapterTraits {
  if (variant === 'tile') return { ...gpu.traits, software: false };
  return { ...gpu.traits, software: true, subgroupSize: variant === 'subgroup8' ? 8 : null };
}

/** Every product variant that an adapter can run, with traits that choose it. */
export function variantsOn(gpu: Gpu): readonly { variant: ProductVariant; traits: AdapterTraits }[] {
  return runnableVariants(gpu.traits).map((variant) => ({ variant, traits: traitsFor(gpu, variant) }));
}
