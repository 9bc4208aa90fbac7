import { describe, it } from 'vitest';
import { padded, productVariants } from '../../src/kernels/index.js';
import { type KernelRun, runKernel } from '../gpu-harness.js';
import { compare, part, type ProductCall, type ProductShape } from './product-call.js';
import { expectSameBits, matrix, traitsFor, useGpu, vector } from './support.js';

/**
 * What the kernels are held to that read a batch straight from images: the bound that the plain kernel keeps
 * on gather's output, where every byte is divided; and the bits of the plain kernel where no pixel counts: in
 * the rows that a short batch lacks, and in the gradient of the bias.
 * @param sides which sides of the product are the batch and the pixels
 * @param build the same call in both forms, for a batch of which `present` rows are there
 */
export function describeFromImages(
  title: string,
  sides: { readonly batch: 'rows' | 'inner'; readonly pixels: 'rows' | 'inner' },
  build: (
    shape: Omit<ProductShape, 'values'>,
    present: number,
  ) => { readonly fromImages: ProductCall; readonly fromTensor: ProductCall },
): void {
  const gpu = useGpu();

  describe.each(productVariants)(`${title}, variant %s`, (variant) => {
    it.for([
      { batch: 12, present: 12, pixels: 50 },
      { batch: 37, present: 37, pixels: 49 },
      { batch: 37, present: 30, pixels: 47 },
      { batch: 32, present: 1, pixels: 784 },
    ])('agrees with the form that reads a gathered batch: $present of $batch rows', async (size, context) => {
      const { batch, present, pixels } = size;
      const shape = { rows: 0, inner: 0, columns: 21, trials: 3 };
      shape[sides.batch] = batch;
      shape[sides.pixels] = pixels;
      const { fromImages, fromTensor } = build(shape, present);
      const traits = traitsFor(gpu(), variant, context);
      const straight = await runKernel(gpu(), { ...fromImages.run, traits });
      compare(fromImages, straight, 'straight from images', () => undefined);

      const gathered = await runKernel(gpu(), gatherRun(fromImages.run, batch, pixels));
      const x = [0, 1, 2].map((trial) => gathered.f32('x', trial));
      const tensors = { ...fromTensor.run.tensors, x: matrix('reads', batch, pixels, x) };
      const plain = await runKernel(gpu(), { ...fromTensor.run, tensors, traits });
      compare(fromImages, plain, 'from a gathered batch', () => undefined);
      for (const output of fromImages.outputs) {
        const isForward = sides.batch === 'rows';
        if (!isForward && output.rows > 1) continue;
        for (const trial of [0, 1, 2]) {
          const [found, expected] = [straight, plain].map((result) => {
            const { whole } = part(result, output, trial);
            return isForward ? whole.subarray(present * padded(output.columns)) : whole;
          });
          expectSameBits(found!, expected!, `${output.name} of trial ${trial}`);
        }
      }
    });
  });
}

/** The gather of the batch that `run` reads straight from its images. */
function gatherRun(run: Omit<KernelRun, 'traits'>, rows: number, pixels: number): KernelRun {
  const images = run.tensors.images!;
  return {
    kernel: 'gather',
    tensors: {
      images,
      indices: run.tensors.indices!,
      labels: { ...vector('reads', images.rows, [new Uint32Array(images.rows)]), shared: true },
      x: matrix('writes', rows, pixels),
      y: vector('writes', rows),
    },
    trials: 3,
    step: run.step!,
    raw: run.raw!,
  };
}
