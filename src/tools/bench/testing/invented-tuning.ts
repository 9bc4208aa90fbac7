/** Made-up times of a product's variants. */
import type { ProductVariant } from '../../../kernels/index.js';
import type { ProductTimes } from '../tune.js';

/**
 * A product of which the rules choose `subgroup8`.
 * @param us per variant, one figure per round
 */
export function productTimes(
  us: Partial<Record<ProductVariant, readonly number[]>>,
  { rows = 128, flops = 1_000_000, op = 'layer0' } = {},
): ProductTimes {
  return {
    ops: [op],
    product: { kernel: 'dense_forward', rows, columns: 256, inner: 784 },
    flops,
    rule: 'subgroup8',
    variants: Object.entries(us).map(([variant, figures]) => ({
      variant: variant as ProductVariant,
      us: figures,
    })),
  };
}
