/**
 * Every small change to a shader, made by pattern (mutate.ts), must be found by the kernels' tests. The usual
 * run tries a slice of them, the long run all:
 *
 *   npx vitest run --mode long kernels.test/kernels/mutations.test.ts
 *
 * It takes about half an hour on a software adapter with two cores, and prints what became of them.
 */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { howMany, isLong } from '../../src/testing/modes.js';
import { type Equivalent, equivalents } from './equivalents.js';
import { mutants, mutateLine, type Mutant } from './mutate.js';
import { isPartOfProducts, jobsOf, search, shaderFiles } from './plant.js';
import { withText } from './planted.js';
import { useGpu } from './support.js';

vi.mock('node:fs', async (original) => (await import('./planted.js')).replaceFs(await original()));
vi.mock('../../src/kernels/registry.js', async (original) =>
  (await import('./planted.js')).replaceRegistry(await original()),
);

const files = shaderFiles((path) => readFileSync(path, 'utf8'));
const all = [...files].flatMap(([file, text]) => mutants(file, text));

const isSame = (mutant: Mutant, { file, from, to, occurrence }: Equivalent): boolean =>
  mutant.file === file &&
  mutant.from === from &&
  mutant.to === to &&
  (occurrence ?? mutant.occurrence) === mutant.occurrence;
const isEquivalent = (mutant: Mutant): boolean => equivalents.some((each) => isSame(mutant, each));

describe('the changes', () => {
  it('are small, and of many kinds', () => {
    expect(mutateLine('if (i >= rows || j4 >= columns4) {')).toEqual([
      'if (i > rows || j4 >= columns4) {',
      'if (i < rows || j4 >= columns4) {',
      'if (i >= rows || j4 > columns4) {',
      'if (i >= rows || j4 < columns4) {',
      'if (i >= rows && j4 >= columns4) {',
      'if (true) {',
      'if (false) {',
    ]);
    expect(mutateLine('for (var i = 0u; i < 8u; i++) {')).toEqual([
      'for (var i = 0u; i <= 8u; i++) {',
      'for (var i = 1u; i < 8u; i++) {',
      'for (var i = 0u; i < 9u; i++) {',
      'for (var i = 0u; i < 7u; i++) {',
      'for (var i = 0u; i < 8u; i += 2u) {',
    ]);
    expect(mutateLine('return select(1.0, scale, DROPOUT);')).toEqual([
      'return select((1.01 * 1.0), scale, DROPOUT);',
      'return select(scale, 1.0, DROPOUT);',
    ]);
    expect(mutateLine('workgroupBarrier();')).toEqual([';']);
    expect(mutateLine('let a = b.x + c[i];')).toEqual([
      'let a = b.x - c[i];',
      'let a = b.y + c[i];',
      'let a = b.x;',
    ]);
  });

  it('are some two thousand, in every shader with code', () => {
    expect(all.length).toBeGreaterThan(1500);
    const without = [...files.keys()].filter((file) => all.every((mutant) => mutant.file !== file));
    // These only declare and include.
    expect(without).toEqual([
      'dense_backward_layers_adamw.wgsl',
      'dense_backward_layers_sgd.wgsl',
      'dense_backward_parameters_adamw.wgsl',
      'dense_backward_parameters_images_adamw.wgsl',
      'dense_backward_parameters_images_sgd.wgsl',
      'dense_backward_parameters_sgd.wgsl',
      'dense_forward.wgsl',
      'dense_forward_images.wgsl',
      'lib/trial.wgsl',
    ]);
  });

  it('that nothing can show are changes that are made, each with its reason', () => {
    const unknown = equivalents.filter((each) => !all.some((mutant) => isSame(mutant, each)));
    expect(unknown).toEqual([]);
    expect(equivalents.filter(({ why }) => why.length < 20)).toEqual([]);
  });
});

interface Outcome {
  readonly mutant: Mutant;
  /** Equivalent ones are not run. */
  readonly fate: 'killed' | 'invalid' | 'equivalent' | 'survived';
}

describe('the tests find', () => {
  const gpu = useGpu();
  const outcomes: Outcome[] = [];
  const count = (of: Outcome['fate']): number => outcomes.filter(({ fate }) => fate === of).length;
  afterAll(() => {
    const { length } = outcomes;
    console.log(
      `${length} mutants: ${count('killed')} killed, ${count('invalid')} that do not compile, ` +
        `${count('equivalent')} equivalent (kernels.test/kernels/equivalents.ts says why), ${count('survived')} survived`,
    );
  });

  async function fateOf(mutant: Mutant): Promise<Outcome['fate']> {
    if (isEquivalent(mutant)) return 'equivalent';
    const jobs = jobsOf(mutant.file, files, gpu().traits);
    const found = await withText(mutant.file, mutant.text, () => search(gpu(), jobs));
    if (found === null) return 'survived';
    return /does not compile|could not be made into a pipeline/.test(found) ? 'invalid' : 'killed';
  }

  // Products take seconds to compile: the usual run leaves them to the long one.
  const tried = [...files.keys()].filter((file) => isLong || !isPartOfProducts(file, files));

  it.for(tried.filter((file) => all.some((mutant) => mutant.file === file)))(
    'every change of %s',
    { timeout: 3_600_000 },
    async (file, context) => {
      if (jobsOf(file, files, gpu().traits).length === 0) context.skip(`${gpu().description} cannot run it`);
      const own = all.filter((mutant) => mutant.file === file);
      const stride = howMany(29, 1);
      const survivors: string[] = [];
      for (let at = own.length % stride; at < own.length; at += stride) {
        const mutant = own[at]!;
        const fate = await fateOf(mutant);
        outcomes.push({ mutant, fate });
        if (fate === 'survived') survivors.push(`${file}:${mutant.line} ${mutant.from} -> ${mutant.to}`);
      }
      expect(survivors).toEqual([]);
    },
  );
});
