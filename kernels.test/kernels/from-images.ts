import { describe, it } from 'vitest';
import { productVariants } from '../../src/kernels/index.js';
import { type KernelRun, runKernel } from '../gpu-harness.js';
import { compare, type ProductCall, type ProductShape } from './product-call.js';
import { expectSameBits, matrix, traitsFor, useGpu, vector } from './support.js';

/**
 * What the kernels are held to that read a batch straight from images: what the plain kernel makes of
 * gather's output, bit for bit; and zeros for the rows that a short batch lacks.
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
    ])(
      'gives the bits of the form that reads a gathered batch: $present of $batch rows',
      async (size, context) => {
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
        for (const { name } of fromImages.outputs) {
          for (const trial of [0, 1, 2])
            expectSameBits(
              straight.slice(name, trial),
              plain.slice(name, trial),
              `${name} of trial ${trial}`,
            );
        }
      },
    );
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
