import { describe, it, type TestContext } from 'vitest';
import { type ProductVariant, productVariants } from '../../src/kernels/index.js';
import { integers, uniform } from '../arrays.js';
import { type KernelResult, type KernelRun, runKernel } from '../gpu-harness.js';
import { compare, compareBeside, part, type ProductCall, type ProductShape } from './product-call.js';
import { noteShares } from './shares.js';
import { edgeSizes, expectSameBits, traitsFor, useGpu, wholeNumbers } from './support.js';

const inputKinds: Readonly<Record<string, ProductShape['values']>> = {
  'around 0': (length, seed) => uniform(length, seed),
  'between 0.5 and 1': (length, seed) => uniform(length, seed, 0.5, 1),
  'large and small': scaledBy(1e9, 1e-9, 1),
  'denormal, and near it': scaledBy(1e-19, 1e-38, 1e-41, 1),
  'zero of both signs': scaledBy(0, -0, 1),
};

function scaledBy(...scales: readonly number[]): ProductShape['values'] {
  return (length, seed) => uniform(length, seed).map((x, i) => x * scales[i % scales.length]!);
}

/** The products of the experiments, then odd ones. */
const shapes = [
  { rows: 32, inner: 784, columns: 256 },
  { rows: 128, inner: 256, columns: 128 },
  { rows: 32, inner: 128, columns: 10 },
  { rows: 1, inner: 1, columns: 1 },
  { rows: 1, inner: 1000, columns: 1 },
  { rows: 70, inner: 3, columns: 100 },
  { rows: 133, inner: 21, columns: 260 },
];

/** What a test must know of a kernel beside its calls. */
export interface ProductOptions {
  /** Whether whole numbers in give whole numbers out, without rounding. */
  readonly exact: boolean;
  /** Which sides it has; by default all. */
  readonly axes?: readonly ('rows' | 'inner' | 'columns')[];
  /** null stands for a kernel without variants; by default all variants of the product. */
  readonly variants?: readonly (ProductVariant | null)[];
  /** The most columns that it takes. */
  readonly maxColumns?: number;
}

/** Variants that add in the same order. */
const sameOrder = ['subgroup8', 'subgroup8_low'] as const;

/** Sizes below 70 in no relation to any tile. */
const randomShapes = Array.from({ length: 12 }, (_, i) => {
  const [rows, inner, columns] = [...integers(3, 500 + i, 69)].map((size) => size + 1);
  return { rows: rows!, inner: inner!, columns: columns! };
});

/**
 * What every kernel that sums products is held to, in every variant that the adapter runs. That it writes all
 * of its output and nothing else, runKernel checks each time.
 * @param title names the kernel, and its settings if it has any
 */
export function describeProduct(
  title: string,
  build: (shape: ProductShape) => ProductCall,
  options: ProductOptions,
): void {
  const { exact, axes = ['rows', 'inner', 'columns'], variants = productVariants } = options;
  const { maxColumns = Infinity } = options;
  const fits = ({ columns }: { readonly columns: number }): boolean => columns <= maxColumns;
  const gpu = useGpu();
  const once = remember(build);
  const note = noteShares(title);

  describe.each(variants)(`${title}, variant %s`, (variant) => {
    const run = (call: ProductCall, context: TestContext, part?: Partial<KernelRun>): Promise<KernelResult> =>
      runKernel(gpu(), { ...call.run, ...part, traits: traitsFor(gpu(), variant, context) });

    it.for(axes)('is right at every edge of its %s', async (axis, context) => {
      for (const size of edgeSizes) {
        const shape = { rows: 5, inner: 6, columns: 7, [axis]: size };
        if (!fits(shape)) continue;
        const call = once({ ...shape, trials: 1, values: wholeNumbers });
        compare(call, await run(call, context), `${axis} ${size}`, exact ? null : note);
      }
    });

    it('is right at the corners of its tiles', async (context) => {
      for (const rows of [31, 33])
        for (const inner of [15, 17])
          for (const columns of [31, 33].filter((size) => size <= maxColumns)) {
            const call = once({ rows, inner, columns, trials: 1, values: wholeNumbers });
            compare(call, await run(call, context), `${rows} x ${inner} x ${columns}`, exact ? null : note);
          }
    });

    it.runIf(maxColumns === Infinity)('is right where it is made in bands of columns', async (context) => {
      for (const columns of [256, 257, 300, 510]) {
        const call = once({ rows: 70, inner: 6, columns, trials: 1, values: wholeNumbers });
        compare(call, await run(call, context), `${columns} columns`, exact ? null : note);
      }
    });

    it('is right for random sizes', async (context) => {
      for (const shape of randomShapes.filter(fits)) {
        const call = once({ ...shape, trials: 1, values: wholeNumbers });
        compare(call, await run(call, context), JSON.stringify(shape), exact ? null : note);
      }
    });

    it.for(shapes.filter(fits))(
      'stays within its bound for $rows x $inner x $columns',
      async (shape, context) => {
        const call = once({ ...shape, trials: 1, values: inputKinds['around 0']! });
        compare(call, await run(call, context), 'random values', note);
      },
    );

    it.for(Object.keys(inputKinds))('stays within its bound for values %s', async (kind, context) => {
      const call = once({
        rows: 33,
        inner: 65,
        columns: Math.min(34, maxColumns),
        trials: 1,
        values: inputKinds[kind]!,
      });
      compare(call, await run(call, context), kind, note);
    });

    it('gives the same bits again, alone or among trials, and in any slot', async (context) => {
      const call = once({
        rows: 9,
        inner: 37,
        columns: Math.min(35, maxColumns),
        trials: 3,
        values: inputKinds['around 0']!,
      });
      const all = await run(call, context);
      compare(call, all, 'three trials', note);
      const slots = call.run.slots!;
      const some = await run(call, context, { slots: [slots[2]!, slots[0]!] });
      for (const output of call.outputs) {
        for (const trial of [0, 2]) {
          const [found, expected] = [some, all].map((result) => part(result, output, trial).logical);
          expectSameBits(found!, expected!, `${output.name}, trial ${trial}`);
        }
      }
    });

    it('lets NaN and infinities reach the row and the column that they belong to, and no other', async (context) => {
      const [rows, columns] = [6, 9];
      for (const axis of ['row', 'column'] as const) {
        for (const place of [0, 4, 5]) {
          const call = build({ rows, inner: 5, columns, trials: 1, values: inputKinds['around 0']! });
          if (axis === 'row') call.spoilRow(place);
          else if (call.spoilColumn === null) continue;
          else call.spoilColumn(place);
          compareBeside(call, await run(call, context), axis, place);
        }
      }
    });
  });

  // The one is the other with fewer rows per workgroup: which of them a shape gets must not show in a result.
  it.skipIf(!sameOrder.every((variant) => variants.includes(variant)))(
    `${title}: ${sameOrder.join(' and ')} give the same bits`,
    async (context) => {
      const columns = Math.min(35, maxColumns);
      const call = once({ rows: 9, inner: 37, columns, trials: 3, values: inputKinds['around 0']! });
      const results: KernelResult[] = [];
      for (const variant of sameOrder)
        results.push(await runKernel(gpu(), { ...call.run, traits: traitsFor(gpu(), variant, context) }));
      for (const output of call.outputs) {
        for (const trial of [0, 1, 2]) {
          const [found, expected] = results.map((result) => part(result, output, trial).whole);
          expectSameBits(found!, expected!, `${output.name}, trial ${trial}`);
        }
      }
    },
  );
}

/** References and bounds are made once per shape, not once per variant. */
function remember(build: (shape: ProductShape) => ProductCall): (shape: ProductShape) => ProductCall {
  const known = new Map<string, ProductCall>();
  const names = new Map<ProductShape['values'], number>();
  return (shape) => {
    if (!names.has(shape.values)) names.set(shape.values, names.size);
    const key = JSON.stringify({ ...shape, values: names.get(shape.values) });
    const call = known.get(key) ?? build(shape);
    known.set(key, call);
    return call;
  };
}
