import type { AdapterTraits, Gpu } from '../../gpu/index.js';
import { defaultLimits } from '../../gpu/traits.js';
import { runnableVariants, type ProductVariant } from '../index.js';

/** lavapipe: computes on the CPU, 8 lanes per subgroup. */
export const lavapipe: AdapterTraits = { software: true, subgroupSize: 8, limits: defaultLimits };
/** Chromium's software driver. */
export const swiftshader: AdapterTraits = {
  software: true,
  softwareDriver: 'swiftshader',
  subgroupSize: 4,
  limits: defaultLimits,
};
/** A software adapter without subgroups of one size. */
export const plainSoftware: AdapterTraits = { software: true, subgroupSize: null, limits: defaultLimits };
/** A GPU. */
export const hardware: AdapterTraits = { software: false, subgroupSize: 32, limits: defaultLimits };

export const everyTraits = { lavapipe, swiftshader, plainSoftware, hardware } as const;

/** Every product variant that an adapter can run, with traits for which every product that can takes it. */
export function variantsOn(
  gpu: Gpu,
): readonly { readonly variant: ProductVariant; readonly traits: AdapterTraits }[] {
  return runnableVariants(gpu.traits).map((variant) => {
    // So that elementwise kernels are cut in both ways, too.
    const software = variant !== 'split' && !variant.startsWith('tile');
    return { variant, traits: { ...gpu.traits, software, tuning: [{ variant }] } };
  });
}
