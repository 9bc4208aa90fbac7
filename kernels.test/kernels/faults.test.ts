/**
 * Faults planted into the shaders, one at a time: the checks of the kernel tests must find each. Compiling a
 * faulty product takes a software adapter up to seconds, so the usual run plants the first fault of each file
 * that products are made of;
 *
 *   npx vitest run --mode long kernels.test/kernels/faults.test.ts
 *
 * plants them all.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { productVariants } from '../../src/kernels/index.js';
import { howMany } from '../../src/testing/modes.js';
import { detectors } from './detectors.js';
import { type Fault, faults } from './faults.js';
import { detect, isPartOfProducts, jobsOf, search, shaderFiles } from './plant.js';
import { withText } from './planted.js';
import { useGpu } from './support.js';

vi.mock('node:fs', async (original) => (await import('./planted.js')).replaceFs(await original()));
vi.mock('../../src/kernels/registry.js', async (original) =>
  (await import('./planted.js')).replaceRegistry(await original()),
);

const gpu = useGpu();
const files = shaderFiles((path) => readFileSync(path, 'utf8'));

describe('the shaders as they are', () => {
  it.each(Object.keys(detectors))('%s passes what finds its faults', async (kernel) => {
    const jobs = jobsOf(`${kernel}.wgsl`, files, gpu().traits);
    for (const job of jobs.slice(0, howMany(1, jobs.length))) expect(await detect(gpu(), job)).toBe(null);
  });

  it('have no file without a planted fault, but for those that only declare or include', () => {
    const without = [...files.keys()].filter((file) => faults.every((fault) => fault.file !== file));
    expect(without).toEqual([
      'dense_backward_input.wgsl',
      'dense_backward_layers_adamw.wgsl',
      'dense_backward_layers_sgd.wgsl',
      'dense_backward_parameters.wgsl',
      'dense_backward_parameters_adamw.wgsl',
      'dense_backward_parameters_images.wgsl',
      'dense_backward_parameters_images_adamw.wgsl',
      'dense_backward_parameters_images_sgd.wgsl',
      'dense_backward_parameters_sgd.wgsl',
      'dense_backward_weights.wgsl',
      'dense_forward.wgsl',
      'dense_forward_images.wgsl',
      'lib/product_hooks.wgsl',
      'lib/trial.wgsl',
    ]);
    for (const variant of productVariants)
      expect(faults.filter(({ file }) => file === `lib/${variant}/product.wgsl`).length).toBeGreaterThan(2);
  });
});

/** Faults of a file that this run plants. */
function plantedHere(file: string): readonly Fault[] {
  const all = faults.filter((fault) => fault.file === file);
  return all.slice(0, isPartOfProducts(file, files) ? howMany(1, all.length) : all.length);
}

describe.each([...files.keys()].filter((file) => plantedHere(file).length > 0))('%s', (file) => {
  it.for(plantedHere(file))('is found out with $what', async (fault, context) => {
    const text = files.get(file)!;
    const faulty = text.replace(fault.text, () => fault.instead);
    expect(faulty, 'the text that is replaced is not there').not.toBe(text);
    const jobs = jobsOf(file, files, gpu().traits);
    if (jobs.length === 0) context.skip(`${gpu().description} cannot run it`);
    const found = await withText(file, faulty, () => search(gpu(), jobs));
    expect(found).toMatch(
      /times the bound|never match|not to be written|not written|padding|to deeply equal/,
    );
  });
});
